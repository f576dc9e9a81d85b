"""Counterfactuals that last, whose whole numbers are whole: rounded, and moved on by steps until they hold again."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Moves of a rounded row until it holds. Numbers that are not whole move by this share of a spread, to see what that gives.
MOVES, PROBE = 8, 1e-3
# A number that is not whole moves this much farther than a straight line says.
BEYOND = 1.001


@dataclass(frozen=True, eq=False)
class Grid:
    """Where a `row` (d,) may go: each column from `low` to `high` (d,), whole numbers where `whole` (d,) says so. `scale`
    (d,): the spread of each column, in which costs are measured.
    """

    row: Tensor
    whole: Tensor
    low: Tensor
    high: Tensor
    scale: Tensor

    def within(self, rows: Tensor) -> Tensor:
        """(m, d) rows within the ranges, with whole numbers where the row is changed."""
        rounded = torch.where(self.whole & (rows != self.row), rows.round(), rows)
        low = torch.where(self.whole, self.low.ceil(), self.low)
        high = torch.where(self.whole, self.high.floor(), self.high)
        kept = (rounded == self.row) | (self.low == self.high)
        return torch.where(kept, rounded, torch.minimum(torch.maximum(rounded, low), high))

    def cost(self, rows: Tensor) -> Tensor:
        """(m,) how far rows are from the row."""
        lengths: Tensor = ((rows - self.row) / self.scale).norm(dim=-1)
        return lengths


def made_whole(place: Tensor, grid: Grid, spare: Callable[[Tensor], Tensor]) -> Tensor:
    """(d,) the cheapest row that was found around a place (d,) with whole numbers and nothing short; the place, rounded, where
    none was. `spare`: (m,) of rows (m, d) what they have more than they must; from zero on they hold.

    From the nearest whole numbers, from those toward the row and from those away from it single columns are moved on.
    """
    away = (place - grid.row).sign()
    starts = [
        torch.where(away > 0, place.floor(), place.ceil()),
        place.round(),
        torch.where(away > 0, place.ceil(), place.floor()),
    ]
    ends = [_moved_on(grid.within(torch.where(grid.whole & (away != 0), start, place)[None])[0], grid, spare) for start in starts]
    rows = torch.stack(ends)
    return rows[torch.where(spare(rows) >= 0, grid.cost(rows), torch.inf).argmin()]


def _moved_on(here: Tensor, grid: Grid, spare: Callable[[Tensor], Tensor]) -> Tensor:
    """The place, or where it comes by moves of one column each, until it holds; the cheapest that does, else what gives most."""
    free = (grid.low < grid.high).nonzero().flatten()
    unit = torch.diag(torch.where(grid.whole, 1.0, PROBE * grid.scale))[free]
    unit = torch.cat([unit, -unit])
    for _ in range(MOVES if len(unit) else 0):
        short = -float(spare(here[None]))
        if short <= 0:
            break
        gains = spare(grid.within(here + unit)) + short
        if not bool((gains > 0).any()):
            break
        times = BEYOND * short / gains[gains > 0]
        tried = unit[gains > 0]
        times = torch.where((tried * grid.whole).any(1), times.ceil(), times)
        rows = grid.within(here + times[:, None] * tried)
        left = spare(rows)
        best = torch.where(left >= 0, grid.cost(rows), torch.inf).argmin() if bool((left >= 0).any()) else left.argmax()
        here = rows[best]
    return here
