"""Conditions that a row meets, column by column, and rows drawn from known ones that meet some of them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

QUARTILES = (0.25, 0.5, 0.75)


class Bounds(NamedTuple):
    """`low` < value <= `high` of one column."""

    column: int
    low: float
    high: float

    def holds(self, values: Tensor) -> Tensor:
        """Which values meet it."""
        return (values > self.low) & (values <= self.high)


def conditions_of(row: Tensor, background: Tensor, categorical: Sequence[int]) -> list[Bounds]:
    """What is true of the row (F,): its category; of numbers every quartile of the background (n, F) that it is above, or not
    above. A condition that all known rows meet says nothing, and is left out.
    """
    table, found = background.double().cpu(), []
    for column, value in enumerate(row.double().cpu().tolist()):
        if column in categorical:
            found.append(Bounds(column, value - 0.5, value + 0.5))
            continue
        cuts = torch.quantile(table[:, column], torch.tensor(QUARTILES, dtype=torch.float64, device="cpu"))
        for cut in sorted(set(cuts.tolist())):
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
    rows = background[torch.randint(len(background), (count,), generator=generator, device="cpu")].clone()
    for one in joined(conditions):
        values = background[:, one.column]
        meeting = values[one.holds(values.double())]
        drawn = torch.randint(max(1, len(meeting)), (count,), generator=generator, device="cpu")
        fitting = meeting[drawn] if len(meeting) else own[one.column].expand(count)
        rows[:, one.column] = torch.where(one.holds(rows[:, one.column].double()), rows[:, one.column], fitting)
    return rows
