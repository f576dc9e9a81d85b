"""Rows in words: as many digits as a reader needs, whole numbers whole, and what differs told apart."""

from dataclasses import replace

import pytest
import torch

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.core.rules import Condition, Rule, Rules, condition_words, told_rule
from xaivision.core.values_in_words import number_words
from xaivision.explainers.rows_in_words import (
    change_words,
    rule_sentence,
    turn_sentence,
    values_apart,
)

MODEL = FunctionClassifier(lambda rows: rows[:, :2], 2, score_unit="logit", domain="tabular", array="torch")
QUERY = replace(asked(MODEL, torch.zeros(1, 2)), feature_names=("age", "color"), category_names=((), ("red", "green", "blue")))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12.0, "12"),
        (-3.0, "-3"),
        (15024.0, "15024"),
        (123456.7, "123457"),
        (0.123456, "0.1235"),
        (12.5, "12.5"),
        (0.00001234, "1.234e-05"),
        (float("inf"), "inf"),
    ],
)
def test_whole_numbers_are_told_in_full_and_others_by_four_digits(value, said):
    assert number_words(value) == said


def test_two_values_are_told_apart():
    assert values_apart(QUERY, 0, 1.0001, 1.0002) == ("1.0001", "1.0002")
    assert values_apart(QUERY, 0, 123456.1, 123456.2) == ("123456.1", "123456.2")
    assert values_apart(QUERY, 1, 0.0, 2.0) == ("red", "blue")
    assert change_words(QUERY, torch.tensor([12.0, 0.0]), torch.tensor([18.0, 1.0])) == "age 12 to 18, color red to green"
    assert change_words(QUERY, torch.zeros(2), torch.zeros(2)) == "nothing"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition(0, 18.0, 65.5), "age is above 18 and up to 65.5"),
        (Condition(0, low=18.0), "age is above 18"),
        (Condition(0, high=65.5), "age is up to 65.5"),
        (Condition(1, 0.5, 1.5), "color is green"),
        (Condition(1, low=1.5), "color is blue"),
        (Condition(1, low=-0.5, high=1.5), "color is not blue"),
        (Condition(1, low=7.0), "color is above 7"),
    ],
)
def test_conditions_are_sentences(condition, said):
    assert condition_words(QUERY, condition) == said


def test_a_rule_shows_names_and_not_codes():
    rule = told_rule(QUERY, Rule((Condition(0, 18.0), Condition(1, 0.5, 1.5)), 0.974, 0.12, 0.9))
    assert repr(rule.conditions) == "(Condition(age is above 18), Condition(color is green))"
    assert repr(rule) == "Rule(age is above 18 and color is green, precision 0.974, coverage 0.12)"
    assert repr(Rule((), 1.0, 1.0)) == "Rule(always, precision 1, coverage 1)"
    assert repr(told_rule(QUERY, Rule((Condition(3, low=0.5),), 1.0, 0.5), torch.zeros(1, 4, 4)).conditions[0]) == (
        "Condition(segment 3 is there)"
    )
    assert repr(Condition(0, 18.0)) == "Condition(feature=0, low=18.0, high=None)"
    assert rule.conditions[1] == Condition(1, 0.5, 1.5)  # words are no part of what it says


@pytest.mark.parametrize(
    ("precision", "said"), [(1.0, "100%"), (0.9999, "more than 99%"), (0.996, "more than 99%"), (0.994, "99%"), (0.9, "90%")]
)
def test_only_all_is_told_as_all(precision, said):
    rules = Rules(QUERY, Origin("probe"), Diagnostics(), rules=((Rule((Condition(0, 18.0),), precision, 0.5),),))
    assert rule_sentence(rules, 0) == f"While age is above 18, {said} of drawn rows stay 0."


def test_a_rule_without_conditions_holds_for_every_row():
    rules = Rules(QUERY, Origin("probe"), Diagnostics(), rules=((Rule((), 1.0, 1.0),),))
    assert rule_sentence(rules, 0) == "Whatever a row holds, 100% of drawn rows stay 0."


ROW, AGED, BLUE, BOTH = [0.0, 0.0], [18.0, 0.0], [0.0, 2.0], [18.0, 2.0]


@pytest.mark.parametrize(
    ("rows", "found", "said"),
    [
        ([BLUE], [True], "It turns to 1 with color red to blue."),
        ([AGED, BOTH], [False, True], "It turns to 1 with color red to blue, after age 0 to 18."),
        ([ROW, BLUE], [False, True], "It turns to 1 with color red to blue."),  # nothing was done before
        ([AGED, BLUE], [False, True], "It turns to 1 with color red to blue."),  # another try, not on the way
        ([AGED, BOTH], [False, False], "No row that was tried is predicted as 1."),
    ],
)
def test_a_way_is_told_by_its_last_edit_after_those_before(rows, found, said):
    tries = torch.tensor([rows])
    way = Counterfactuals(
        QUERY,
        Origin("probe"),
        Diagnostics(),
        tries,
        torch.ones(1, dtype=torch.int64),
        torch.zeros(1, len(rows)),
        torch.tensor([found]),
    )
    assert turn_sentence(way, 0) == said
