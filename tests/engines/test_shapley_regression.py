import pytest
import torch
from closed_form_games import Counted, Network, Unanimity, Votes, fit_of_any, leverage_sample, random_draws, random_unanimity
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.errors import InputError
from xaivision.engines import coalition_sampling as sampling
from xaivision.engines import shapley_regression as regression
from xaivision.engines.coalition_enumeration import exact_estimate
from xaivision.engines.shapley_estimate import ends

DOUBLE = torch.float64


def sampled(game, budget, seed=0):
    return regression.regression_estimate(game, sampling.LeverageDraw(game.players, random_draws(seed)), budget)


def constrained_by_lagrange(coalitions, values, weights, empty, full):
    """The textbook's equations, solved as they stand with the multiplier of the sum."""
    rows, players = coalitions.double(), coalitions.shape[1]
    equations = torch.zeros(players + 1, players + 1, dtype=DOUBLE)
    equations[:players, :players] = rows.T @ (weights[:, None] * rows)
    equations[:players, players] = equations[players, :players] = 1
    right = torch.cat((rows.T @ (weights * (values - empty)), torch.tensor([full - empty], dtype=DOUBLE)))
    return torch.linalg.solve(equations, right)[:players]


def check_the_fit_is_that_of_the_textbook(players, seed):
    """Any coalitions and weights, not only pairs."""
    draws = random_draws(seed)
    coalitions = torch.rand(12 * players, players, generator=draws) < 0.4
    coalitions = coalitions[coalitions.any(1) & ~coalitions.all(1)]
    weights = torch.rand(len(coalitions), generator=draws, dtype=DOUBLE) + 0.1
    values = torch.randn(len(coalitions), generator=draws, dtype=DOUBLE)
    found = fit_of_any(coalitions, values, weights, 0.7, -1.9)
    expected = constrained_by_lagrange(coalitions, values, weights, 0.7, -1.9)
    assert torch.allclose(found, expected, rtol=0, atol=1e-9)


def check_pairs_give_what_the_textbook_gives(players=9, budget=80):
    game = Network(players, 4)
    sample = leverage_sample(players, budget, random_draws(1))
    values, (empty, full) = game(sample.coalitions), ends(game, players)
    general = constrained_by_lagrange(sample.coalitions, values, sample.weights, empty, full)
    assert torch.allclose(regression.shapley_fit(sample, values, empty, full).values, general, rtol=0, atol=1e-12)


def check_all_coalitions_give_the_exact_values(game, tolerance=1e-10):
    sample = leverage_sample(game.players, 2**game.players, random_draws(0))
    assert sample.complete
    found = regression.shapley_fit(sample, game(sample.coalitions), *ends(game, game.players))
    assert torch.allclose(found.values, exact_estimate(game, game.players).values, rtol=0, atol=tolerance)
    assert float(found.standard_error.max()) < 1e-13
    assert found.degrees == float("inf")
    assert found.coalitions == 2**game.players


def check_an_additive_game_is_exact_with_any_weights(seed):
    draws = random_draws(seed)
    worth = torch.randn(50, generator=draws, dtype=DOUBLE)
    coalitions = torch.rand(70, 50, generator=draws) < 0.5
    weights = torch.rand(70, generator=draws, dtype=DOUBLE) + 0.01
    found = fit_of_any(coalitions, 2 + coalitions.double() @ worth, weights, 2.0, 2 + float(worth.sum()))
    assert torch.allclose(found, worth, rtol=0, atol=1e-10)


def check_interactions_of_two_leave_no_error(players=20, budget=150):
    game = random_unanimity(players, [20, 60], 5, empty=-1.0)
    found = sampled(game, budget)
    assert torch.allclose(found.values, game.shapley, rtol=0, atol=1e-11)
    assert float(found.half_widths.max()) < 1e-11


def check_errors_are_the_spread_of_other_draws(budget=200, draws=400):
    """What the standard error promises: how far the values of other seeds lie around the true ones."""
    game = Network(10, 3, scale=1.5)
    exact = exact_estimate(game, 10).values
    found = [sampled(game, budget, seed) for seed in range(draws)]
    spread = (torch.stack([one.values for one in found]) - exact).square().mean(0).sqrt()
    promised = torch.stack([one.standard_error for one in found]).square().mean(0).sqrt()
    assert float((promised / spread - 1).abs().max()) < 0.15, promised / spread
    bias = torch.stack([one.values for one in found]).mean(0) - exact
    assert float((bias.abs() / (spread / draws**0.5)).max()) < 5


def check_errors_of_small_samples_are_not_too_small(budget=60, draws=200):
    """Three pairs a player: the fit follows each pair by a third, and what it leaves of it is too little by that."""
    game = Network(10, 3, scale=1.5)
    exact = exact_estimate(game, 10).values
    found = [sampled(game, budget, seed) for seed in range(draws)]
    errors = torch.stack([one.values - exact for one in found]).square().mean().sqrt()
    promised = torch.stack([one.standard_error for one in found]).square().mean().sqrt()
    assert 0.95 < float(promised / errors) < 1.4, promised / errors


def check_errors_vanish_as_the_sample_becomes_whole():
    """The last pairs that are missing can move little: an error without this would be that of a drop in the ocean."""
    game = Network(10, 3, scale=1.5)
    exact = exact_estimate(game, 10).values
    errors = torch.stack([(sampled(game, 1000, seed).values - exact).abs() for seed in range(40)])
    promised = torch.stack([sampled(game, 1000, seed).standard_error for seed in range(40)])
    ratio = float(errors.square().mean().sqrt() / promised.square().mean().sqrt())
    assert 0.8 < ratio < 1.2


def check_values_are_asked_once_and_add_up(players=15, budget=300):
    game = Counted(random_unanimity(players, [15, 15, 15], 8, empty=4.0))
    game.players = players
    found = sampled(game, budget)
    assert (game.calls, game.asked, len(game.distinct)) == (2, budget, budget)
    assert found.coalitions == budget
    assert float(found.values.sum()) == pytest.approx(float(game.game.coefficients.sum()), abs=1e-12)


def check_the_estimate_is_linear_in_the_game():
    """S15, on a draw that is far from whole: its equations do not depend on the game."""
    sample = leverage_sample(8, 90, random_draws(2))
    one, other = random_unanimity(8, [8, 8, 8], 1), Network(8, 2)

    def fit(game):
        return regression.shapley_fit(sample, game(sample.coalitions), *ends(game, 8)).values

    mixed = fit(lambda asked: 2.5 * one(asked) - 0.5 * other(asked))
    assert torch.allclose(mixed, 2.5 * fit(one) - 0.5 * fit(other), rtol=0, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 9), st.integers(0, 10_000))
def test_the_fit_is_that_of_the_textbook(players, seed):
    check_the_fit_is_that_of_the_textbook(players, seed)


def test_pairs_give_what_the_textbook_gives():
    check_pairs_give_what_the_textbook_gives()


@pytest.mark.parametrize("players", [1, 2, 3, 4, 7, 10, 13])
@pytest.mark.parametrize("kind", [Network, Votes])
def test_all_coalitions_give_the_exact_values(kind, players):
    check_all_coalitions_give_the_exact_values(kind(players, players))


def test_an_additive_game_is_exact_with_any_weights():
    check_an_additive_game_is_exact_with_any_weights(0)


def test_interactions_of_two_leave_no_error():
    check_interactions_of_two_leave_no_error()


def test_errors_are_the_spread_of_other_draws():
    check_errors_are_the_spread_of_other_draws()


def test_errors_of_small_samples_are_not_too_small():
    check_errors_of_small_samples_are_not_too_small()


def test_errors_vanish_as_the_sample_becomes_whole():
    check_errors_vanish_as_the_sample_becomes_whole()


def test_values_are_asked_once_and_add_up():
    check_values_are_asked_once_and_add_up()


def test_the_estimate_is_linear_in_the_game():
    check_the_estimate_is_linear_in_the_game()


def test_all_fifty_players_of_an_additive_game_get_theirs():
    worth = torch.linspace(-3, 3, 50, dtype=DOUBLE) + 0.01
    found = sampled(Unanimity(torch.eye(50), worth), 300)
    assert int((found.values.abs() > 1e-3).sum()) == 50
    assert torch.allclose(found.values, worth, rtol=0, atol=1e-10)


def test_a_constant_game_has_no_values_at_all():
    game = Unanimity(torch.eye(9), torch.zeros(9), empty=0.3)
    assert not sampled(game, 100).values.any()


def test_four_hundred_players_are_fit():
    game = random_unanimity(400, [400, 400], 6)
    assert torch.allclose(sampled(game, 2400).values, game.shapley, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("players", "budget", "least"), [(12, 55, 56), (12, 1, 56), (5, 27, 28), (3, 7, 8)])
def test_a_budget_below_what_is_needed_is_refused_with_what_is(players, budget, least):
    with pytest.raises(InputError, match=rf"`budget` must be at least {least} for .* {players} players\. Got {budget}\."):
        sampled(Network(players, 0), budget)
    assert regression.least_budget(players) == least


def test_coalitions_that_do_not_settle_a_player_are_refused_with_a_budget():
    coalitions = torch.tensor([[True, False, False], [False, True, True]])
    with pytest.raises(InputError, match=r"2 coalitions do not settle the values of 3 players\. Give a budget of at least 8"):
        fit_of_any(coalitions, torch.ones(2), torch.ones(2, dtype=DOUBLE), 0.0, 1.0)


@pytest.mark.parametrize("players", [5, 6, 7, 8, 10, 14, 40])
def test_the_least_budget_settles_all_values(players):
    game = Network(players, 1)
    for seed in range(100):
        assert bool(sampled(game, regression.least_budget(players), seed).standard_error.isfinite().all())
