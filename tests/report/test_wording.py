import math
from dataclasses import replace

import pytest
import torch
from report_results import image_query

from xaivision.core.diagnostics import Diagnostics
from xaivision.core.rules import Condition, Rule
from xaivision.report.wording import (
    and_more,
    cost,
    counted,
    duration,
    feature_names,
    headline,
    listed,
    number,
    place,
    plain,
    rule_text,
    signed,
    whose_cost,
)


def test_terminal_escapes_and_direction_marks_in_names_become_visible():
    shown = plain("cat\x1b[31m\u202edog\x00")
    assert shown == "cat\ufffd[31m\ufffddog\ufffd"


def test_a_name_of_several_lines_becomes_one():
    assert plain("a\nb\r\nc\td\u2028e") == "a b  c d e"


def test_names_in_any_script_stay_as_they_are():
    assert plain("猫 – Katze – القط") == "猫 – Katze – القط"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.21349, "0.213"),
        (-12.345, "\N{MINUS SIGN}12.3"),
        (1234.5, "1234"),
        (0.00012, "0.000120"),
        (1.5e-7, "1.50e-07"),
        (2.5e9, "2.50e+09"),
        (math.nan, "undefined"),
        (math.inf, "infinite"),
        (-math.inf, "\N{MINUS SIGN}infinite"),
    ],
)
def test_numbers_have_three_significant_digits_and_undefined_is_a_word(value, shown):
    assert number(value) == shown


def test_positive_numbers_can_carry_their_sign():
    assert [signed(value) for value in (1.0, 0.0, -1.0)] == ["+1.00", "0", "\N{MINUS SIGN}1.00"]


def test_durations_have_the_unit_that_fits():
    assert [duration(seconds) for seconds in (0.00031, 0.077, 3.28, 0)] == ["0.31 ms", "77 ms", "3.28 s", "0 s"]


def test_costs_name_only_what_was_asked():
    assert cost(Diagnostics(1, 0, 2.0)) == "1 model call, 2.00 s"
    assert cost(Diagnostics(0, 1200, 2.0)) == "1,200 gradient calls, 2.00 s"
    assert cost(Diagnostics()) == "no model calls, 0 s"
    assert cost(Diagnostics(2, 0, float("nan"), load=2.55)) == "2 model calls"


def test_a_single_input_needs_no_number_and_a_batch_says_whose_cost_it_is():
    assert place(image_query(1), 0) == whose_cost(image_query(1)) == []
    assert place(image_query(3), 2) == ["Input 2 of 3"]
    assert "all 3 inputs" in whose_cost(image_query(3))[0]


def test_the_cost_says_that_the_machine_was_busy_where_it_was():
    assert cost(Diagnostics(1, 0, 2.0, load=0.9)) == "1 model call, 2.00 s"
    assert cost(Diagnostics(1, 0, 2.0, load=2.55)) == "1 model call, 2.00 s on a busy machine (2.5 processes a core)"


def test_the_headline_names_class_score_and_probability_where_there_is_one():
    query = image_query()
    assert headline(query, 0) == "cat (logit 1.000)"
    likely = replace(query, probabilities=torch.tensor([0.73]))
    assert headline(likely, 0) == "cat (probability 0.730, logit 1.000)"
    assert headline(replace(likely, score_unit="probability"), 0) == "cat (probability 0.730)"


def test_the_headline_says_what_all_probabilities_sum_to_where_each_is_one_of_its_own():
    alone = replace(image_query(), score_unit="probability", probabilities=torch.tensor([0.0406]))
    assert headline(alone, 0) == "cat (probability 0.041)"
    told = headline(replace(alone, probability_sums=torch.tensor([0.0408])), 0)
    assert told == "cat (probability 0.0406, those of all classes sum to 0.0408)"


def test_the_headline_names_the_class_that_is_held_against_and_what_is_explained():
    likely = replace(image_query(), probabilities=torch.tensor([0.73]))
    against = replace(likely, against=torch.tensor([1]))
    assert headline(against, 0) == "cat rather than dog (probability 0.730, logit difference 1.000)"
    assert headline(replace(likely, output="margin"), 0) == "cat (probability 0.730, logit margin 1.000)"
    assert headline(replace(likely, output="probability"), 0) == "cat (probability 0.730)"


def test_rules_are_read_with_their_open_sides_left_out():
    rule = Rule((Condition(0, 0.5), Condition(1, None, 2.0), Condition(2, -1.0, 1.0), Condition(9)), 1.0, 0.1)
    assert rule_text(rule, ("a", "b", "c")) == (
        "if a > 0.5000, b \N{LESS-THAN OR EQUAL TO} 2.000, \N{MINUS SIGN}1.000 < c \N{LESS-THAN OR EQUAL TO} 1.000 and feature 9"
    )
    assert rule_text(Rule((), 1.0, 1.0), ()) == "always"


def test_columns_without_names_are_numbered():
    assert feature_names(image_query(), 2) == ("feature 0", "feature 1")


def test_lists_and_counts_read_like_sentences():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert [counted(count, "call") for count in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]
    ends = [and_more(["f"] * count, "change").rpartition(" and ")[2] for count in (20, 21, 22)]
    assert ends == ["f", "1 other", "2 others"]
