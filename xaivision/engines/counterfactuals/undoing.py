"""Counterfactuals with nothing in them that is not needed: changes are undone, and numbers taken back toward the input."""

from collections.abc import Generator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.rooms import Rooms
from xaivision.engines.counterfactuals.searching import Ask, Asked, Search, in_helpings, places_within
from xaivision.engines.counterfactuals.space import Room

# A search that ends with rows, or with which of its own they are.
Narrowing = Generator[Ask, Asked, Tensor]

# Places between the input and a counterfactual that are asked about at once, and how often that is repeated for all numbers of
# a row together, and for one by itself: a call of a model costs much, and a row of it little.
SECTIONS, TOGETHER, BY_ITSELF = 10, 2, 1
# Numbers that are taken back one by one, the dearest first; with more of them they share what there is to gain.
ONE_BY_ONE = 4


class Rows(NamedTuple):
    """Rows (m, F) of these rooms, and of which of them each is (m,)."""

    rooms: Rooms
    rows: Tensor
    owners: Tensor

    def taken(self, places: Tensor) -> "Rows":
        """Those at these places."""
        return Rows(self.rooms, self.rows[places], self.owners[places])


def alone(room: Room, rows: Tensor) -> Rows:
    """Rows (m, F) of one room."""
    return Rows(Rooms([room]), rows, torch.zeros(len(rows), dtype=torch.int64, device="cpu"))


def undone(rows: Rows, undoable: Tensor | None = None, rounds: int = 8) -> Narrowing:
    """Ask about these rows with fewer and fewer of their changes, as long as the decision holds; (m,) which of them bear that.

    Every single change is taken back on trial; those that alone are not needed are then taken back together, cheapest harm
    first, as many as it bears. `undoable` (m, A): the changes that may be tried, all of them where None.
    """
    idle = torch.zeros(len(rows.rows), dtype=torch.bool, device="cpu")
    for turn in range(rounds):
        changed = rows.rooms.changed(rows.rows, rows.owners)
        tried = changed if undoable is None else changed & undoable
        tried = tried & (changed.sum(1) > 1)[:, None]  # the last change is what makes it a counterfactual
        if not bool(tried.any()):
            break
        pairs = tried.nonzero()
        made = partial(_without, rows, changed, pairs)
        answered = yield from in_helpings(len(pairs), rows.rows.shape[1], made, rows.owners[pairs[:, 0]])
        good = answered.merits > 0
        if not bool(good.any()):
            break
        fewer = yield from _together(rows, changed, pairs[good], answered.merits[good])
        moved = torch.zeros(len(fewer), dtype=torch.bool, device="cpu")
        moved[pairs[good][:, 0]] = True  # of the others nothing can be undone, now or later
        idle = idle if turn else moved
        rows = rows._replace(rows=fewer).taken(moved)
        undoable = None if undoable is None else undoable[moved]
    return idle


def _without(rows: Rows, changed: Tensor, pairs: Tensor, part: slice) -> Tensor:
    """(t, F) each of these rows without one of its changes: a stretch of the pairs (n, 2) of row and part."""
    numbers, parts = pairs[part].T
    kept = changed[numbers]
    kept[torch.arange(len(kept), device="cpu"), parts] = False
    return rows.rooms.mixed(rows.rows[numbers], kept, rows.owners[numbers])


def _together(rows: Rows, changed: Tensor, pairs: Tensor, merits: Tensor) -> Narrowing:
    """The rows without as many of the changes that alone are not needed, pairs (t, 2) of row and part, as they bear."""
    pairs = pairs[merits.argsort(descending=True, stable=True)]
    place = places_within(pairs[:, 0])
    turn = torch.full(changed.shape, changed.shape[1], device="cpu")  # when each change is taken back: never, where it is needed
    turn[pairs[:, 0], pairs[:, 1]] = place
    bears = place < changed.sum(1)[pairs[:, 0]] - 1
    numbers, last = pairs[bears, 0], place[bears]

    def made(part: slice) -> Tensor:
        mine = numbers[part]
        return rows.rooms.mixed(rows.rows[mine], changed[mine] & (turn[mine] > last[part, None]), rows.owners[mine])

    asked = yield from in_helpings(len(numbers), rows.rows.shape[1], made, rows.owners[numbers])
    holds = asked.merits > 0
    most = torch.full((len(changed),), -1, device="cpu").scatter_reduce(0, numbers[holds], last[holds], "amax")
    best = holds & (last == most[numbers])
    out = rows.rows.clone()
    out[numbers[best]] = asked.rows[best]
    return out


def tightened(rows: Rows) -> Search:
    """Ask about rows between the input and these, nearer and nearer, the numbers of a row moved together, then each."""
    space = rows.rooms.space
    rows = rows._replace(rows=(yield from _along(rows, None)))
    if not len(space.numbers) or space.norm != 1:  # in other norms it is the whole that counts
        return
    for _ in range(ONE_BY_ONE):
        moved = (rows.rows.double() - rows.rooms.value[rows.owners]).abs()[:, space.numbers]
        paid = moved * space.weight[space.numbers]
        several = (paid > 0).sum(1) > 1  # one number alone is what moving together has done already
        if not bool(several.any()):
            return
        rows = rows.taken(several)
        before, dearest = rows.rows, space.numbers[paid[several].argmax(1)]
        rows = rows._replace(rows=(yield from _along(rows, dearest)))
        rows = rows.taken((rows.rows != before).any(1))  # where the dearest bears nothing it would be tried again


def _along(rows: Rows, column: Tensor | None) -> Narrowing:
    """The nearest rows to the input between it and these that hold; of each only one `column` (m,) moves where given."""
    rooms, given, owners = rows
    moving = torch.zeros(given.shape, dtype=torch.bool, device="cpu")
    if column is None:
        moving[:, rooms.space.numbers] = True
    else:
        moving[torch.arange(len(given), device="cpu"), column] = True
    end, low = given.double(), torch.zeros(len(given), 1, dtype=torch.float64, device="cpu")
    start, high, best = torch.where(moving, rooms.value[owners], end), torch.ones_like(low), given
    short = over = torch.full_like(low, torch.nan)  # the merits at these two, where they are known
    every = owners.repeat_interleave(SECTIONS)
    rounds = TOGETHER if column is None else BY_ITSELF
    for _ in range(rounds if len(rooms.space.numbers) else 0):
        places = low + (high - low) * _sections(short, over)  # (m, s)
        trials = start[:, None] + places[..., None] * (end - start)[:, None]
        asked = yield Ask(rooms.rounded(trials.flatten(0, 1), every), owners=every)
        merits = asked.merits.view(len(given), SECTIONS)
        holds = merits > 0
        first = torch.where(holds.any(1), holds.int().argmax(1), SECTIONS)
        edges, told = torch.cat([low, places, high], 1), torch.cat([short, merits, over], 1)
        low, high = edges.gather(1, first[:, None]), edges.gather(1, first[:, None] + 1)
        short, over = told.gather(1, first[:, None]), told.gather(1, first[:, None] + 1)
        found = asked.rows.view(len(given), SECTIONS, -1)[torch.arange(len(given), device="cpu"), first.clamp_max(SECTIONS - 1)]
        best = torch.where((first < SECTIONS)[:, None], found, best)
    return best


def _sections(short: Tensor, over: Tensor) -> Tensor:
    """(m, SECTIONS) shares of the ways between places with these merits (m, 1), the first of which do not hold: evenly where one
    is not known, and else closest together where the border is if the merit changes evenly.
    """
    even = torch.arange(1, SECTIONS + 1, dtype=torch.float64, device="cpu") / (SECTIONS + 1)
    straight, away = short / (short - over), (2 * even - 1).pow(3)
    return torch.where(straight.isnan(), even, straight + away * torch.where(away < 0, straight, 1 - straight))
