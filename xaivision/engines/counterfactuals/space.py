"""What a row of a table may become: ranges, steps and directions of its columns, and columns that change as one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

# Columns with up to so many patterns are looked at together, each with as much room as the one with most.
FEW = 64


class Part(NamedTuple):
    """Columns that change together, and the joint `patterns` (P, n) they may take; None for one column of numbers."""

    columns: tuple[int, ...]
    patterns: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Space:
    """All (F,) float64 on the CPU. A number may move to multiples of `step` (0: anywhere) from `low` to `high`.

    `direction` is 1 where a value may only rise, -1 where it may only fall, else 0; `free` says whether it may change at all.
    `weight` is the cost of one unit of change of a number; a part with patterns costs the weight of its first column, whatever
    it changes to. Costs of parts add up by `norm`: 1 their sum, 2 the root of their squares, infinite the largest.
    `fine`: what searches that make up numbers of their own round them to; known values may lie between.
    """

    low: Tensor
    high: Tensor
    step: Tensor
    direction: Tensor
    free: Tensor
    weight: Tensor
    parts: tuple[Part, ...]
    norm: float = 1.0
    dtype: torch.dtype = torch.float32
    fine: Tensor | None = None

    def __post_init__(self) -> None:
        # The ends as the rows can hold them: a float32 row cannot lie on a float64 end.
        object.__setattr__(self, "low", self.low.to(self.dtype).double())
        object.__setattr__(self, "high", self.high.to(self.dtype).double())

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """(n, m) float64 what changing each of the first rows (n, F) into each of the second (m, F) costs."""
        return self.apart(first[:, None], second[None])

    def apart(self, first: Tensor, second: Tensor) -> Tensor:
        """(...) float64 what changing rows (..., F) into others costs, each into its own."""
        pieces = self.pieces(first, second)
        if self.norm == torch.inf:
            return pieces.amax(-1)
        return pieces.sum(-1) if self.norm == 1 else pieces.pow(self.norm).sum(-1).pow(1 / self.norm)

    def pieces(self, first: Tensor, second: Tensor) -> Tensor:
        """(..., P) what each part adds to that; where a column is a part of its own it has its own place, all others add none."""
        moved = (second.double() - first.double()).abs() * self._prices[0]
        if len(self.swapped):  # all at once: one by one they would take most of a search in tables of categories
            moved += (first != second) * self._prices[1]
        linked = [part for part in self.parts if len(part.columns) > 1]
        for part in linked:
            other = (first[..., part.columns] != second[..., part.columns]).any(-1)
            moved[..., part.columns[0]] += other.double() * self.weight[part.columns[0]]
        return moved

    @cached_property
    def _prices(self) -> Tensor:
        """(2, F) what a unit of change costs of numbers that are parts of their own, and any change of single patterns."""
        prices = torch.zeros(2, len(self.weight), dtype=torch.float64, device="cpu")
        prices[0, self.numbers], prices[1, self.swapped] = self.weight[self.numbers], self.weight[self.swapped]
        return prices

    @cached_property
    def members(self) -> Tensor:
        """(A, F) which columns belong to each part: columns of numbers first, then parts with patterns."""
        patterned = [part.columns for part in self.parts if part.patterns is not None]
        members = torch.zeros(len(self.numbers) + len(patterned), len(self.low), dtype=torch.bool, device="cpu")
        members[torch.arange(len(self.numbers), device="cpu"), self.numbers] = True
        for place, columns in enumerate(patterned, len(self.numbers)):
            members[place, columns] = True
        return members

    @cached_property
    def swapped(self) -> Tensor:
        """Columns with patterns that are parts of their own."""
        alone = [part.columns[0] for part in self.parts if part.patterns is not None and len(part.columns) == 1]
        return torch.tensor(alone, dtype=torch.int64, device="cpu")

    @cached_property
    def numbers(self) -> Tensor:
        """Columns of numbers that are parts of their own."""
        alone = [part.columns[0] for part in self.parts if part.patterns is None]
        return torch.tensor(alone, dtype=torch.int64, device="cpu")


class _Single(NamedTuple):
    """Columns (C,) with patterns of their own: their `places` among a room's choices, their `values` (C, P), infinite where a
    column has fewer, and how many (C,) each has beside the row's own, which is the first.
    """

    columns: Tensor
    places: Tensor
    values: Tensor
    others: Tensor

    def at(self, numbers: Tensor) -> Tensor:
        """(n, C) the values of these numbers (n, C)."""
        return self.values[torch.arange(len(self.columns), device="cpu"), numbers]


class Room:
    """What one `row` (F,) may become. Its movable parts are numbered: columns of numbers first, then those with patterns."""

    def __init__(self, space: Space, row: Tensor) -> None:
        self.space = space
        self.row = row.detach().cpu().to(space.dtype)
        self.value = self.row.double()
        low = torch.where(space.direction > 0, torch.maximum(space.low, self.value), space.low)
        high = torch.where(space.direction < 0, torch.minimum(space.high, self.value), space.high)
        low, high = on_steps(low, space.step, torch.ceil), on_steps(high, space.step, torch.floor)
        # A column whose only place is the one it has cannot move.
        movable = space.free & (low <= high) & ~((low == high) & (low == self.value))
        self.numbers = space.numbers[movable[space.numbers]]
        self.low, self.high = low[self.numbers], high[self.numbers]
        self.choices = [choice for part in space.parts if (choice := self._choice(part)) is not None]
        self.members = self._members()
        few = [place for place, (_, patterns) in enumerate(self.choices) if patterns.shape[1] == 1 and len(patterns) <= FEW]
        self._single = self._singles(few)
        self._others = [(place, *choice) for place, choice in enumerate(self.choices) if place not in few]

    def __len__(self) -> int:
        """How many parts may change."""
        return len(self.members)

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """The columns of each movable part."""
        return tuple(tuple(row.nonzero().flatten().tolist()) for row in self.members)

    def final(self, rows: Tensor) -> Tensor:
        """(n, F) the nearest rows that may be: in range and direction, on the steps, of known patterns, in the rows' dtype."""
        out = self.row.repeat(len(rows), 1)
        rows = rows.double()
        if len(self.numbers):
            value, step = self.value[self.numbers], self.space.step[self.numbers]
            out[:, self.numbers] = final_numbers(rows[:, self.numbers], value, step, (self.low, self.high)).to(out.dtype)
        if len(self._single.columns):
            away = (rows[:, self._single.columns, None] - self._single.values).abs()
            out[:, self._single.columns] = self._single.at(away.argmin(-1)).to(out.dtype)
        for _, columns, patterns in self._others:
            out[:, columns] = patterns[nearest_pattern(rows[:, columns], patterns)].to(out.dtype)
        return out

    def rounded(self, rows: Tensor) -> Tensor:
        """(n, F) float64 rows whose numbers, where they differ from the row's, have no more digits than say anything."""
        rows = rows.double()
        if self.space.fine is None:
            return rows
        return torch.where(rows == self.value, rows, on_steps(rows, self.space.fine, torch.round))

    def changed(self, rows: Tensor) -> Tensor:
        """(n, A) whether each movable part differs from the row's."""
        return ((rows != self.row).float() @ self.members.T.float()) > 0

    def mixed(self, rows: Tensor, kept: Tensor) -> Tensor:
        """(n, F) rows with the changes of the `kept` (n, A) parts only."""
        taken = (kept.float() @ self.members.float()) > 0
        return torch.where(taken, rows, self.row)

    def cost(self, rows: Tensor) -> Tensor:
        """(n,) float64 what it costs to become these rows."""
        return self.space.between(self.row[None], rows)[0]

    def drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """(count, F) rows with every movable part anywhere: numbers evenly over their range, patterns evenly."""
        out = self.value.repeat(count, 1)
        draws = torch.rand(count, len(self), generator=generator, dtype=torch.float64, device="cpu")
        out[:, self.numbers] = self.low + draws[:, : len(self.numbers)] * (self.high - self.low)
        places, single = draws[:, len(self.numbers) :], self._single  # the first pattern is the row's own
        chosen = 1 + torch.minimum((places[:, single.places] * single.others).long(), single.others - 1)
        out[:, single.columns] = single.at(chosen)
        for place, columns, patterns in self._others:
            others = len(patterns) - 1
            out[:, columns] = patterns[1 + (places[:, place] * others).long().clamp_max(others - 1)]
        return out

    def farthest(self) -> Tensor:
        """(A,) what each movable part can cost at most."""
        reach = torch.maximum((self.high - self.value[self.numbers]).abs(), (self.low - self.value[self.numbers]).abs())
        costs = [self.space.weight[columns[0]] for columns, _ in self.choices]
        return torch.cat([reach * self.space.weight[self.numbers], torch.stack(costs) if costs else reach[:0]])

    def _choice(self, part: Part) -> tuple[Tensor, Tensor] | None:
        """The columns of a part with patterns and those it may take, its own first; None where there is no other."""
        if part.patterns is None:
            return None
        columns = torch.tensor(part.columns, dtype=torch.int64, device="cpu")
        own, s = self.value[columns], self.space
        moved = part.patterns - own
        allowed = (moved == 0) | (
            s.free[columns]
            & (part.patterns >= s.low[columns])
            & (part.patterns <= s.high[columns])
            & (moved * s.direction[columns] >= 0)
        )
        others = part.patterns[allowed.all(1) & (moved != 0).any(1)]
        return (columns, torch.cat([own[None], others])) if len(others) else None

    def _singles(self, places: list[int]) -> _Single:
        choices = [self.choices[place] for place in places]
        count = torch.tensor([len(patterns) for _, patterns in choices], dtype=torch.int64, device="cpu")
        values = torch.full((len(choices), max([1, *count.tolist()])), torch.inf, dtype=torch.float64, device="cpu")
        for row, (_, patterns) in zip(values, choices, strict=True):
            row[: len(patterns)] = patterns[:, 0]
        columns = torch.tensor([int(columns[0]) for columns, _ in choices], dtype=torch.int64, device="cpu")
        return _Single(columns, torch.tensor(places, dtype=torch.int64, device="cpu"), values, count - 1)

    def _members(self) -> Tensor:
        """(A, F) which columns belong to each movable part."""
        members = torch.zeros(len(self.numbers) + len(self.choices), len(self.row), dtype=torch.bool, device="cpu")
        members[torch.arange(len(self.numbers), device="cpu"), self.numbers] = True
        for place, (columns, _) in enumerate(self.choices, len(self.numbers)):
            members[place, columns] = True
        return members


def final_numbers(given: Tensor, value: Tensor, step: Tensor, ends: tuple[Tensor, Tensor]) -> Tensor:
    """Numbers that were given in the place of each `value`, on the steps and between the ends; or the value, where they stay."""
    moved = torch.minimum(torch.maximum(on_steps(given, step, torch.round), ends[0]), ends[1])
    # A value that stays is always allowed, off the steps and out of range too.
    stays = (given - value).abs() <= step / 2 * (moved - value).abs().clamp_max(1)
    return torch.where(stays, value, moved)


def on_steps(values: Tensor, step: Tensor, rounded: Callable[[Tensor], Tensor]) -> Tensor:
    """The values on multiples of their step; as they are where it is 0. What lies on one but for rounding stays there."""
    size = torch.where(step > 0, step, 1.0)
    scaled = values / size
    whole = scaled.round()
    if rounded is not torch.round:
        whole = torch.where((whole * size - values).abs() <= 1e-6 * size, whole, rounded(scaled))
    return torch.where(step > 0, whole * size, values)


def nearest_pattern(given: Tensor, patterns: Tensor) -> Tensor:
    """(n,) the number of the nearest pattern, each column in units of its spread over the patterns."""
    spread = patterns.amax(0) - patterns.amin(0)
    spread = torch.where(spread > 0, spread, torch.inf)  # where all patterns agree nothing is to be told apart
    return torch.cdist(given / spread, patterns / spread).argmin(1)
