"""Rows in words: as many digits as a reader needs, whole numbers whole, and what differs told apart."""

from dataclasses import replace

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.query import asked
from xaivision.core.rules import Condition
from xaivision.explainers.rows_in_words import change_words, condition_words, number_words, values_apart

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
    ],
)
def test_conditions_are_sentences(condition, said):
    assert condition_words(QUERY, condition) == said
