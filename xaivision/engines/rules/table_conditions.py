"""Conditions that a row meets, column by column, and rows drawn from known ones that meet some of them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Bounds(NamedTuple):
    """`low` < value <= `high` of one column."""

    column: int
    low: float
    high: float

    def holds(self, values: Tensor) -> Tensor:
        """Which values meet it."""
        return (values > self.low) & (values <= self.high)


def conditions_of(row: Tensor, background: Tensor, cuts: Sequence[Sequence[float]], categorical: Sequence[int]) -> list[Bounds]:
    """What is true of the row (F,): its category; of numbers every one of the column's `cuts` that it is above, or not above.
    A condition that all rows of the background (n, F) meet says nothing, and is left out.
    """
    table, found = background.double().cpu(), []
    for column, value in enumerate(row.double().cpu().tolist()):
        if column in categorical:
            found.append(Bounds(column, value - 0.5, value + 0.5))
            continue
        for cut in sorted(set(cuts[column])):
            found.append(Bounds(column, -torch.inf, cut) if value <= cut else Bounds(column, cut, torch.inf))
    return [one for one in found if not bool(one.holds(table[:, one.column]).all())]


def joined(conditions: Sequence[Bounds]) -> list[Bounds]:
    """One condition a column that says the same."""
    columns: dict[int, Bounds] = {}
    for one in conditions:
        known = columns.get(one.column, Bounds(one.column, -torch.inf, torch.inf))
        columns[one.column] = Bounds(one.column, max(known.low, one.low), min(known.high, one.high))
    return [columns[column] for column in sorted(columns)]


def rows_that_meet(
    conditions: Sequence[Bounds], background: Tensor, own: Tensor, count: int, generator: torch.Generator
) -> Tensor:
    """(count, F) known rows drawn with repeats; a value that misses its condition is replaced by one that meets it, drawn from
    the known values of its column, or by the row's `own` (F,) where no known value does.
    """
    return KnownValues(background, own).drawn([conditions], [count], generator)


def sorted_columns(background: Tensor) -> Tensor:
    """(F, n) the values of each column of a background (n, F), smallest first."""
    return background.T.contiguous().sort(dim=1).values


class KnownValues:
    """The values of a `background` (n, F), sorted column by column, around a row with values of its `own` (F,). `ordered`: these
    sorted columns, where they are known already.
    """

    def __init__(self, background: Tensor, own: Tensor, ordered: Tensor | None = None) -> None:
        self.background, self.own = background, own
        self._sorted = sorted_columns(background) if ordered is None else ordered

    def drawn(self, conditions: Sequence[Sequence[Bounds]], counts: Sequence[int], generator: torch.Generator) -> Tensor:
        """(sum of counts, F) rows drawn as above, so many of them for each of these conjunctions, one after the other.

        All conjunctions start from the same known rows, and draw what fits by the same chance: which of them is better shows in
        far fewer draws than with rows of their own.
        """
        most = max(counts)
        which = torch.cat([torch.arange(count, device="cpu") for count in counts])
        rows = self.background[torch.randint(len(self.background), (most,), generator=generator, device="cpu")][which]
        for column, ends in _ends(conditions).items():
            low, high = ends.repeat_interleave(torch.tensor(counts, device="cpu"), dim=1)
            # What lies within is a stretch of the sorted values.
            start, end = (torch.searchsorted(self._sorted[column].double(), bound, right=True) for bound in (low, high))
            draws = torch.rand(most, generator=generator, dtype=torch.float64, device="cpu")[which]
            place = start + (draws * (end - start)).long()
            fitting = self._sorted[column][place.clamp_max(len(self.background) - 1)]
            fitting = torch.where(end > start, fitting, self.own[column])
            value = rows[:, column].double()
            rows[:, column] = torch.where((value > low) & (value <= high), rows[:, column], fitting)
        return rows


def _ends(conditions: Sequence[Sequence[Bounds]]) -> dict[int, Tensor]:
    """For each column that is named (2, A): its lower and upper end in each of the conjunctions."""
    ends: dict[int, Tensor] = {}
    for place, every in enumerate(conditions):
        for column, low, high in joined(every):
            if column not in ends:
                ends[column] = torch.tensor([[-torch.inf], [torch.inf]], dtype=torch.float64, device="cpu").repeat(
                    1, len(conditions)
                )
            ends[column][0, place], ends[column][1, place] = low, high
    return {column: ends[column] for column in sorted(ends)}
