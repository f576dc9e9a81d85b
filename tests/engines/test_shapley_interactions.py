"""The interaction index of pairs, exact and sampled, and the matrix whose rows sum to the Shapley values."""

from functools import partial
from itertools import combinations
from math import factorial

import pytest
import torch
from closed_form_games import (
    DOUBLE,
    Counted,
    Network,
    Unanimity,
    leverage_sample,
    random_draws,
    random_unanimity,
    shapley_by_definition,
    worth,
)

from xaivision.core.errors import InputError
from xaivision.engines import shapley_interactions
from xaivision.engines.coalition_enumeration import value_table
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.shapley_estimate import ends


def index_by_definition(game, players):
    """Every pair, every coalition of the others, four questions each."""

    value = partial(worth, game, players)
    index = torch.zeros(players, players, dtype=DOUBLE)
    for i, j in combinations(range(players), 2):
        others = [player for player in range(players) if player not in (i, j)]
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(players - size - 2) / factorial(players - 1)
            for team in combinations(others, size):
                gain = value((*team, i, j)) - value((*team, i)) - value((*team, j)) + value(team)
                index[i, j] += weight * gain
        index[j, i] = index[i, j]
    return index


def index_of_teams(game):
    """A team of t players that is worth c gives each of its pairs c / (t - 1)."""
    players = game.players
    index = torch.zeros(players, players, dtype=DOUBLE)
    for team, coefficient, size in zip(game.teams, game.coefficients, game.sizes, strict=True):
        if size > 1:
            index += coefficient / (size - 1) * torch.outer(team, team)
    return index - torch.diag(index.diagonal())


def check_the_index_is_the_definition(players, seed):
    game = Network(players, seed, scale=2.0)
    found = shapley_interactions.interaction_index(value_table(game, players))
    assert torch.allclose(found, index_by_definition(game, players), rtol=0, atol=1e-12)


def check_s14(players, seed):
    game = Network(players, seed, scale=2.0)
    found = shapley_interactions.exact_interactions(game, players)
    empty, full = ends(game, players)
    assert torch.equal(found.matrix, found.matrix.T)
    assert torch.allclose(found.matrix.sum(1), shapley_by_definition(game, players), rtol=0, atol=1e-10)
    assert abs(float(found.matrix.sum()) - (full - empty)) < 1e-10
    off = found.matrix - torch.diag(found.matrix.diagonal())
    assert torch.allclose(2 * off, index_by_definition(game, players), rtol=0, atol=1e-12)


def check_a_complete_sample_gives_the_index(players):
    """The regression's weights are those of which the solution over all coalitions is the index."""
    game = Network(players, players, scale=2.0)
    sample = leverage_sample(players, 2**players, random_draws(0))
    values = game(sample.coalitions)
    empty, full = ends(game, players)
    index, error = shapley_interactions._index_fit(sample, (values[0::2] + values[1::2]) / 2, (empty + full) / 2)
    assert torch.allclose(index, index_by_definition(game, players), rtol=0, atol=1e-10)
    assert not error.any()


def check_pairs_alone_are_exact():
    """A game of pairs is what the regression follows: no chance is left."""
    game = random_unanimity(14, [14, 30], 2, empty=0.5)
    budget = shapley_interactions.least_budget(14)
    found = shapley_interactions.sampled_interactions(game, LeverageDraw(14, random_draws(1)), budget)
    off = found.matrix - torch.diag(found.matrix.diagonal())
    assert torch.allclose(2 * off, index_of_teams(game), rtol=0, atol=1e-10)
    assert torch.allclose(found.matrix.sum(1), game.shapley, rtol=0, atol=1e-10)


def check_sampled_rows_sum_to_the_values_and_to_the_change(seed):
    game = Network(13, seed, scale=2.0)
    found = shapley_interactions.sampled_interactions(game, LeverageDraw(13, random_draws(seed)), 600)
    empty, full = ends(game, 13)
    assert torch.allclose(found.matrix, found.matrix.T, rtol=0, atol=0)
    assert torch.allclose(found.matrix.sum(1), found.estimate.values, rtol=0, atol=1e-12)
    assert abs(float(found.matrix.sum()) - (full - empty)) < 1e-10


def covered(games, budget, stretch=1.0):
    held = []
    for seed, game in enumerate(games):
        found = shapley_interactions.sampled_interactions(game, LeverageDraw(game.players, random_draws(seed)), budget)
        exact = shapley_interactions.exact_interactions(game, game.players).matrix
        off = ~torch.eye(game.players, dtype=torch.bool)
        held.append(((found.matrix - exact).abs() <= stretch * 1.96 * found.standard_error)[off])
    return float(torch.cat(held).double().mean())


def check_errors_are_honest():
    games = [Network(11, seed, scale=2.0) for seed in range(12)]
    assert 0.92 <= covered(games, 500) <= 0.985
    assert covered(games, 500, stretch=0.5) < 0.8


@pytest.mark.parametrize("players", [2, 3, 5])
def test_the_index_is_the_definition(players):
    check_the_index_is_the_definition(players, players)


@pytest.mark.parametrize("players", [1, 2, 5, 6])
def test_s14_the_matrix_is_symmetric_and_its_rows_sum_to_the_shapley_values(players):
    check_s14(players, 3)


@pytest.mark.parametrize("players", [4, 5, 6, 7])
def test_the_regression_of_all_coalitions_gives_the_index(players):
    check_a_complete_sample_gives_the_index(players)


def test_a_game_of_pairs_is_exact_with_few_coalitions():
    check_pairs_alone_are_exact()


@pytest.mark.parametrize("seed", range(3))
def test_sampled_rows_sum_to_the_values_and_to_the_change(seed):
    check_sampled_rows_sum_to_the_values_and_to_the_change(seed)


def test_errors_of_sampled_interactions_are_honest():
    check_errors_are_honest()


@pytest.mark.parametrize("seed", range(3))
def test_s8_teams_share_their_worth_among_their_pairs(seed):
    game = random_unanimity(7, [7, 5, 4, 3, 2], seed, empty=1.0)
    found = shapley_interactions.exact_interactions(game, 7)
    assert torch.allclose(found.matrix.sum(1), game.shapley, rtol=0, atol=1e-12)
    off = found.matrix - torch.diag(found.matrix.diagonal())
    assert torch.allclose(2 * off, index_of_teams(game), rtol=0, atol=1e-12)


def test_an_additive_game_has_no_interactions():
    game = Unanimity(torch.eye(6), torch.arange(6.0))
    found = shapley_interactions.exact_interactions(game, 6)
    assert torch.allclose(found.matrix, torch.diag(torch.arange(6.0, dtype=DOUBLE)), rtol=0, atol=1e-12)


def test_more_evaluations_bring_the_interactions_nearer():
    errors = []
    for budget in (300, 3000):
        off = []
        for seed in range(4):
            game = Network(13, seed, scale=2.0)
            found = shapley_interactions.sampled_interactions(game, LeverageDraw(13, random_draws(seed)), budget)
            off.append((found.matrix - shapley_interactions.exact_interactions(game, 13).matrix).square().sum())
        errors.append(float(torch.stack(off).mean()))
    assert errors[1] < errors[0] / 8


@pytest.mark.parametrize("players", range(1, 40, 3))
def test_the_least_budget_settles_every_number_of_players(players):
    """Every size must be there as often as all coalitions of one player are, or the sums are not known."""
    game = Counted(Unanimity(torch.eye(players), torch.ones(players)))
    budget = shapley_interactions.least_budget(players)
    found = shapley_interactions.sampled_interactions(game, LeverageDraw(players, random_draws(0)), budget)
    assert len(game.distinct) <= budget
    assert torch.allclose(found.matrix, torch.eye(players, dtype=DOUBLE), rtol=0, atol=1e-8)


def test_too_small_a_budget_is_refused_with_the_least():
    least = shapley_interactions.least_budget(20)
    with pytest.raises(InputError, match=f"`budget` must be at least {least} for the interactions of 20 players. Got 100"):
        shapley_interactions.sampled_interactions(Network(20, 0), LeverageDraw(20, random_draws(0)), 100)
