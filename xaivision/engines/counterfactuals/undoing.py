"""Counterfactuals with nothing in them that is not needed: changes are undone, and numbers taken back toward the input."""

from collections.abc import Generator
from functools import partial

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Ask, Asked, Search, in_helpings
from xaivision.engines.counterfactuals.space import Room

# A search that ends with rows.
Narrowing = Generator[Ask, Asked, Tensor]

# Places between the input and a counterfactual that are asked about at once, and how often that is repeated.
SECTIONS, ROUNDS = 10, 3
# Numbers that are taken back one by one, the dearest first; with more of them they share what there is to gain.
ONE_BY_ONE = 4


def undone(room: Room, rows: Tensor, undoable: Tensor | None = None, rounds: int = 8) -> Search:
    """Ask about these rows (m, F) with fewer and fewer of their changes, as long as the decision holds.

    Every single change is taken back on trial; those that alone are not needed are then taken back together, cheapest harm
    first, as many as it bears. `undoable` (m, A): the changes that may be tried, all of them where None.
    """
    current = rows
    for _ in range(rounds):
        tried = room.changed(current)
        if undoable is not None:
            tried &= undoable
        tried &= (room.changed(current).sum(1) > 1)[:, None]  # the last change is what makes it a counterfactual
        if not bool(tried.any()):
            return
        one = tried.nonzero()
        answered = yield from in_helpings(len(one), len(room.row), partial(_without, room, current, one))
        good = answered.merits > 0
        if not bool(good.any()):
            return
        current = yield from _together(room, current, one[good], answered.merits[good])


def _together(room: Room, current: Tensor, one: Tensor, merits: Tensor) -> Narrowing:
    """The rows without as many of the changes that alone are not needed, pairs (t, 2) of row and part, as they bear."""
    owners: list[int] = []
    fewer: list[Tensor] = []
    for owner in sorted(set(one[:, 0].tolist())):
        mine = one[:, 0] == owner
        order = one[mine, 1][merits[mine].argsort(descending=True, stable=True)]
        kept = room.changed(current[owner : owner + 1])[0]
        for part in order[: int(kept.sum()) - 1].tolist():
            kept = kept.clone()
            kept[part] = False
            fewer.append(kept)
            owners.append(owner)
    numbers, kept_parts = torch.tensor(owners, device="cpu"), torch.stack(fewer)
    asked = yield from in_helpings(len(owners), len(room.row), lambda part: room.mixed(current[numbers[part]], kept_parts[part]))
    out = current.clone()
    for place, holds in enumerate((asked.merits > 0).tolist()):  # those with fewer changes come later
        if holds:
            out[owners[place]] = asked.rows[place]
    return out


def _without(room: Room, current: Tensor, pairs: Tensor, part: slice) -> Tensor:
    """(t, F) each of these rows without one of its changes: a stretch of the pairs (n, 2) of row and part."""
    one = pairs[part]
    kept = room.changed(current)[one[:, 0]]
    kept[torch.arange(len(one), device="cpu"), one[:, 1]] = False
    return room.mixed(current[one[:, 0]], kept)


def tightened(room: Room, rows: Tensor) -> Search:
    """Ask about rows between the input and these (m, F), nearer and nearer, the numbers of a row moved together, then each."""
    current = yield from _along(room, rows, None)
    if not len(room.numbers) or room.space.norm != 1:  # in other norms it is the whole that counts
        return
    for _ in range(ONE_BY_ONE):
        paid = (current[:, room.numbers].double() - room.value[room.numbers]).abs() * room.space.weight[room.numbers]
        mine = (paid > 0).sum(1) > 1  # one number alone is what moving together has done already
        if not bool(mine.any()):
            return
        dearest = paid[mine].argmax(1)
        nearer = yield from _along(room, current[mine], room.numbers[dearest])
        if torch.equal(nearer, current[mine]):
            return
        current = current.clone()
        current[mine] = nearer


def _along(room: Room, rows: Tensor, column: Tensor | None) -> Narrowing:
    """The nearest rows to the input between it and these (m, F) that hold; of each only one `column` (m,) moves where given."""
    moving = torch.zeros(rows.shape, dtype=torch.bool, device="cpu")
    if column is None:
        moving[:, room.numbers] = True
    else:
        moving[torch.arange(len(rows), device="cpu"), column] = True
    end, low = rows.double(), torch.zeros(len(rows), 1, dtype=torch.float64, device="cpu")
    start, high, best = torch.where(moving, room.value, end), torch.ones_like(low), rows
    shares = torch.arange(1, SECTIONS + 1, dtype=torch.float64, device="cpu") / (SECTIONS + 1)
    for _ in range(ROUNDS if len(room.numbers) else 0):
        places = low + (high - low) * shares  # (m, s)
        trials = start[:, None] + places[..., None] * (end - start)[:, None]
        asked = yield Ask(room.rounded(trials.flatten(0, 1)))
        holds = (asked.merits > 0).view(len(rows), SECTIONS)
        first = torch.where(holds.any(1), holds.int().argmax(1), SECTIONS)
        edges = torch.cat([low, places, high], 1)
        low, high = edges.gather(1, first[:, None]), edges.gather(1, first[:, None] + 1)
        found = asked.rows.view(len(rows), SECTIONS, -1)[torch.arange(len(rows), device="cpu"), first.clamp_max(SECTIONS - 1)]
        best = torch.where((first < SECTIONS)[:, None], found, best)
    return best
