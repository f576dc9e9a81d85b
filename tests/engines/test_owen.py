"""Owen values: exact, sampled, and by the definition over all orders in which groups stay together."""

from itertools import permutations, product

import pytest
import torch
from closed_form_games import DOUBLE, Counted, Network, random_draws, random_unanimity

from xaivision.core.errors import InputError
from xaivision.engines import owen
from xaivision.engines.coalition_enumeration import shapley_values, value_table
from xaivision.engines.permutation_sampling import permutation_estimate

TWO_LEVELS = ((0, 1), (2, 3, 4))
THREE_LEVELS = ((0, (3, 1)), 2, (6, (4, 5)))
HIERARCHIES = (TWO_LEVELS, THREE_LEVELS, (((0, 4), (2,)), (3, 1)), ((0,), (1,), (2, 3)))


def orders(member):
    """Every order of the players in which the members of every group stand side by side."""
    if isinstance(member, int):
        return [[member]]
    return [
        [player for part in parts for player in part]
        for turn in permutations(member)
        for parts in product(*(orders(part) for part in turn))
    ]


def owen_by_definition(game, group):
    """The mean gain over all these orders, one question for each player of each."""
    found = torch.zeros(len(owen.players_of(group)), dtype=DOUBLE)
    every = orders(group)
    for order in every:
        coalition = torch.zeros(1, len(found), dtype=torch.bool)
        before = float(game(coalition))
        for player in order:
            coalition[0, player] = True
            after = float(game(coalition))
            found[player] += after - before
            before = after
    return found / len(every)


def check_exact_values_are_the_definition(group, seed):
    game = Network(len(owen.players_of(group)), seed, scale=2.0)
    found = owen.exact_owen(game, group)
    assert torch.allclose(found.values, owen_by_definition(game, group), rtol=0, atol=1e-12)


def check_one_group_or_none_is_shapley(players):
    game = Network(players, 4, scale=2.0)
    expected = shapley_values(value_table(game, players))
    alone, together = tuple(range(players)), (tuple(range(players)),)
    singles = tuple((player,) for player in range(players))
    for group in (alone, together, singles):
        assert torch.allclose(owen.exact_owen(game, group).values, expected, rtol=0, atol=1e-12)


def check_groups_get_what_they_get_as_players():
    """The quotient property: the sum of a group's values is the Shapley value of the group in the game among groups."""
    game, group = Network(7, 3, scale=2.0), THREE_LEVELS
    members = [owen.players_of(part) for part in group]

    def among_groups(coalitions):
        players = torch.zeros(len(coalitions), 7, dtype=torch.bool)
        for place, mine in enumerate(members):
            players[:, mine] = coalitions[:, place : place + 1]
        return game(players)

    quotient = shapley_values(value_table(among_groups, 3))
    values = owen.exact_owen(game, group).values
    sums = torch.stack([values[mine].sum() for mine in members])
    assert torch.allclose(sums, quotient, rtol=0, atol=1e-12)


def check_only_what_matters_is_asked(group):
    counted = Counted(Network(len(owen.players_of(group)), 0))
    found = owen.exact_owen(counted, group)
    on_the_way = set()
    for order in orders(group):
        for count in range(len(order) + 1):
            on_the_way.add(frozenset(order[:count]))
    assert counted.asked == len(counted.distinct) == len(on_the_way) == found.coalitions
    assert owen.exact_cost(group, 1000) == len(on_the_way)
    assert owen.exact_cost(group, len(on_the_way) - 1) is None


def check_drawn_orders_keep_groups_together(group):
    draw = owen.HierarchyDraw(group, random_draws(0))
    ranks = draw.block(random_draws(1))
    possible = [torch.tensor(order) for order in orders(group)]
    drawn = {tuple(ranks_of_one.argsort().tolist()) for ranks_of_one in ranks}
    assert drawn <= {tuple(order.tolist()) for order in possible}
    assert len(drawn) > min(len(possible), owen.BLOCK) // 3


def check_sampled_values_are_within_their_errors(group):
    game = Network(len(owen.players_of(group)), 6, scale=2.0)
    exact = owen.exact_owen(game, group).values
    found = permutation_estimate(game, owen.HierarchyDraw(group, random_draws(3)), 4000)
    assert float(((found.values - exact).abs() / found.standard_error).max()) < 4
    assert float((exact - shapley_values(value_table(game, len(exact)))).abs().max() / found.standard_error.max()) > 6


@pytest.mark.parametrize("group", HIERARCHIES, ids=str)
def test_exact_values_are_the_definition(group):
    check_exact_values_are_the_definition(group, 5)


@pytest.mark.parametrize("players", [1, 2, 5])
def test_one_group_or_none_gives_the_shapley_values(players):
    check_one_group_or_none_is_shapley(players)


def test_groups_get_what_they_get_as_players():
    check_groups_get_what_they_get_as_players()


@pytest.mark.parametrize("group", HIERARCHIES, ids=str)
def test_only_coalitions_that_matter_are_asked_and_each_once(group):
    check_only_what_matters_is_asked(group)


@pytest.mark.parametrize("group", HIERARCHIES, ids=str)
def test_drawn_orders_keep_groups_together(group):
    check_drawn_orders_keep_groups_together(group)


@pytest.mark.parametrize("group", [TWO_LEVELS, THREE_LEVELS], ids=str)
def test_sampled_values_are_within_their_errors(group):
    check_sampled_values_are_within_their_errors(group)


def test_values_add_up_and_dummies_get_nothing():
    game = random_unanimity(7, [3, 3, 2], 1, empty=2.0)
    game.teams[:, 3] = 0
    game.sizes = game.teams.sum(1)
    found = owen.exact_owen(game, THREE_LEVELS).values
    everybody = torch.ones(1, 7, dtype=torch.bool)
    assert abs(float(found.sum() - (game(everybody) - game(~everybody)))) < 1e-12
    assert abs(float(found[3])) < 1e-12


def test_a_hierarchy_that_is_too_wide_is_not_listed():
    assert owen.exact_cost(tuple(range(60)), 10**6) is None
    deep = tuple(tuple(range(4 * part, 4 * part + 4)) for part in range(12))
    assert owen.exact_cost(deep, 10**5) is None


@pytest.mark.parametrize("group", [(0, 0, 1), (0, 2), ((0, 1), (1, 2))], ids=str)
def test_a_hierarchy_must_hold_each_player_once(group):
    with pytest.raises(InputError, match="must hold each of"):
        owen.exact_owen(Network(3, 0), group)
