"""Margins over controls in numbers: their direction, their intervals over inputs and over draws, and what is beaten."""

import math

import pytest
import torch
from control_scores import chance, made

from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.evaluation.standing import DRAWS, Margin, Standing, of_input, standing

NAN = math.nan


def test_margins_are_means_over_inputs_in_the_direction_that_is_better() -> None:
    found = standing(made([0.1, 0.3], {"a": [0.4, 0.4], "b": [0.1, 0.2]}))
    assert [(margin.control, round(margin.mean, 6)) for margin in found.margins] == [("a", 0.2), ("b", -0.05)]
    assert found.beaten == 1
    assert found.hardest is not None
    assert found.hardest.control == "b"
    higher = standing(made([0.1, 0.3], {"a": [0.4, 0.4], "b": [0.1, 0.2]}, higher=True))
    assert higher.hardest is not None
    assert higher.hardest.control == "a"


def test_undefined_values_are_counted_and_never_zero() -> None:
    found = standing(made([NAN, 0.5], {"a": [0.6, 0.6]}))
    assert (found.undefined, found.inputs, found.mean) == (1, 2, 0.5)
    assert found.margins[0].mean == pytest.approx(0.1)


def test_a_control_without_values_is_no_rival_and_a_tie_is_not_a_win() -> None:
    assert [margin.control for margin in standing(made([0.5], {"a": [NAN], "b": [0.6]})).margins] == ["b"]
    assert standing(made([0.5], {"a": [0.5]})).beaten == 0
    assert standing(made([0.5], {})).hardest is None


def test_one_input_has_no_interval_over_inputs_and_several_have_that_of_their_gains() -> None:
    assert all(map(math.isnan, standing(made([0.5], {"a": [0.6]})).margins[0].interval))
    many = made([0.1, 0.2, 0.3], {"a": [0.4, 0.7, 0.5]})
    gains = Scores("m", "gains", torch.tensor([0.3, 0.5, 0.2], dtype=torch.float64), True)
    assert standing(many).margins[0].interval == pytest.approx(gains.interval(0.95))
    assert standing(many).interval == many.interval(0.95)


def test_one_input_is_held_against_the_best_and_the_worst_draw_of_chance() -> None:
    draws = torch.tensor([[0.9, 0.6, 0.75]], dtype=torch.float64)
    found = standing(made([0.5], {"chance": [0.75]}, {"chance": draws})).margins[0]
    assert found.mean == pytest.approx(0.25)
    assert found.interval == pytest.approx((0.1, 0.4))
    higher = standing(made([0.5], {"chance": [0.75]}, {"chance": draws}, higher=True)).margins[0]
    assert higher.interval == pytest.approx((-0.4, -0.1))


def test_chance_is_clearly_beaten_only_by_what_is_better_than_every_draw() -> None:
    draws = torch.tensor([[0.9, 0.6, 0.75]], dtype=torch.float64)
    assert standing(made([0.59], {"chance": [0.75]}, {"chance": draws})).margins[0].clear
    assert not standing(made([0.6], {"chance": [0.75]}, {"chance": draws})).margins[0].clear


def test_a_draw_is_one_map_for_all_inputs_so_that_its_mean_over_them_counts() -> None:
    draws = torch.tensor([[0.5, 0.9], [0.9, 0.5]], dtype=torch.float64)
    found = standing(made([0.6, 0.6], {"chance": [0.7, 0.7]}, {"chance": draws})).margins[0]
    assert found.interval == pytest.approx((0.1, 0.1))


def test_against_chance_the_interval_reaches_as_far_as_that_over_inputs_or_that_over_draws() -> None:
    steady = standing(made([0.5, 0.5], {"chance": [0.8, 0.8]}, {"chance": chance([0.8, 0.8])})).margins[0]
    assert steady.interval[1] - steady.interval[0] > 0.2  # no scatter over inputs, so that of the draws is left
    scattered = made([0.5, 0.5], {"chance": [0.1, 1.5]}, {"chance": chance([0.1, 1.5], spread=1e-9)})
    over_inputs = Scores("m", "gains", torch.tensor([-0.4, 1.0], dtype=torch.float64), True).interval()
    assert standing(scattered).margins[0].interval == pytest.approx(over_inputs)


def test_inputs_without_a_value_are_left_out_of_the_draws_too() -> None:
    draws = chance([0.8, 5.0])
    together = standing(made([0.5, NAN], {"chance": [0.8, 5.0]}, {"chance": draws})).margins[0]
    alone = standing(made([0.5], {"chance": [0.8]}, {"chance": draws[:1]})).margins[0]
    assert together.interval == pytest.approx(alone.interval)


@pytest.mark.parametrize(
    ("mean", "interval", "clear"),
    [
        (0.1, (0.01, 0.2), True),
        (0.1, (0.0, 0.2), False),
        (0.1, (-0.1, 0.2), False),
        (0.1, (NAN, NAN), True),
        (0.0, (NAN, NAN), False),
        (-0.1, (NAN, NAN), False),
    ],
)
def test_a_control_is_clearly_beaten_where_the_whole_interval_is_above_zero(
    mean: float, interval: tuple[float, float], clear: bool
) -> None:
    assert Margin("a", mean, interval).clear == clear


def test_beaten_counts_means_and_not_intervals() -> None:
    assert Standing(0.5, (NAN, NAN), 1, 0, True, (Margin("a", 0.1, (-1.0, 1.0)),)).beaten == 1


@pytest.mark.parametrize("skewed", [False, True])
def test_a_random_map_passes_for_better_than_ten_draws_of_chance_once_in_eleven_times_however_they_are_spread(
    skewed: bool,
) -> None:
    passed = 0
    for trial in range(600):
        values = torch.randn(1, 11, generator=generator(trial, "trial"), dtype=torch.float64)
        values = values.exp() if skewed else values
        draws = values[:, 1:]
        score = made(values[0, :1].tolist(), {"chance": [float(draws.mean())]}, {"chance": draws})
        passed += standing(score).margins[0].clear
    assert 0.06 <= passed / 600 <= 0.12


def test_one_input_of_scores_keeps_everything_that_belongs_to_it() -> None:
    draws = chance([0.8, 0.6])
    scores = made([0.1, 0.2], {"chance": [0.8, 0.6]}, {"chance": draws})
    scores = Scores(**{**vars(scores), "curves": torch.arange(6.0).view(2, 3)})
    found = of_input(scores, 1)
    assert found.values.tolist() == [0.2]
    assert found.curves is not None
    assert found.curves.tolist() == [[3.0, 4.0, 5.0]]
    assert found.controls["chance"].values.tolist() == [0.6]
    assert torch.equal(found.controls["chance"].details[DRAWS], draws[1:])
