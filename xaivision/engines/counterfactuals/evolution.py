"""Populations of rows that are crossed and mutated toward near, sparse rows that are decided as wished.

Source: the genetic search of DiCE (Mothilal et al., 2020, arXiv:1905.07697), after Schleich et al., GeCo, 2021, arXiv:2101.01292.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.random_changes import changed_rows, drawn
from xaivision.engines.counterfactuals.rooms import Rooms
from xaivision.engines.counterfactuals.searching import Ask, Asked, Search

# Shares of a child's parts that come from its parents, from the row itself, and the rest that is drawn anew: what most of the
# parts do not need goes soon, so that few generations are enough.
FROM_PARENTS, FROM_THE_ROW = 0.3, 0.97


@dataclass(frozen=True)
class Evolution:
    """The better half of `population` rows and as many children as rows live at a time, at most `generations` times: a call of
    a model costs much, and a row of it little. The search ends with a generation whose best is not better by the share `thresh`.
    """

    population: int
    generations: int
    thresh: float
    proximity_weight: float
    sparsity_weight: float


class _Living(NamedTuple):
    """The populations of the rooms with the numbers `owners` (b,): rows (b, n, F), merits and costs (b, n)."""

    owners: Tensor
    rows: Tensor
    merits: Tensor
    costs: Tensor

    def kept(self, rooms: Tensor, places: Tensor) -> "_Living":
        """Of some of the rooms (c,) those at these places (c, k)."""
        owners, rows, merits, costs = (part[rooms] for part in self)
        rows = rows.gather(1, places[..., None].expand(-1, -1, rows.shape[2]))
        return _Living(owners, rows, merits.gather(1, places), costs.gather(1, places))

    def joined(self, asked: Asked) -> "_Living":
        """With as many more for each."""
        parts = zip(self[1:], asked[:3], strict=False)
        return _Living(self.owners, *(torch.cat([old, new.view(len(old), -1, *old.shape[2:])], 1) for old, new in parts))


def evolved(rooms: Rooms, owners: Tensor, first: Sequence[Tensor], plan: Evolution, generator: torch.Generator) -> Search:
    """Ask about populations of these rooms (b,), the `first` rows (n, F) of each filled up with random rows, about their
    children and theirs, by the same draws for all rooms, until each has come to its end.
    """
    if not len(owners):
        return
    living = yield from _first(rooms, owners, [rows[: plan.population] for rows in first], plan.population, generator)
    best = torch.full((len(owners),), torch.inf, dtype=torch.float64, device="cpu")
    for _ in range(plan.generations):
        burden = _burden(rooms, living, plan)
        kept = burden.argsort(dim=1, stable=True)[:, : max(2, plan.population // 2)]
        now = burden.amin(1)
        going = best.isinf() | (now < best - plan.thresh * best.abs())
        if not bool(going.any()):
            return
        living, best = living.kept(going, kept[going]), now[going]
        living = living.joined((yield _children(rooms, living, plan.population, generator)))


def _first(
    rooms: Rooms, owners: Tensor, given: Sequence[Tensor], count: int, generator: torch.Generator
) -> Generator[Ask, Asked, _Living]:
    """Populations of so many rows: those that are given, and random ones with one part changed, two, three, up to all."""
    missing = count - min(map(len, given))
    # Half as many draws as rows: where fewer rows are given they are used again, turned round.
    half = drawn(rooms, count - count // 2, generator)
    draws = torch.cat([half, half.flip(2)], 1)[:, :missing]
    sizes = 1 + torch.arange(missing, device="cpu") % rooms.movable[owners].sum(1, keepdim=True)
    changed = changed_rows(rooms, owners, draws, sizes).rows.view(len(owners), missing, -1)
    whole = [torch.cat([rows.double(), more[: count - len(rows)]]) for rows, more in zip(given, changed, strict=True)]
    asked = yield Ask(torch.cat(whole), owners=owners.repeat_interleave(count))
    none = torch.zeros(len(owners), 0, dtype=torch.float64, device="cpu")
    return _Living(owners, asked.rows[:0].view(len(owners), 0, asked.rows.shape[1]), none, none).joined(asked)


def _burden(rooms: Rooms, living: _Living, plan: Evolution) -> Tensor:
    """(b, n) what selection holds against each row: what it costs and how much it changes, or else how far it is from holding."""
    owners, rows, merits, costs = living
    changed = rooms.changed(rows.flatten(0, 1), owners.repeat_interleave(rows.shape[1]))
    cost = plan.proximity_weight * costs + plan.sparsity_weight * changed.sum(1).double().view(costs.shape)
    worst = cost.amax(1, keepdim=True) + 1
    return torch.where(merits > 0, cost / rooms.movable[owners].sum(1, keepdim=True), worst - merits)


def _children(rooms: Rooms, parents: _Living, count: int, generator: torch.Generator) -> Ask:
    """So many rows for each room: each part from one of two parents, from the row itself, or drawn anew."""
    pairs = torch.randint(parents.rows.shape[1], (count, 2), generator=generator, device="cpu")
    source, shares = drawn(rooms, count, generator)
    every = parents.owners.repeat_interleave(count)
    child = torch.where(rooms.columns(source < FROM_PARENTS / 2), parents.rows[:, pairs[:, 0]], parents.rows[:, pairs[:, 1]])
    from_row = rooms.columns((source >= FROM_PARENTS) & (source < FROM_THE_ROW))
    child = torch.where(from_row, rooms.row[parents.owners, None], child)
    anew = rooms.placed(shares.repeat(len(parents.owners), 1), every).view(child.shape)
    return Ask(torch.where(rooms.columns(source >= FROM_THE_ROW), anew, child).flatten(0, 1), owners=every)
