"""Edits of a picture's code: each tried by itself, then added one to the other, the most helpful first."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Ask, Asked, Search
from xaivision.engines.counterfactuals.space import Room

# A number that moves by less than this share of its range has not moved.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Edits:
    """Numbers are tried at `levels` places on either side, and at `across` places from low to high; in each round the `width`
    most helpful edits are tried on top of those that were taken, of which there are `most` in the end. `barred` (A,): parts that
    stay as they are. `surer`: the helpful edits are tried all together also where one of them is enough.
    """

    most: int
    levels: int = 2
    across: int = 0
    width: int = 32
    barred: Tensor | None = None
    surer: bool = False


class _Tried(NamedTuple):
    """Rows (n, F) with one edit each, the part (n,) it is of, and how much it helps (n,)."""

    rows: Tensor
    parts: Tensor
    gains: Tensor


def greedy_edits(room: Room, plan: Edits) -> Search:
    """Ask about every single edit, about the helpful ones all together in their order, then about the best pair, three, ...

    It draws nothing. The helpful ones together find what many small edits do; one by one finds the few that do.
    """
    rows, parts = _single(room, plan)
    if not len(rows):
        return
    asked = yield Ask(torch.cat([room.row[None].double(), rows]))
    tried = _best_of_parts(_Tried(asked.rows[1:], parts, asked.merits[1:] - asked.merits[0]))
    enough = bool((asked.merits > 0).any())
    if plan.surer or not enough:
        yield Ask(_cumulated(room, tried))
    if not enough:
        yield from _one_by_one(room, tried, plan, asked.merits[0])


def _single(room: Room, plan: Edits) -> tuple[Tensor, Tensor]:
    """(n, F) rows with one part changed each, and the part (n,)."""
    rows, parts = [], []
    for part, column in enumerate(room.numbers.tolist()):
        for place in _places(float(room.value[column]), (float(room.low[part]), float(room.high[part])), plan):
            rows.append(room.value.clone())
            rows[-1][column] = place
            parts.append(part)
    for part, (columns, patterns) in enumerate(room.choices, len(room.numbers)):
        for pattern in patterns[1:]:  # the first is the row's own
            rows.append(room.value.clone())
            rows[-1][columns] = pattern
            parts.append(part)
    numbers = torch.tensor(parts, dtype=torch.int64, device="cpu")
    open_ = torch.ones(len(parts), dtype=torch.bool, device="cpu") if plan.barred is None else ~plan.barred[numbers]
    return torch.stack([room.value, *rows])[1:][open_], numbers[open_]


def _places(value: float, ends: tuple[float, float], plan: Edits) -> list[float]:
    """Where a number is tried that has this value, and may go from one end to the other."""
    sides = [value + (end - value) * level / plan.levels for end in ends if end != value for level in range(1, plan.levels + 1)]
    along = torch.linspace(*ends, plan.across, dtype=torch.float64, device="cpu").tolist()
    still = ROUNDING * (ends[1] - ends[0])
    return [*sides, *(place for place in along if abs(place - value) > still)]


def _best_of_parts(tried: _Tried) -> _Tried:
    """The most helpful edit of each part, most helpful first; those that do not help at the end."""
    first: dict[int, int] = {}
    for place in tried.gains.argsort(descending=True, stable=True).tolist():
        first.setdefault(int(tried.parts[place]), place)
    chosen = torch.tensor(list(first.values()), device="cpu")
    return _Tried(tried.rows[chosen], tried.parts[chosen], tried.gains[chosen])


def _cumulated(room: Room, tried: _Tried) -> Tensor:
    """(n, F) the best edit, the best two, the best three, ... of those that help."""
    helpful = max(1, int((tried.gains > 0).sum()))
    rows, current = [], room.row.clone()
    for row, part in zip(tried.rows[:helpful], tried.parts[:helpful].tolist(), strict=True):
        current = _with(room, current[None], row, part)[0]
        rows.append(current)
    return torch.stack(rows)


def _one_by_one(room: Room, tried: _Tried, plan: Edits, merit: Tensor) -> Search:
    """Ask about what is reached with one edit more, and one more, as long as it helps and the class is not reached."""
    rows, parts = tried.rows[: plan.width], tried.parts[: plan.width].tolist()
    current, best = room.row, merit
    for _ in range(min(plan.most, len(parts))):
        asked: Asked = yield Ask(
            torch.cat([_with(room, current[None], row, part) for row, part in zip(rows, parts, strict=True)])
        )
        place = int(asked.merits.argmax())
        if not asked.merits[place] > best:
            return
        current, best = asked.rows[place], asked.merits[place]
        if best > 0:
            return


def _with(room: Room, rows: Tensor, edited: Tensor, part: int) -> Tensor:
    """The rows (n, F) with this part of an edited row (F,)."""
    return torch.where(room.members[part], edited, rows)
