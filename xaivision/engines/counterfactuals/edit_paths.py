"""Ways over the border edit by edit: rows with few values of known cases, and the order in which their changes are told.

Source: the decision boundary of Hase and Bansal, Evaluating explainable AI, ACL 2020, arXiv:2005.01831.
"""

from collections.abc import Generator
from functools import partial

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Ask, Asked, Search, in_helpings
from xaivision.engines.counterfactuals.space import Room

# In how many helpings the rows are asked about, so that a limit of time falls between them.
HELPINGS = 4
# A search that ends with rows.
Path = Generator[Ask, Asked, Tensor]


def few_edits(room: Room, cases: Tensor, samples: int, most_edits: int, generator: torch.Generator) -> Search:
    """Ask about `samples` rows with 1 to `most_edits` parts, as often each, taken from one of the `cases` (n, F) at a time."""
    if not len(room) or not len(cases):
        return
    for helping in range(HELPINGS):
        count = samples // HELPINGS + (helping < samples % HELPINGS)
        if count:
            yield from in_helpings(count, len(room.row), partial(_edited, room, cases, most_edits, generator))


def _edited(room: Room, cases: Tensor, most_edits: int, generator: torch.Generator, part: slice) -> Tensor:
    """(n, F) rows of a stretch, each with the values of one case in 1 to `most_edits` parts that are otherwise in the case."""
    count = part.stop - part.start
    taken = room.final(cases[torch.randint(len(cases), (count,), generator=generator, device="cpu")])
    sizes = torch.randint(1, min(most_edits, len(room)) + 1, (count, 1), generator=generator, device="cpu")
    draws = torch.rand(count, len(room), generator=generator, dtype=torch.float64, device="cpu")
    order = draws.masked_fill(~room.changed(taken), torch.inf).argsort(1).argsort(1)
    return room.mixed(taken, order < sizes)


def length(room: Room, rows: Tensor) -> Tensor:
    """(n,) what makes a flip far: the parts that changed, and the square of what that costs beside."""
    return room.changed(rows).double().sum(1) + room.cost(rows).square()


def ordered(room: Room, end: Tensor) -> Path:
    """The rows (m, F) after each edit on the way from the input to the `end` (F,): always the edit that moves the score least,
    until the class to reach is reached: with more than two, a third may have been on the way.
    """
    kept = torch.zeros(len(room), dtype=torch.bool, device="cpu")
    left = room.changed(end[None])[0]
    asked = yield Ask(room.row[None])
    now, path = asked.merits[0], []
    while bool(left.any()):
        parts = left.nonzero().flatten()
        trials = kept.repeat(len(parts), 1)
        trials[torch.arange(len(parts), device="cpu"), parts] = True
        asked = yield Ask(room.mixed(end[None].expand(len(parts), -1), trials))
        smallest = int((asked.merits - now).abs().argmin())
        now = asked.merits[smallest]
        path.append(asked.rows[smallest])
        kept[parts[smallest]], left[parts[smallest]] = True, False
        if now > 0:
            break
    return torch.stack(path)
