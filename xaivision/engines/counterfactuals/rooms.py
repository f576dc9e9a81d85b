"""What several rows of a table may become, asked about together: each operation is done once for all of them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.space import FEW, Room, final_numbers, nearest_pattern, on_steps


class Rooms:
    """Rows (n, F) come with `owners` (n,): of which of the rooms each is. Parts are numbered as in the space they share, and
    `movable` (B, A) says which of them each room may change.
    """

    def __init__(self, rooms: Sequence[Room]) -> None:
        self.each, self.space = list(rooms), rooms[0].space
        self.row = torch.stack([room.row for room in rooms])
        self.value = self.row.double()
        low, high = self.value.clone(), self.value.clone()  # what may not move has one place: its own
        for one_low, one_high, room in zip(low, high, rooms, strict=True):
            one_low[room.numbers], one_high[room.numbers] = room.low, room.high
        # Of each column of numbers its value, its low and its high end.
        self._numbers = torch.stack([part[:, self.space.numbers] for part in (self.value, low, high)], 1)
        moving = torch.stack([room.members.any(0) for room in rooms])
        self.movable = moving[:, self._first_columns]
        self._values, self._others = self._singles()

    def sizes(self) -> Tensor:
        """(B,) how many parts each may change."""
        return self.movable.sum(1)

    def final(self, rows: Tensor, owners: Tensor) -> Tensor:
        """(n, F) the nearest rows that may be, as `Room.final` says."""
        out, rows = self.row[owners], rows.double()
        numbers, few = self.space.numbers, self._few
        if len(numbers):
            value, low, high = self._numbers[owners].unbind(1)
            out[:, numbers] = final_numbers(rows[:, numbers], value, self.space.step[numbers], (low, high)).to(out.dtype)
        if len(few):
            values = self._values[owners]
            nearest = (rows[:, few, None] - values).abs().argmin(-1, keepdim=True)
            out[:, few] = values.gather(2, nearest)[..., 0].to(out.dtype)
        for mine, columns, patterns in self._rest(owners):
            out[mine[:, None], columns] = patterns[nearest_pattern(rows[mine[:, None], columns], patterns)].to(out.dtype)
        return out

    def placed(self, shares: Tensor, owners: Tensor) -> Tensor:
        """(n, F) float64 rows with every movable part somewhere: `shares` (n, A) from 0 to 1 of the way from the low to the high
        end of numbers, and through the patterns other than the row's own.
        """
        out, numbers, few = self.value[owners], self.space.numbers, self._few
        _, low, high = self._numbers[owners].unbind(1)
        out[:, numbers] = low + shares[:, : len(numbers)] * (high - low)
        if len(few):
            others = self._others[owners]  # the first value is the row's own, and the only one of a part that may not change
            chosen = 1 + torch.minimum((shares[:, self._few_parts] * others).long(), others - 1)
            out[:, few] = self._values[owners].gather(2, chosen[..., None])[..., 0]
        for mine, columns, patterns in self._rest(owners):
            share = shares[mine, int((self._first_columns == columns[0]).nonzero())]
            out[mine[:, None], columns] = patterns[1 + (share * (len(patterns) - 1)).long().clamp_max(len(patterns) - 2)]
        return out

    def rounded(self, rows: Tensor, owners: Tensor) -> Tensor:
        """(n, F) float64 rows whose numbers, where they differ from their room's, have no more digits than say anything."""
        rows, fine = rows.double(), self.space.fine
        return rows if fine is None else torch.where(rows == self.value[owners], rows, on_steps(rows, fine, torch.round))

    def changed(self, rows: Tensor, owners: Tensor) -> Tensor:
        """(n, A) whether each part differs from the room's own."""
        other = rows != self.row[owners]
        if self._alone:
            return other[:, self._first_columns]
        return (other.float() @ self.space.members.T.float()) > 0

    def columns(self, parts: Tensor) -> Tensor:
        """(..., F) the columns of these parts (..., A)."""
        if self._alone:
            out = torch.zeros_like(parts)
            out[..., self._first_columns] = parts
            return out
        return (parts.float() @ self.space.members.float()) > 0

    def mixed(self, rows: Tensor, kept: Tensor, owners: Tensor) -> Tensor:
        """(n, F) rows with the changes of the `kept` (n, A) parts only."""
        return torch.where(self.columns(kept), rows, self.row[owners])

    def cost(self, rows: Tensor, owners: Tensor) -> Tensor:
        """(n,) float64 what it costs to become these rows."""
        return self.space.apart(self.row[owners], rows)

    def first_drawn(self, draws: Tensor, owners: Tensor) -> Tensor:
        """(b, n, A) the place of each part in an order that draws (n, A) say, movable ones first, for each of the rooms (b,)."""
        kinds, which = self.movable[owners].unique(dim=0, return_inverse=True)  # type: ignore[no-untyped-call]  # mostly one
        keys = torch.where(kinds[:, None], draws, torch.inf)
        places: Tensor = keys.argsort(-1).argsort(-1)[which]
        return places

    @cached_property
    def _first_columns(self) -> Tensor:
        """(A,) the first column of each part, as it is numbered."""
        patterned = [part.columns[0] for part in self.space.parts if part.patterns is not None]
        return torch.cat([self.space.numbers, torch.tensor(patterned, dtype=torch.int64, device="cpu")])

    @cached_property
    def _alone(self) -> bool:
        """Whether every part has one column, and every column is of one."""
        return len(self._first_columns) == self.row.shape[1]

    @cached_property
    def _few(self) -> Tensor:
        """Columns with patterns of their own that are looked at together: those with few."""
        few = set(self.space.swapped.tolist())
        for room in self.each:
            few -= {int(columns[0]) for columns, patterns in room.choices if len(patterns) > FEW}
        return torch.tensor([column for column in self.space.swapped.tolist() if column in few], dtype=torch.int64, device="cpu")

    @cached_property
    def _few_parts(self) -> Tensor:
        """The numbers of their parts."""
        parts = {column: part for part, column in enumerate(self._first_columns.tolist())}
        return torch.tensor([parts[column] for column in self._few.tolist()], dtype=torch.int64, device="cpu")

    def _singles(self) -> tuple[Tensor, Tensor]:
        """(B, C, P) the values of those columns, each room's own first, infinite beyond its last; (B, C) how many others."""
        places = {column: place for place, column in enumerate(self._few.tolist())}
        mine = [
            [(places[int(columns[0])], patterns[:, 0]) for columns, patterns in room.choices if int(columns[0]) in places]
            for room in self.each
        ]
        most = max([1, *(len(patterns) for room in mine for _, patterns in room)])
        values = torch.full((len(mine), len(places), most), torch.inf, dtype=torch.float64, device="cpu")
        values[..., 0] = self.value[:, self._few]
        others = torch.zeros(values.shape[:2], dtype=torch.int64, device="cpu")
        for number, room in enumerate(mine):
            for place, patterns in room:
                values[number, place, : len(patterns)], others[number, place] = patterns, len(patterns) - 1
        return values, others

    def _rest(self, owners: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Of each room the numbers of its rows, and the columns and patterns of a choice that is looked at by itself."""
        few = set(self._few.tolist())
        for owner in owners.unique().tolist() if self._alone_rest else ():  # type: ignore[no-untyped-call]
            mine = (owners == owner).nonzero().flatten()
            for columns, patterns in self.each[owner].choices:
                if len(columns) > 1 or int(columns[0]) not in few:
                    yield mine, columns, patterns

    @cached_property
    def _alone_rest(self) -> bool:
        """Whether there is any such choice."""
        return len(self._few) < len(self._first_columns) - len(self.space.numbers)


def by_owner(functions: Sequence[Callable[[Tensor], Tensor]]) -> Callable[[Tensor, Tensor], Tensor]:
    """A function of rows (n, F) and their owners (n,) that gives each owner's rows to its own."""

    def applied(rows: Tensor, owners: Tensor) -> Tensor:
        numbers = owners.unique().tolist()  # type: ignore[no-untyped-call]
        if len(numbers) <= 1:
            return functions[numbers[0] if numbers else 0](rows)
        given = [(owners == number).nonzero().flatten() for number in numbers]
        made = torch.cat([functions[number](rows[mine]) for number, mine in zip(numbers, given, strict=True)])
        return made[torch.cat(given).argsort()]

    return applied
