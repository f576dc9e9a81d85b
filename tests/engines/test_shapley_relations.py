"""Relations that Shapley values must meet whatever estimates them, and shortfalls of other forms that a test must notice."""

from math import comb

import pytest
import torch
from closed_form_games import (
    DOUBLE,
    Network,
    Unanimity,
    fit_of_any,
    leverage_sample,
    random_draws,
    random_unanimity,
    shapley_by_definition,
)

from xaivision.engines.coalition_enumeration import all_coalitions, banzhaf_values, exact_estimate, value_table
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.permutation_sampling import PermutationDraw, permutation_estimate
from xaivision.engines.shapley_estimate import ends
from xaivision.engines.shapley_regression import regression_estimate

ESTIMATORS = {
    "enumeration": lambda game, budget: exact_estimate(game, game.players),
    "regression": lambda game, budget: regression_estimate(game, LeverageDraw(game.players, random_draws(0)), budget),
    "permutations": lambda game, budget: permutation_estimate(game, PermutationDraw(game.players, random_draws(0)), budget),
}
EVERY = pytest.mark.parametrize("estimator", ESTIMATORS)


def kernel(coalitions):
    """The Shapley kernel of coalitions that are neither empty nor full."""
    players = coalitions.shape[1]
    sizes = coalitions.sum(1).tolist()
    return torch.tensor([(players - 1) / (comb(players, s) * s * (players - s)) for s in sizes], dtype=DOUBLE)


def between(players):
    return all_coalitions(players)[1:-1]


def weighted_least_squares(rows, values, weights):
    root = weights.sqrt()[:, None]
    return torch.linalg.lstsq(root * rows, root * values[:, None]).solution[:, 0]


@pytest.mark.parametrize("seed", range(5))
def test_s1_kernel_shap_on_all_coalitions_is_the_definition(seed):
    """Also A1."""
    game = Network(9, seed, scale=2.0)
    coalitions = between(9)
    found = fit_of_any(coalitions, game(coalitions), kernel(coalitions), *ends(game, 9))
    assert torch.allclose(found, shapley_by_definition(game, 9), rtol=0, atol=1e-10)


def test_s2_endpoints_of_a_large_weight_miss_the_sum_that_the_constraint_holds():
    game = Network(8, 1, scale=2.0)
    empty, full = ends(game, 8)
    inner = between(8)
    rows = torch.cat((inner, torch.zeros(1, 8, dtype=torch.bool), torch.ones(1, 8, dtype=torch.bool))).double()
    weights = torch.cat((kernel(inner), torch.full((2,), 1e6, dtype=DOUBLE)))
    one = torch.ones(len(rows), 1, dtype=DOUBLE)
    softly = weighted_least_squares(torch.cat((rows, one), 1), game(rows.bool()), weights)[:8]
    exact = exact_estimate(game, 8).values
    assert 1e-9 < float((softly - exact).abs().max()) < 1e-5
    gap = abs(full - empty - float(softly.sum()))
    held = fit_of_any(inner, game(inner), kernel(inner), empty, full)
    assert gap > 1e-9 > 1e3 * abs(full - empty - float(held.sum()))


def test_s3_without_the_endpoints_all_values_are_off_by_one_number():
    game = Network(8, 1, scale=2.0)
    empty, full = ends(game, 8)
    inner = between(8)
    rows = torch.cat((inner.double(), torch.ones(len(inner), 1, dtype=DOUBLE)), 1)
    free = weighted_least_squares(rows, game(inner), kernel(inner))[:8]
    off = exact_estimate(game, 8).values - free
    assert torch.allclose(off, torch.full_like(off, (full - empty - float(free.sum())) / 8), rtol=0, atol=1e-10)
    assert float(off.abs().min()) > 1e-3


def test_s5_least_squares_over_all_coalitions_alike_are_banzhaf_values():
    game = Network(9, 2)
    coalitions = all_coalitions(9)
    rows = torch.cat((coalitions.double(), torch.ones(len(coalitions), 1, dtype=DOUBLE)), 1)
    found = weighted_least_squares(rows, game(coalitions), torch.ones(len(rows), dtype=DOUBLE))[:9]
    assert torch.allclose(found, banzhaf_values(value_table(game, 9)), rtol=0, atol=1e-12)
    assert float((found - exact_estimate(game, 9).values).abs().max()) > 1e-4


@pytest.mark.parametrize("seed", range(20))
def test_s8_unanimity_games_of_all_orders_have_their_closed_form(seed):
    game = random_unanimity(11, [3] * 11, seed, empty=seed - 10.0)
    assert torch.allclose(exact_estimate(game, 11).values, game.shapley, rtol=0, atol=1e-12)
    sample = leverage_sample(11, 2**11, random_draws(seed))
    found = fit_of_any(sample.coalitions, game(sample.coalitions), sample.weights, *ends(game, 11))
    assert torch.allclose(found, game.shapley, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("one", "other", "base", "second"), [(3.0, -2.0, 0.5, 1.5), (1.0, 4.0, 0.0, 0.0)])
def test_s9_a_product_is_shared_as_in_closed_form(one, other, base, second):
    def game(coalitions):
        first = torch.where(coalitions[:, 0], one, base).double()
        return first * torch.where(coalitions[:, 1], other, second).double()

    expected = torch.tensor([(one - base) * (other + second) / 2, (other - second) * (one + base) / 2], dtype=DOUBLE)
    assert torch.allclose(exact_estimate(game, 2).values, expected, rtol=0, atol=1e-12)


@EVERY
@pytest.mark.parametrize("players", [5, 7, 10])
def test_s9_a_game_that_needs_all_gives_each_the_same(estimator, players):
    game = Unanimity(torch.ones(1, players), torch.ones(1))
    found = ESTIMATORS[estimator](game, 2**players - 1)
    assert float(found.values.sum()) == pytest.approx(1, abs=1e-12)
    if estimator == "enumeration":
        assert torch.allclose(found.values, torch.full_like(found.values, 1 / players), rtol=0, atol=1e-12)
    else:
        assert float((found.values - 1 / players).abs().max()) <= 5 * float(found.standard_error.max()) + 1e-12


def test_s10_one_pair_of_orders_is_exact_up_to_interactions_of_two_and_no_further():
    two, three = random_unanimity(10, [10, 45], 4), random_unanimity(10, [0, 0, 20], 4)
    assert torch.allclose(ESTIMATORS["permutations"](two, 20).values, two.shapley, rtol=0, atol=1e-12)
    assert float((ESTIMATORS["permutations"](three, 20).values - three.shapley).abs().max()) > 0.05


@pytest.mark.parametrize("estimator", ["regression", "permutations"])
def test_s10_more_orders_are_within_five_standard_errors(estimator):
    game = random_unanimity(14, [14, 14, 28, 28], 9)
    found = ESTIMATORS[estimator](game, 900)
    assert float(((found.values - game.shapley).abs() / found.standard_error).max()) < 5


@EVERY
def test_s15_a_dummy_gets_nothing(estimator):
    """Exactly nothing by enumeration and along orders; within its error by a regression."""
    inner = Network(8, 5, scale=2.0)

    class WithDummies:
        players = 10

        def __call__(self, coalitions):
            return inner(coalitions[:, :8])

    found = ESTIMATORS[estimator](WithDummies(), 1000)
    assert float((found.values[8:].abs() - found.half_widths[8:] * 2).max()) < 1e-10
    if estimator != "regression":
        assert float(found.values[8:].abs().max()) < 1e-10


def test_s15_equal_players_get_the_same_and_games_add():
    one, other = Network(8, 5), random_unanimity(8, [8, 8, 8, 8], 6)
    equal = Network(8, 5)
    equal.inner[3] = equal.inner[6]
    assert float(exact_estimate(equal, 8).values[[3, 6]].diff().abs()) < 1e-10
    mixed = exact_estimate(lambda asked: 3 * one(asked) - 2 * other(asked), 8).values
    assert torch.allclose(mixed, 3 * exact_estimate(one, 8).values - 2 * other.shapley, rtol=0, atol=1e-10)


@EVERY
def test_efficiency_holds_exactly(estimator):
    game = random_unanimity(10, [10, 10, 10, 10], 2, empty=7.0)
    empty, full = ends(game, 10)
    assert float(ESTIMATORS[estimator](game, 300).values.sum()) == pytest.approx(full - empty, abs=1e-12)


@pytest.mark.parametrize("estimator", ["regression", "permutations"])
def test_all_fifty_of_fifty_players_of_an_additive_game_get_theirs(estimator):
    worth = torch.randn(50, generator=random_draws(1), dtype=DOUBLE)
    found = ESTIMATORS[estimator](Unanimity(torch.eye(50), worth), 1024)
    assert torch.allclose(found.values, worth, rtol=0, atol=1e-10)
    assert int((found.values.abs() > 1e-6).sum()) == 50
