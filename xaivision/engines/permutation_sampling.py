"""Shapley values as mean gains along random orders of the players, each order gone through forwards and backwards."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.game import ValueFunction
from xaivision.engines.shapley_estimate import ShapleyEstimate, at_least_rounding, ends, of_one_player

# Pairs that the mean variance of all players weighs as, beside a player's own few: gains of a player that mostly come to the
# same would else look certain. Over random games 3 gives the intervals their 95 %.
PRIOR_DEGREES = 3
# Orders are drawn so many at a time, so that more of them go on where fewer ended.
BLOCK = 32


class PermutationSample(NamedTuple):
    """`ranks` (P, M): place of each player in each order. `coalitions` (n, M) bool: the distinct ones on the way.

    `rows` (P, 2, M - 1): which of them are the first 1, ..., M - 1 players of each order, and which their complements, the
    coalitions on the way back.
    """

    ranks: Tensor
    coalitions: Tensor
    rows: Tensor


class PermutationDraw:
    """One endless draw of orders of the players: a larger budget goes on where a smaller one ended."""

    def __init__(self, players: int, generator: torch.Generator) -> None:
        self.players = players
        self._seed = int(torch.randint(2**62, (), generator=generator, dtype=torch.int64, device="cpu"))

    def within(self, budget: int) -> PermutationSample:
        """As many orders as `budget` evaluations pay for, if no coalition came twice.

        Those that do come again are asked for once. What that saves buys no further orders: going on for as long as little
        new comes would choose orders that are like the first ones.
        """
        count = max(0, budget - 2) // (2 * max(1, self.players - 1))
        ranks = self._ranks(count)
        prefixes = ranks[:, None, :] < torch.arange(1, self.players, device="cpu")[:, None]
        coalitions, rows = _distinct(torch.stack((prefixes, ~prefixes), 1).view(-1, self.players))
        return PermutationSample(ranks, coalitions, rows.view(count, 2, self.players - 1))

    def _ranks(self, count: int) -> Tensor:
        generator = torch.Generator().manual_seed(self._seed)
        return torch.cat([self.block(generator) for _ in range(0, max(1, count), BLOCK)])[:count]

    def block(self, generator: torch.Generator) -> Tensor:
        """(BLOCK, M) the next so many orders: the place of each player in each."""
        return torch.rand(BLOCK, self.players, generator=generator, dtype=torch.float64, device="cpu").argsort(1)


def _distinct(coalitions: Tensor) -> tuple[Tensor, Tensor]:
    """The different ones among coalitions (n, M), as they first came, and (n,) which of them each is."""
    places: dict[bytes, int] = {}
    rows = [places.setdefault(bytes(key), len(places)) for key in np.packbits(coalitions.numpy(), axis=1)]
    found = torch.tensor(rows, dtype=torch.int64, device="cpu")
    first = torch.full((len(places),), len(rows), dtype=torch.int64, device="cpu")
    first.scatter_reduce_(0, found, torch.arange(len(rows), device="cpu"), "amin")
    return coalitions[first], found


def least_budget(players: int) -> int:
    """The evaluations of one order there and back, empty and full coalition included."""
    return min(1 << players, 2 * players)


def order_gains(sample: PermutationSample, values: Tensor, empty: float, full: float) -> Tensor:
    """(P, M) float64: each player's gain on joining, the mean of the way there and the way back.

    `values` (n,) of the sample's coalitions. Every row sums to `full` - `empty`.
    """
    on_the_way = values.double()[sample.rows]
    one = torch.ones(len(on_the_way), 1, dtype=torch.float64, device="cpu")
    there = torch.cat((empty * one, on_the_way[:, 0], full * one), 1).diff(dim=1)
    back = -torch.cat((full * one, on_the_way[:, 1], empty * one), 1).diff(dim=1)
    return ((there + back) / 2).gather(1, sample.ranks)


def permutation_estimate(game: ValueFunction, draw: PermutationDraw, budget: int) -> ShapleyEstimate:
    """What `budget` evaluations of a game give; more of them go on with the same draw.

    One pair is exact for interactions of two players. It says nothing of its error: that takes two.

    Raises: InputError, where the budget is below `least_budget`.
    Source: Mitchell et al., 2022, arXiv:2104.12199; moderated variances of Smyth, 2004, doi:10.2202/1544-6115.1027
    """
    if budget < least_budget(draw.players):
        raise InputError(
            f"`budget` must be at least {least_budget(draw.players)} to go through {draw.players} players there and back. "
            f"Got {budget}. Give more, or make fewer players."
        )
    empty, full = ends(game, draw.players)
    if draw.players == 1:
        return of_one_player(empty, full)
    sample = draw.within(budget)
    values = game(sample.coalitions)
    gains = order_gains(sample, values, empty, full)
    asked = len(values) + 2
    if len(gains) < 2:
        return ShapleyEstimate(gains.mean(0), asked, None)
    error = (moderated_variances(gains) / len(gains)).sqrt()
    error = at_least_rounding(error, values, empty, full)
    return ShapleyEstimate(gains.mean(0), asked, error, len(gains) - 1 + PRIOR_DEGREES)


def moderated_variances(draws: Tensor) -> Tensor:
    """(M,) the variance of each column of `draws` (P, M), drawn towards the mean of all columns' variances."""
    own, degrees = draws.var(0), len(draws) - 1
    return (PRIOR_DEGREES * own.mean() + degrees * own) / (PRIOR_DEGREES + degrees)
