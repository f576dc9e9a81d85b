"""Trees that learn a game from pairs of complements: what they say, and their exact Shapley values."""

import pytest
import torch
from closed_form_games import DOUBLE, Network, random_draws

from xaivision.engines import coalition_trees
from xaivision.engines.coalition_enumeration import all_coalitions, shapley_values


def pairs_of(game, players):
    """One coalition of each pair of complements, and half the difference of the two."""
    firsts = all_coalitions(players)[: 2 ** (players - 1)]
    return firsts, (game(firsts) - game(~firsts)) / 2


def grown(players, seed, fits=2, trees=6, share=0.8):
    """A few trees on random parts of the pairs of a small network."""
    firsts, halves = pairs_of(Network(players, seed, scale=2.0), players)
    used = torch.rand(len(firsts), fits, generator=random_draws(seed)) < share
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coalition_trees, "TREES", trees)
        return firsts, *coalition_trees.grown_trees(firsts, halves[:, None].expand(-1, fits), used)


def said(trees, fit, coalition):
    """Followed question by question."""
    total = 0.0
    for root, players, leaves in zip(trees.roots[:, fit], trees.players[:, fit], trees.leaves[:, fit], strict=True):
        turned = coalition if coalition[root] else ~coalition
        for leaf, path in enumerate(players.tolist()):
            bits = [int(bit) for bit in format(leaf, f"0{len(path)}b")]
            if all(int(player >= 0 and bool(turned[player])) == bit for player, bit in zip(path, bits, strict=True)):
                total += float(leaves[leaf]) * (1 if coalition[root] else -1)
    return total


def check_predictions_are_what_the_trees_say(players, seed):
    firsts, trees, predicted = grown(players, seed)
    for fit in range(2):
        followed = torch.tensor([said(trees, fit, one) for one in firsts], dtype=DOUBLE)
        assert torch.allclose(followed, predicted[:, fit], rtol=0, atol=1e-12)


def check_values_are_those_of_the_enumerated_trees(players, seed):
    _, trees, _ = grown(players, seed)
    found = coalition_trees.tree_shapley_values(trees, players)
    for fit in range(2):
        table = torch.tensor([said(trees, fit, one) for one in all_coalitions(players)], dtype=DOUBLE)
        assert float(table.abs().max()) > 0
        assert torch.allclose(found[fit], shapley_values(table), rtol=0, atol=1e-12)


def check_a_game_that_trees_can_hold_is_learned():
    """Three players who are nothing without each other: neither of the parts that a regression follows."""

    def game(coalitions):
        return coalitions[:, [1, 4, 6]].all(1).double() - coalitions[:, [0, 2, 3]].any(1).double()

    firsts, halves = pairs_of(game, 8)
    used = torch.ones(len(firsts), 1, dtype=torch.bool)
    _, predicted = coalition_trees.grown_trees(firsts, halves[:, None], used)
    assert float((predicted[:, 0] - halves).square().mean() / halves.square().mean()) < 1e-3


def check_every_split_is_the_best(seed):
    """Against sums over the turned coalitions, node by node."""
    firsts, halves = pairs_of(Network(8, seed, scale=2.0), 8)
    used = torch.rand(len(firsts), 1, generator=random_draws(seed)) < 0.9
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coalition_trees, "TREES", 1)
        trees, _ = coalition_trees.grown_trees(firsts, halves[:, None], used)
    seen, left = firsts[used[:, 0]], halves[used[:, 0]] / halves.abs().max()
    root = trees.roots[0, 0]
    sums = [float((torch.where(seen[:, player], left, -left)).sum().abs()) for player in range(8)]
    assert sums[int(root)] == pytest.approx(max(sums), rel=1e-5)
    turned, told = torch.where(seen[:, root, None], seen, ~seen), torch.where(seen[:, root], left, -left)
    assert splits_checked(trees.players[0, 0], turned, told) > 10


def splits_checked(paths, turned, told):
    checked = 0
    depth = paths.shape[1]
    nodes = {(): torch.ones(len(turned), dtype=torch.bool)}
    for step in range(depth):
        below = {}
        for bits, mine in nodes.items():
            chosen = int(paths[int("".join(map(str, bits)) or "0", 2) << (depth - step), step])
            gains = [gain_of(turned[mine, player], told[mine]) for player in range(turned.shape[1])]
            assert (chosen == -1) == (max(gains) < 0)
            below[(*bits, 0)] = mine
            if chosen >= 0:
                assert gains[chosen] == pytest.approx(max(gains), rel=1e-4, abs=1e-6)
                below[(*bits, 0)], below[(*bits, 1)] = mine & ~turned[:, chosen], mine & turned[:, chosen]
                checked += 1
        nodes = below
    return checked


def gain_of(there, told):
    """How much of the squares a split on this player takes away, -1 where it leaves too few on a side."""
    sides = [(float(told[side].sum()), int(side.sum())) for side in (there, ~there)]
    if min(count for _, count in sides) < coalition_trees.LEAST_IN_A_NODE:
        return -1.0
    return sum(total**2 / (count + coalition_trees.SHRINKAGE) for total, count in sides)


def check_pairs_that_are_not_seen_change_nothing():
    firsts, halves = pairs_of(Network(8, 3, scale=2.0), 8)
    used = torch.rand(len(firsts), 1, generator=random_draws(1)) < 0.7
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coalition_trees, "TREES", 5)
        _, first = coalition_trees.grown_trees(firsts, halves[:, None], used)
        _, second = coalition_trees.grown_trees(firsts, torch.where(used, halves[:, None], -halves[:, None].flip(0)), used)
    assert torch.allclose(first, second, rtol=0, atol=1e-6)


def check_leaves_hold_no_single_pair(least):
    """Where a split would leave fewer pairs than a node needs, nobody is asked about."""
    firsts, halves = pairs_of(Network(4, 0), 4)
    used = torch.ones(len(firsts), 1, dtype=torch.bool)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coalition_trees, "TREES", 1)
        patched.setattr(coalition_trees, "LEAST_IN_A_NODE", least)
        trees, _ = coalition_trees.grown_trees(firsts, halves[:, None], used)
    asked = {int(player) for player in trees.players[0, 0].flatten()}
    assert (asked == {-1}) == (least > 4)


def test_predictions_are_what_the_trees_say():
    check_predictions_are_what_the_trees_say(7, 1)


@pytest.mark.parametrize("players", [6, 7])
def test_values_are_those_of_the_enumerated_trees(players):
    check_values_are_those_of_the_enumerated_trees(players, players)


def test_a_game_that_trees_can_hold_is_learned():
    check_a_game_that_trees_can_hold_is_learned()


@pytest.mark.parametrize("seed", range(3))
def test_every_split_is_the_best(seed):
    check_every_split_is_the_best(seed)


def test_pairs_that_are_not_seen_change_nothing():
    check_pairs_that_are_not_seen_change_nothing()


@pytest.mark.parametrize("least", [4, 5])
def test_a_split_leaves_enough_pairs_on_both_sides(least):
    check_leaves_hold_no_single_pair(least)


def test_trees_are_odd():
    """What a tree says of a coalition is minus what it says of its complement."""
    _, trees, _ = grown(6, 2)
    for one in all_coalitions(6):
        assert said(trees, 0, one) == -said(trees, 0, ~one)


def test_nothing_to_say_is_said_as_nothing():
    firsts, _ = pairs_of(Network(5, 0), 5)
    used = torch.ones(len(firsts), 3, dtype=torch.bool)
    trees, predicted = coalition_trees.grown_trees(firsts, torch.zeros(len(firsts), 3, dtype=DOUBLE), used)
    assert not predicted.any()
    assert not coalition_trees.tree_shapley_values(trees, 5).any()


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_values_scale_with_the_game(scale):
    firsts, halves = pairs_of(Network(6, 4, scale=2.0), 6)
    used = torch.ones(len(firsts), 1, dtype=torch.bool)
    plain, _ = coalition_trees.grown_trees(firsts, halves[:, None], used)
    other, _ = coalition_trees.grown_trees(firsts, scale * halves[:, None], used)
    values = [coalition_trees.tree_shapley_values(trees, 6) for trees in (plain, other)]
    assert torch.allclose(scale * values[0], values[1], rtol=1e-6, atol=0)
