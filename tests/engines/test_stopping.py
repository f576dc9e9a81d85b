import pytest
import torch
from closed_form_games import Network, random_draws, random_unanimity

from xaivision.engines import stopping
from xaivision.engines.coalition_enumeration import exact_estimate
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.permutation_sampling import PermutationDraw, permutation_estimate
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.engines.shapley_regression import regression_estimate

DOUBLE = torch.float64


def scripted(asked, error=1.0):
    """Errors that fall with the square root of the evaluations; `asked` remembers the budgets."""

    def estimate(budget):
        asked.append(budget)
        return ShapleyEstimate(torch.ones(3, dtype=DOUBLE), budget, torch.full((3,), error / budget**0.5, dtype=DOUBLE))

    return estimate


def check_it_stops_where_the_aim_is_reached_and_not_long_before():
    asked = []
    found = stopping.narrowed(scripted(asked), stopping.Aim(0.05, 2), 100, 100_000)
    assert found.widest_of_top(2) <= 0.05
    needed = (1.96 / 0.05) ** 2
    assert needed <= found.coalitions < 1.5 * 1.5 * needed
    assert len(asked) <= 5
    assert asked == sorted(asked)


def check_the_budget_always_holds():
    asked = []
    aim = stopping.Aim(0.001, 2)
    found = stopping.narrowed(scripted(asked), aim, 100, 730)
    assert max(asked) == 730
    assert found.coalitions == 730
    assert not aim.reached(found)


def check_a_first_look_that_is_enough_is_the_last():
    asked = []
    stopping.narrowed(scripted(asked), stopping.Aim(10.0, 2), 100, 730)
    assert asked == [100]


def check_only_the_top_has_to_be_narrow():
    values, errors = torch.tensor([3.0, 0.1], dtype=DOUBLE), torch.tensor([0.01, 9.0], dtype=DOUBLE)
    found = ShapleyEstimate(values, 10, errors)
    assert stopping.Aim(0.1, 1).reached(found)
    assert not stopping.Aim(0.1, 2).reached(found)


def test_it_stops_where_the_aim_is_reached_and_not_long_before():
    check_it_stops_where_the_aim_is_reached_and_not_long_before()


def test_the_budget_always_holds():
    check_the_budget_always_holds()


def test_a_first_look_that_is_enough_is_the_last():
    check_a_first_look_that_is_enough_is_the_last()


def test_only_the_top_has_to_be_narrow():
    check_only_the_top_has_to_be_narrow()


def test_a_first_look_larger_than_the_budget_is_the_budget():
    asked = []
    stopping.narrowed(scripted(asked), stopping.Aim(1e-9, 2), 1000, 50)
    assert asked == [50]


def test_an_unknown_error_is_not_taken_for_a_small_one():
    def estimate(budget):
        return ShapleyEstimate(torch.ones(3, dtype=DOUBLE), budget, None)

    assert stopping.narrowed(estimate, stopping.Aim(5.0, 1), 10, 100).coalitions == 100


@pytest.mark.parametrize(("draws", "estimate"), [(LeverageDraw, regression_estimate), (PermutationDraw, permutation_estimate)])
def test_intervals_where_sampling_stopped_hold_the_values_of_the_top(draws, estimate):
    """Looking and stopping makes intervals too narrow now and then; few looks keep that small."""
    held = []
    for seed in range(60):
        game = Network(12, seed) if seed % 2 else random_unanimity(12, [12, 12, 12], seed)
        exact = exact_estimate(game, 12).values
        draw = draws(12, random_draws(seed))
        aim = stopping.Aim(0.3 * float(exact.abs().max()), 5)
        found = stopping.narrowed(lambda budget, d=draw, g=game: estimate(g, d, budget), aim, 120, 4000)
        top = found.values.abs().argsort(descending=True)[:5]
        assert aim.reached(found)
        held.append(((found.values - exact).abs() <= found.half_widths)[top].double().mean())
    assert 0.90 <= float(torch.stack(held).mean()) <= 0.99
