"""Are the intervals honest? Over random games with known values they must hold 95 % of these: not less, and not many more."""

import pytest
import torch
from closed_form_games import Network, Votes, random_draws, random_unanimity

from xaivision.engines.coalition_enumeration import exact_estimate
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.permutation_sampling import PermutationDraw, permutation_estimate
from xaivision.engines.shapley_regression import least_budget, regression_estimate

ESTIMATORS = {
    "regression": (LeverageDraw, regression_estimate),
    "permutations": (PermutationDraw, permutation_estimate),
}
# What explainers take where nothing else is said, for at most 128 players.
DEFAULT = 1024


def games(kind, number):
    """Additive, pairwise and third-order parts; deeper ones; small networks; a threshold."""
    if kind == "third order":
        return [random_unanimity(12 + seed % 9, [12, 12, 12], seed) for seed in range(number)]
    if kind == "few terms":
        return [random_unanimity(30, [30, 10, 6], seed) for seed in range(number)]
    if kind == "deep":
        return [random_unanimity(14, [14] * 6, seed) for seed in range(number)]
    if kind == "network":
        return [Network(12, seed, scale=0.5 + seed % 3) for seed in range(number)]
    return [Votes(11, seed) for seed in range(number)]


def covered(estimator, drawn, budget=DEFAULT, stretch=1.0):
    """The share of all players of all games whose value lies in its interval."""
    draw_of, estimate = ESTIMATORS[estimator]
    held = []
    for seed, game in enumerate(drawn):
        found = estimate(game, draw_of(game.players, random_draws(10_000 + seed)), budget)
        exact = getattr(game, "shapley", None)
        exact = exact_estimate(game, game.players).values if exact is None else exact
        held.append((found.values - exact).abs() <= stretch * found.half_widths)
    return float(torch.cat(held).double().mean())


MIXED = ("third order", "few terms", "deep", "network")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_intervals_hold_the_values_of_two_hundred_random_games(estimator):
    drawn = [game for kind in MIXED for game in games(kind, 50)]
    assert len(drawn) == 200
    assert 0.92 <= covered(estimator, drawn) <= 0.98


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_intervals_of_small_budgets_hold_the_values_too(estimator):
    drawn = [game for kind in MIXED for game in games(kind, 25)]
    assert 0.92 <= covered(estimator, drawn, 300) <= 0.98


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_intervals_of_half_or_double_the_width_would_be_noticed(estimator):
    drawn = games("third order", 40)
    assert covered(estimator, drawn, stretch=0.5) < 0.8
    assert covered(estimator, drawn, stretch=2.0) > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("budget", [4, 8, 20, 40])
@pytest.mark.parametrize("kind", [*MIXED, "votes"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_intervals_hold_for_every_kind_of_game_at_every_budget(estimator, kind, budget):
    """Evaluations a player. Of a threshold, whose gains are 0 or 1, a few orders say little."""
    drawn = games(kind, 200)
    most = 0.99 if budget == 4 or kind == "few terms" else 0.98
    least, most = (0.88, 0.995) if (kind, estimator) == ("votes", "permutations") else (0.92, most)
    held = []
    for players in sorted({game.players for game in drawn}):
        mine = [game for game in drawn if game.players == players]
        held += [covered(estimator, mine, max(least_budget(players), budget * players))] * len(mine)
    assert least <= sum(held) / len(held) <= most
