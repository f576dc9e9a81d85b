import pytest
import torch
from closed_form_games import Counted, Network, Unanimity, random_draws, random_unanimity

from xaivision.core.errors import InputError
from xaivision.engines import permutation_sampling as orders
from xaivision.engines.coalition_enumeration import exact_estimate
from xaivision.engines.shapley_estimate import ends

DOUBLE = torch.float64


def sampled(game, budget, seed=0):
    return orders.permutation_estimate(game, orders.PermutationDraw(game.players, random_draws(seed)), budget)


def gains_by_walking(game, ranks):
    """Player after player, there and back."""
    order = ranks.argsort().tolist()
    found = torch.zeros(len(order), dtype=DOUBLE)
    for way in (order, order[::-1]):
        coalition = torch.zeros(1, len(order), dtype=torch.bool)
        for player in way:
            before = float(game(coalition))
            coalition[0, player] = True
            found[player] += (float(game(coalition)) - before) / 2
    return found


def check_gains_are_those_of_walking_there_and_back(players=7, budget=70):
    game = Network(players, 2, scale=2.0)
    sample = orders.PermutationDraw(players, random_draws(4)).within(budget)
    found = orders.order_gains(sample, game(sample.coalitions), *ends(game, players))
    expected = torch.stack([gains_by_walking(game, ranks) for ranks in sample.ranks])
    assert len(expected) >= 5
    assert torch.allclose(found, expected, rtol=0, atol=1e-13)


def check_coalitions_are_distinct_and_within_the_budget(players, budget):
    sample = orders.PermutationDraw(players, random_draws(1)).within(budget)
    rows = {tuple(row) for row in sample.coalitions.int().tolist()}
    assert len(rows) == len(sample.coalitions) <= budget - 2
    assert all(0 < sum(row) < players for row in rows)
    assert len(sample.ranks) == (budget - 2) // (2 * (players - 1))
    assert torch.equal(sample.rows.flatten().unique(), torch.arange(len(rows)))


def check_more_budget_goes_on_with_the_same_draw(players=8):
    draw = orders.PermutationDraw(players, random_draws(5))
    few, many = draw.within(60), draw.within(200)
    again = orders.PermutationDraw(players, random_draws(5)).within(200)
    assert torch.equal(few.ranks, many.ranks[: len(few.ranks)])
    assert torch.equal(few.coalitions, many.coalitions[: len(few.coalitions)])
    assert len(few.ranks) < len(many.ranks)
    assert torch.equal(many.ranks, again.ranks)


def check_one_pair_is_exact_for_interactions_of_two():
    """S10."""
    game = random_unanimity(12, [12, 60], 3, empty=1.0)
    assert torch.allclose(sampled(game, 24).values, game.shapley, rtol=0, atol=1e-12)
    third = random_unanimity(12, [0, 0, 12], 3)
    assert float((sampled(third, 24).values - third.shapley).abs().max()) > 0.1


def check_errors_are_the_spread_of_other_draws(budget=250, draws=300):
    game = Network(11, 3, scale=1.5)
    exact = exact_estimate(game, 11).values
    found = [sampled(game, budget, seed) for seed in range(draws)]
    spread = (torch.stack([one.values for one in found]) - exact).square().mean(0).sqrt()
    promised = torch.stack([one.standard_error for one in found]).square().mean(0).sqrt()
    assert float((promised / spread - 1).abs().max()) < 0.3, promised / spread
    assert float((promised.square().sum() / spread.square().sum()).sqrt()) == pytest.approx(1, abs=0.08)


def check_variances_are_drawn_towards_their_mean():
    draws = torch.tensor([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]], dtype=DOUBLE)
    assert torch.allclose(orders.moderated_variances(draws), torch.tensor([(3 * 2 + 2 * 4) / 5, 3 * 2 / 5], dtype=DOUBLE))


def check_an_estimate_asks_once_and_adds_up(players=10, budget=200):
    game = Counted(random_unanimity(players, [10, 10, 10], 8, empty=4.0))
    game.players = players
    found = sampled(game, budget)
    assert game.calls == 2
    assert game.asked == len(game.distinct) == found.coalitions
    assert budget / 2 < found.coalitions < budget
    assert float(found.values.sum()) == pytest.approx(float(game.game.coefficients.sum()), abs=1e-12)


def test_gains_are_those_of_walking_there_and_back():
    check_gains_are_those_of_walking_there_and_back()


@pytest.mark.parametrize(("players", "budget"), [(2, 4), (3, 7), (5, 31), (8, 100), (8, 255), (30, 400), (100, 900)])
def test_coalitions_are_distinct_and_within_the_budget(players, budget):
    check_coalitions_are_distinct_and_within_the_budget(players, budget)


def test_more_budget_goes_on_with_the_same_draw():
    check_more_budget_goes_on_with_the_same_draw()


def test_one_pair_is_exact_for_interactions_of_two():
    check_one_pair_is_exact_for_interactions_of_two()


def test_errors_are_the_spread_of_other_draws():
    check_errors_are_the_spread_of_other_draws()


def test_variances_are_drawn_towards_their_mean():
    check_variances_are_drawn_towards_their_mean()


def test_an_estimate_asks_once_and_adds_up():
    check_an_estimate_asks_once_and_adds_up()


@pytest.mark.parametrize("budget", [22, 50, 62])
def test_few_players_are_not_drawn_towards_orders_that_came_before(budget):
    """An estimate that goes on as long as nothing new comes repeats its first order, and takes that for certainty."""
    game = Unanimity(torch.ones(1, 5), torch.ones(1))
    found = [sampled(game, budget, seed) for seed in range(300)]
    mean = torch.stack([one.values for one in found]).mean(0)
    assert float((mean - 0.2).abs().max()) < 0.03
    assert all(float(one.standard_error.max()) > 0.01 for one in found if one.standard_error is not None and budget > 40)


def test_one_pair_says_nothing_of_its_error():
    found = sampled(Network(6, 1), 12)
    assert found.standard_error is None
    assert bool(found.half_widths.isinf().all())


def test_a_constant_game_has_no_values_at_all():
    assert not sampled(Unanimity(torch.eye(9), torch.zeros(9), empty=0.3), 100).values.any()


@pytest.mark.parametrize(("players", "budget", "least"), [(12, 23, 24), (3, 5, 6), (1, 1, 2)])
def test_a_budget_below_one_pair_is_refused_with_what_it_takes(players, budget, least):
    with pytest.raises(InputError, match=f"`budget` must be at least {least} to go through {players} players .* Got {budget}"):
        sampled(Network(players, 0), budget)


def test_a_budget_of_all_coalitions_comes_to_an_end():
    found = sampled(Network(6, 1), 64)
    assert found.coalitions <= 64


def test_the_draw_leaves_global_chance_alone():
    before = torch.get_rng_state()
    sampled(Network(6, 1), 40)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("budget", [2, 9])
def test_one_player_gains_all_there_is_to_gain(budget):
    found = orders.permutation_estimate(lambda there: 2.0 + 3.0 * there[:, 0], orders.PermutationDraw(1, random_draws(0)), budget)
    assert found.values.tolist() == [3.0]
    assert found.exact
