"""What the controls say against an explanation, sentence by sentence."""

import math
from dataclasses import replace

import pytest
import torch
from control_scores import chance, made

from xaivision.core.scores import Scores
from xaivision.evaluation.control_doubts import control_doubts

NAN = math.nan


def test_a_method_that_beats_every_control_has_no_doubt_against_it() -> None:
    rivals = {"chance": [0.9] * 4, "sobel": [0.5, 0.4, 0.5, 0.4], "reversed": [0.9, 0.8, 0.9, 0.8]}
    good = made([0.1] * 4, rivals, {"chance": chance([0.9] * 4)})
    assert control_doubts({"deletion": good, "insertion": good}) == ()
    assert control_doubts({}) == ()


def test_a_control_that_is_as_good_is_named_with_the_margin() -> None:
    one = made([0.5], {"sobel": [0.48], "random": [0.9]})
    assert control_doubts({"deletion": one}) == ("no better than `sobel` on deletion (-0.02)",)
    tie = made([0.5], {"sobel": [0.5]})
    assert control_doubts({"deletion": tie}) == ("no better than `sobel` on deletion (0)",)


def test_several_inputs_give_the_margin_an_interval_and_each_control_its_own_sentence() -> None:
    several = made([0.5] * 4, {"a": [0.4, 0.25, 0.4, 0.25], "b": [0.5] * 4, "c": [0.5, 0.25, 0.5, 0.25]})
    assert control_doubts({"deletion": several}) == (
        "no better than `a` on deletion (-0.17 [-0.32, -0.034])",
        "no better than `b` on deletion (0 [0, 0])",
        "no better than `c` on deletion (-0.12 [-0.36, 0.11])",
    )


def test_a_margin_whose_interval_holds_zero_is_not_clear() -> None:
    unclear = made([0.5] * 4, {"a": [0.75, 0.375, 0.75, 0.375]})
    assert control_doubts({"deletion": unclear}) == ("not clearly better than `a` on deletion (0.062 [-0.29, 0.41])",)
    lucky = made([0.5], {"random": [0.6]}, {"random": chance([0.6])})
    (doubt,) = control_doubts({"deletion": lucky})
    assert doubt.startswith("not clearly better than `random` on deletion (0.1 [-0.1")


def test_two_inputs_that_gain_unalike_are_too_few_to_be_clear_of_a_control_and_three_may_be_enough() -> None:
    two = made([0.5] * 2, {"sobel": [0.6, 0.7]})
    assert control_doubts({"deletion": two}) == ("not clearly better than `sobel` on deletion (0.15 [-0.49, 0.79])",)
    assert control_doubts({"deletion": made([0.5] * 3, {"sobel": [0.6, 0.7, 0.65]})}) == ()


def test_a_control_has_to_hold_its_own_on_every_metric_and_each_counts_in_its_own_direction() -> None:
    good = made([0.5], {"sobel": [0.3]}, higher=True)
    bad = made([0.5], {"sobel": [0.75]}, higher=True)
    worse = made([0.5], {"sobel": [0.25]})
    assert control_doubts({"insertion": good, "deletion": worse}) == ()
    assert control_doubts({"insertion": bad, "deletion": worse}) == (
        "no better than `sobel` on insertion (-0.25) and deletion (-0.25)",
    )
    unclear = made([0.5] * 4, {"sobel": [0.75, 0.375, 0.75, 0.375]})
    assert control_doubts({"deletion": worse, "other": unclear}) == (
        "not clearly better than `sobel` on deletion (-0.25) and other (0.062 [-0.29, 0.41])",
    )


def test_each_control_may_be_beaten_on_another_metric() -> None:
    first = made([0.5], {"sobel": [0.9], "random": [0.4]})
    second = made([0.5], {"sobel": [0.4], "random": [0.9]})
    assert control_doubts({"deletion": first, "other": second}) == ()
    assert control_doubts({"deletion": first}) == ("no better than `random` on deletion (-0.1)",)


def test_a_reversed_ranking_speaks_wherever_it_does_as_well() -> None:
    worse = made([0.5], {"reversed": [0.25], "sobel": [0.9]})
    better = made([0.5], {"reversed": [0.75], "sobel": [0.9]})
    assert control_doubts({"deletion": worse, "other": better}) == ("its reversed ranking does as well on deletion (-0.25)",)
    tie = made([0.5], {"reversed": [0.5]})
    assert control_doubts({"deletion": tie}) == ("its reversed ranking does as well on deletion (0)",)
    assert control_doubts({"deletion": better}) == ()


def test_a_method_without_any_value_says_so_and_one_with_some_is_judged_by_those() -> None:
    nothing = made([NAN], {"sobel": [0.5]})
    bad = made([0.5], {"sobel": [0.25]})
    said = "nothing tells whether it beats the controls: it has no value on deletion or insertion"
    assert control_doubts({"deletion": nothing, "insertion": None}) == (said,)
    assert control_doubts({"deletion": None}) == ("nothing tells whether it beats the controls: it has no value on deletion",)
    assert control_doubts({"deletion": nothing, "insertion": bad}) == ("no better than `sobel` on insertion (-0.25)",)


def test_without_controls_there_is_nothing_to_beat() -> None:
    assert control_doubts({"deletion": made([0.5], {})}) == ()


@pytest.mark.parametrize("seed", range(3))
def test_a_map_beside_itself_as_a_control_never_passes(seed: int) -> None:
    values = torch.rand(6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    itself = Scores("deletion", "sobel", values, False)
    (doubt,) = control_doubts({"deletion": replace(itself, controls={"sobel": itself})})
    assert doubt == "no better than `sobel` on deletion (0 [0, 0])"
