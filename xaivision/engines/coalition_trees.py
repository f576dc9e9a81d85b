"""Boosted trees that learn a game from coalitions and their complements, and the exact Shapley values of such trees.

Shapley values depend on the odd part of a game alone, (v(S) - v(complement of S)) / 2: what two complements have in common
cancels. So the trees are odd by construction. The first question of a tree, whether its root player is there, turns a coalition
that lacks it into its complement and flips the sign; below, it is an ordinary regression tree. Several fits grow at once, each on
its own rows: the sums that decide a split are one matrix product for all of them.
"""

from math import factorial
from typing import NamedTuple

import torch
from torch import Tensor

TREES = 100
# Questions to a leaf, the one about the root player included.
DEPTH = 5
RATE = 0.2
# A leaf's mean is drawn towards zero as by so many pairs that say zero, and no split leaves fewer than these on one side.
SHRINKAGE = 1.0
LEAST_IN_A_NODE = 5


class OddTrees(NamedTuple):
    """T trees of each of K fits, each with L leaves of D questions beside the root's.

    `roots` (T, K): player that decides the sign. `players` (T, K, L, D): which player each step to a leaf asks about, -1 where
    none is. `leaves` (T, K, L) float64. Bit D - 1 - d of a leaf's number is set where the player of step d is there.
    """

    roots: Tensor
    players: Tensor
    leaves: Tensor


class _Tree(NamedTuple):
    """One round: `root` (K,), `steps` the player of each node, (K, 2^d) for step d, `leaves` (K, L), `predicted` (P, K)."""

    root: Tensor
    steps: list[Tensor]
    leaves: Tensor
    predicted: Tensor


def grown_trees(coalitions: Tensor, halves: Tensor, used: Tensor) -> tuple[OddTrees, Tensor]:
    """The trees, and what they say of every pair, (P, K) float64, of those that they did not see as well.

    `coalitions` (P, M) bool: one of each pair. `halves` (P, K) float64: half the difference between it and its complement, as
    each fit is told it. `used` (P, K) bool: the pairs that each fit sees.
    """
    scale = float(halves.abs().max()) or 1.0
    # Single precision decides between splits; what a leaf says is summed in double.
    signs = (2 * coalitions.T.to(torch.float32) - 1).contiguous()
    wanted, predicted, seen = halves / scale, torch.zeros_like(halves), used.to(torch.float32)
    trees: list[_Tree] = []
    for _ in range(TREES):
        trees.append(_tree(signs, (wanted - predicted).float() * seen, seen))
        predicted += trees[-1].predicted
    paths = torch.stack([_paths(tree.steps) for tree in trees])
    leaves = scale * torch.stack([tree.leaves for tree in trees])
    return OddTrees(torch.stack([tree.root for tree in trees]), paths, leaves), scale * predicted


def tree_shapley_values(trees: OddTrees, players: int) -> Tensor:
    """(K, M) float64: the Shapley values of each fit's trees together, exact.

    A leaf pays where a players are there and b are not. Each of the first then has (a - 1)! b! / (a + b)! of the leaf, each of
    the second -a! (b - 1)! / (a + b)!; the mirrored half of the tree, as a game of what is missing, pays everybody the same
    again.

    Source: Campbell et al., 2022, doi:10.1007/s10994-021-06119-5
    """
    depth, fits = trees.players.shape[3], trees.players.shape[1]
    asked = trees.players >= 0
    there = _bits(depth).bool() & asked
    present, absent = 1 + there.sum(3), (asked & ~there).sum(3)  # the root player is there
    joins, leaves = _shares(depth + 1)
    values = torch.zeros(fits, players, dtype=torch.float64, device="cpu")
    roots = trees.roots[:, :, None].expand_as(trees.leaves)
    _spread(values, roots, 2 * trees.leaves * joins[present, absent])
    each = torch.where(there, joins[present, absent][..., None], leaves[present, absent][..., None]) * asked
    _spread(values, trees.players.clamp_min(0), 2 * trees.leaves[..., None] * each)
    return values


def _tree(signs: Tensor, left: Tensor, used: Tensor) -> _Tree:
    """The tree of one round. `signs` (M, P) is 1 where the player is there and -1 where not, `left` (P, K) what is to say."""
    fits = torch.arange(left.shape[1], device="cpu")
    root = (signs @ left).abs().argmax(0)
    turned = signs[root].T
    rows = _Rows(left, left * turned, used, used * turned)
    nodes, steps = torch.zeros_like(left, dtype=torch.int64), []
    for step in range(DEPTH - 1):
        steps.append(_splits(signs, rows, nodes, 2**step))
        asked = steps[-1][fits, nodes]
        there = (signs.T.gather(1, asked.clamp_min(0)) == turned) & (asked >= 0)
        nodes = 2 * nodes + there
    sums, counts = _node_sums(nodes, 2 ** (DEPTH - 1), rows.told.double(), used.double())
    leaves = (RATE * sums / (counts + SHRINKAGE)).view(len(fits), -1)
    return _Tree(root, steps, leaves, turned * leaves[fits, nodes])


class _Rows(NamedTuple):
    """(P, K) each, 0 for pairs that a fit does not see: what is left to say of a pair, the same as its turned coalition has to
    be told it, 1, and 1 with the sign of the turn.
    """

    left: Tensor
    told: Tensor
    used: Tensor
    turns: Tensor


def _splits(signs: Tensor, rows: _Rows, nodes: Tensor, count: int) -> Tensor:
    """(K, count) the player that divides each node's rows best, -1 where none does.

    A turned coalition holds a player where the pair's first one has the sign of the turn. So a sum over those that hold it is
    half of the sum over all and the sum with signs, in which the turn's own sign cancels.
    """
    told, counted = _node_sums(nodes, count, rows.told, rows.used)
    signed = signs @ torch.cat((_node_columns(nodes, count, rows.left), _node_columns(nodes, count, rows.turns)), 1)
    signed_told, signed_count = signed.chunk(2, 1)
    with_told, with_count = (told + signed_told) / 2, (counted + signed_count) / 2
    without_told, without_count = told - with_told, counted - with_count
    gain = with_told.square() / (with_count + SHRINKAGE) + without_told.square() / (without_count + SHRINKAGE)
    too_few = (with_count < LEAST_IN_A_NODE) | (without_count < LEAST_IN_A_NODE)
    best = gain.masked_fill(too_few, -1).max(0)
    return torch.where(best.values >= 0, best.indices, -1).view(-1, count)


def _node_columns(nodes: Tensor, count: int, values: Tensor) -> Tensor:
    """(P, K * count) the values (P, K), each in the column of its fit's node."""
    empty = torch.zeros(len(nodes), count * nodes.shape[1], dtype=values.dtype, device="cpu")
    return empty.scatter_(1, nodes + count * torch.arange(nodes.shape[1], device="cpu"), values)


def _node_sums(nodes: Tensor, count: int, *values: Tensor) -> list[Tensor]:
    """(K * count,) the sums of values (P, K) over the rows of each node."""
    place = (nodes + count * torch.arange(nodes.shape[1], device="cpu")).flatten()
    return [each.new_zeros(count * nodes.shape[1]).scatter_add_(0, place, each.flatten()) for each in values]


def _paths(steps: list[Tensor]) -> Tensor:
    """(K, L, D) the players on the way to each leaf."""
    depth = len(steps)
    leaves = torch.arange(2**depth, device="cpu")
    return torch.stack([player[:, leaves >> (depth - step)] for step, player in enumerate(steps)], 2)


def _bits(depth: int) -> Tensor:
    """(L, D) of a leaf's number: 1 where the player of the step is there."""
    return (torch.arange(2**depth, device="cpu")[:, None] >> torch.arange(depth - 1, -1, -1, device="cpu")) & 1


def _shares(most: int) -> tuple[Tensor, Tensor]:
    """[a, b]: what each of a present players has of a leaf, and what each of b absent ones has."""
    joins = torch.zeros(most + 1, most + 1, dtype=torch.float64, device="cpu")
    leaves = torch.zeros_like(joins)
    for a in range(most + 1):
        for b in range(most + 1 - a):
            if a:
                joins[a, b] = factorial(a - 1) * factorial(b) / factorial(a + b)
            if b:
                leaves[a, b] = -factorial(a) * factorial(b - 1) / factorial(a + b)
    return joins, leaves


def _spread(values: Tensor, players: Tensor, shares: Tensor) -> None:
    """Add to `values` (K, M) what the trees give to each player."""
    for fit, mine in enumerate(values):
        mine.scatter_add_(0, players[:, fit].flatten(), shares[:, fit].flatten())
