from dataclasses import replace

import pytest
import torch
from report_results import scores

from xaivision.report.standing import interval_text, standing

NAN = float("nan")


def made(values, controls, higher=False):
    template = scores("deletion", "m", len(values), 0)
    rivals = {
        name: replace(template, method=name, values=torch.tensor(numbers, dtype=torch.float64), higher_is_better=higher)
        for name, numbers in controls.items()
    }
    return replace(template, values=torch.tensor(values, dtype=torch.float64), controls=rivals, higher_is_better=higher)


def test_margins_are_means_over_inputs_in_the_direction_that_is_better():
    found = standing(made([0.1, 0.3], {"a": [0.4, 0.4], "b": [0.1, 0.2]}))
    assert [(margin.control, round(margin.mean, 6)) for margin in found.margins] == [("a", 0.2), ("b", -0.05)]
    assert found.beaten == 1
    assert found.hardest.control == "b"
    higher = standing(made([0.1, 0.3], {"a": [0.4, 0.4], "b": [0.1, 0.2]}, higher=True))
    assert higher.hardest.control == "a"


def test_one_input_has_no_interval_and_several_have_one():
    assert standing(made([0.5], {})).value_text == "0.500"
    assert standing(made([0.4, 0.6, 0.5], {})).value_text.startswith("0.500 [0.4")


def test_undefined_values_are_counted_and_never_zero():
    found = standing(made([NAN, 0.5], {"a": [0.6, 0.6]}))
    assert found.undefined == 1
    assert found.mean == 0.5
    assert found.margins[0].mean == pytest.approx(0.1)
    nothing = standing(made([NAN], {"a": [0.6]}))
    assert (nothing.value_text, nothing.controls_text, nothing.margin_text) == ("undefined", "", "")


def test_a_control_without_values_is_no_rival():
    assert standing(made([0.5], {"a": [NAN], "b": [0.6]})).controls_text == "1/1"


def test_a_tie_is_not_a_win():
    assert standing(made([0.5], {"a": [0.5]})).controls_text == "0/1"


def test_the_margin_names_its_control():
    assert standing(made([0.5], {"a": [0.75]})).margin_text == "+0.25 against a"


def test_intervals_are_written_only_where_they_exist():
    assert interval_text((NAN, NAN)) == ""
    assert interval_text((-0.5, 0.25), with_sign=True) == "[\N{MINUS SIGN}0.50, +0.25]"
