"""What a search for counterfactuals that last is told where the score is no linear function, and where it begins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.lasting import Wish
from xaivision.engines.counterfactuals.swapped_lasting import Swap, Swaps, swapped

# Starting places of a row: itself and those with swaps that promise most, and known rows that are where it is to go.
SWAPPED, KNOWN = 8, 2


class Deletable(Protocol):
    """A model without some of its training rows. `effects` (n, q): by how much each of q parameters changes, to first order,
    without each of its n rows; `scale` (d,): the spread of each column, in which costs are measured.
    """

    @property
    def effects(self) -> Tensor: ...

    @property
    def scale(self) -> Tensor: ...

    def sensitivities(self, table: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) scores of rows (m, d), and (m, q) their slopes in the parameters."""

    def tangents(self, table: Tensor, moves: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) scores of rows (m, d) after moves (m, q) of the parameters, to first order in these, and (m, d) their slopes."""

    def without(self, row: Tensor, lots: Sequence[Tensor]) -> Tensor:
        """(L,) scores of a row (1, d) when each of the lots of training rows is deleted and the model fitted again."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Rows `table` (B, d) and the `side` (B,), -1 or 1, that each should reach within the `wish`, with `swaps`.

    `known` (N, d): rows to start from; `dtype`: what the answers are rounded to.
    """

    table: Tensor
    side: Tensor
    wish: Wish
    swaps: list[Swaps]
    known: Tensor
    dtype: torch.dtype = torch.float64


class Walks(NamedTuple):
    """Searches side by side (m, ...): the row that `owner` numbers, what it is with its swaps, and where to begin."""

    owner: Tensor
    start: Tensor
    first: Tensor


def first_walks(model: Deletable, asked: Asked) -> Walks:
    """From each row, from it with the swaps that promise most, and toward the nearest known rows that are where it is to go."""
    walks = []
    for place in range(len(asked.table)):
        row, side = asked.table[place : place + 1].double(), float(asked.side[place])
        wish = replace(asked.wish, low=asked.wish.low[place].double(), high=asked.wish.high[place].double())
        starts = _swapped(model, row, side, (wish, asked.swaps))
        known = _known(model, row, side, (wish, asked.known))
        first = torch.cat([starts, known])
        start = torch.cat([starts, row.expand(len(known), -1)])
        walks.append(Walks(torch.full((len(first),), place, device="cpu"), start, first))
    return Walks(*(torch.cat([getattr(one, name) for one in walks]) for name in Walks._fields))


def _known(model: Deletable, row: Tensor, side: float, asked: tuple[Wish, Tensor]) -> Tensor:
    """The nearest known rows on the other side, with what may not change as it is in the row."""
    wish, known = asked
    there = torch.where(wish.low < wish.high, known.double(), row)
    lengths = ((there - row) / model.scale).norm(dim=1)
    lengths = torch.where(side * model.sensitivities(there)[0] >= wish.margin, lengths, torch.inf)
    nearest = lengths.argsort(stable=True)[:KNOWN]
    return there[nearest[lengths[nearest].isfinite()]]


def _swapped(model: Deletable, row: Tensor, side: float, asked: tuple[Wish, list[Swaps]]) -> Tensor:
    """(m, d) the row, and the row with the swaps from which the way is shortest as its tangent without deletions tells it."""
    wish, swaps = asked
    if not swaps:
        return row
    options = torch.cat(swapped(row, _rated(model, row, side, swaps)))
    none = torch.zeros(len(options), model.effects.shape[1], dtype=torch.float64, device="cpu")
    scores, slopes = model.tangents(options, none)
    length = (slopes * model.scale * (wish.low < wish.high)).norm(dim=1).clamp_min(1e-12)
    way = (wish.margin - side * scores).clamp_min(0) / length
    costs = (((options - row) / model.scale).square().sum(1) + way.square()).sqrt()
    best = (1 + costs[1:].argsort(stable=True))[: SWAPPED - 1]
    return torch.cat([options[:1], options[best]])


def _rated(model: Deletable, row: Tensor, side: float, swaps: list[Swaps]) -> list[list[Swap]]:
    """What each swap gives and costs by itself."""
    own, groups = side * float(model.sensitivities(row)[0]), []
    for columns, patterns in swaps:
        rows = row.repeat(len(patterns), 1)
        rows[:, columns] = patterns.double()
        gains = side * model.sensitivities(rows)[0] - own
        costs = ((rows - row) / model.scale).norm(dim=1)
        told = zip(gains.tolist(), costs.tolist(), patterns, strict=True)
        groups.append([Swap(gain, cost, columns, one) for gain, cost, one in told if cost > 0])
    return groups
