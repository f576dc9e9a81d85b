"""Searches for rows that are decided otherwise: each says what it wants asked, and what many want is answered in one pass."""

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import filterfalse
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Ask(NamedTuple):
    """Rows (n, F) that a search wants to know about; with `slopes`, how their margin changes with their values too. `owners`
    (n,): the numbers of the inputs that they are for; a search for one input need not say.
    """

    rows: Tensor
    slopes: bool = False
    owners: Tensor | None = None


class Asked(NamedTuple):
    """The answer: `rows` (n, F) in the final form in which they were asked, `merits` (n,) positive where they are decided as
    wished, `costs` (n,), and `slopes` (n, F) where they were wanted.
    """

    rows: Tensor
    merits: Tensor
    costs: Tensor
    slopes: Tensor | None = None


# A search yields what it wants asked, and is sent the answers.
Search = Generator[Ask, Asked, None]
# Numbers of a table that are made up at once: between two helpings of rows it is seen whether there is time for more.
HELPING = 2**20


def helpings(count: int, columns: int) -> Iterator[slice]:
    """Stretches of `count` rows of so many `columns`: of wide tables a few rows at a time."""
    size = max(1, HELPING // max(1, columns))
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def in_helpings(
    count: int, columns: int, made: Callable[[slice], Tensor], owners: Tensor | None = None
) -> Generator[Ask, Asked, Asked]:
    """Ask about `count` rows of so many `columns`, as `made` for each stretch of them."""
    answers = []
    for part in helpings(count, columns):
        answers.append((yield Ask(made(part), owners=None if owners is None else owners[part])))
    rows, merits, costs = (torch.cat(parts) for parts in zip(*(one[:3] for one in answers), strict=True))
    return Asked(rows, merits, costs)


def of_one(number: int, search: Search) -> Search:
    """The search for one input as one that says for which it is."""
    asked: Asked | None = None
    while (ask := _next(search, asked)) is not None:
        asked = yield ask._replace(owners=torch.full((len(ask.rows),), number, device="cpu"))


def side_by_side(searches: Sequence[Search]) -> Search:
    """Searches that say for which inputs they are as one: what all of them want asked at a time is asked together."""
    wanted = [(search, ask) for search in searches if (ask := _next(search, None)) is not None]
    while wanted:
        told: list[tuple[Search, Asked]] = []
        for slopes in (False, True):
            mine = [(search, ask) for search, ask in wanted if ask.slopes == slopes]
            if mine:
                owners = [ask.owners for _, ask in mine if ask.owners is not None]
                asked = yield Ask(torch.cat([ask.rows for _, ask in mine]), slopes, torch.cat(owners))
                sizes = [len(ask.rows) for _, ask in mine]
                split = [part.split(sizes) for part in asked if part is not None]  # type: ignore[no-untyped-call]
                parts = zip(*split, strict=True)
                told += [(search, Asked(*part)) for (search, _), part in zip(mine, parts, strict=True)]
        wanted = [(search, ask) for search, answer in told if (ask := _next(search, answer)) is not None]


def _next(search: Search, asked: Asked | None) -> Ask | None:
    """What the search wants asked next; None where it has ended."""
    try:
        return search.send(asked)  # type: ignore[arg-type]  # None starts a generator
    except StopIteration:
        return None


class Answered(NamedTuple):
    """Merits (n,) and slopes of as many rows as there was time for."""

    merits: Tensor
    slopes: Tensor | None = None


# Answers rows of several inputs: the inputs' numbers (n,), the rows (n, F), and whether slopes are wanted.
Answer = Callable[[Tensor, Tensor, bool], Answered]
# A function of rows (n, F) and the numbers (n,) of the inputs that they are for.
OfRows = Callable[[Tensor, Tensor], Tensor]


class Found(NamedTuple):
    """Rows (n, F) that are decided as wished, by input, each input's nearest first: the inputs' numbers are the `owners` (n,)."""

    rows: Tensor
    merits: Tensor
    costs: Tensor
    owners: Tensor

    def taken(self, places: Tensor) -> "Found":
        """Those at these places, in this order."""
        return Found(*(part[places] for part in self))


class Hunts:
    """What is looked for and found for each of several inputs, whose rows (B, F) these are. `final` gives rows the form in which
    they may be, `cost` (n,) what they cost. `done` says of which inputs the search came to its end by itself.
    """

    def __init__(self, rows: Tensor, final: OfRows, cost: OfRows) -> None:
        self.final, self.cost, self._inputs = final, cost, rows
        self.done = [False] * len(rows)
        none = torch.zeros(0, dtype=torch.float64, device="cpu")
        self._found = Found(rows[:0], none, none, none.long())
        self._new: list[Found] = []
        # The merit of every row that was asked about without slopes, so that none is asked about twice, and what was found with.
        self._known: dict[int, float] = {}
        self._held: set[int] = set()
        self._rounds = torch.zeros(len(rows), dtype=torch.float64, device="cpu")  # how often each input was renewed

    def drive(self, search: Search, answer: Answer) -> None:
        """Until the search has ended, or `answer` gave less than was asked: then time is up."""
        asked: Asked | None = None
        while (ask := _next(search, asked)) is not None:
            if (asked := self._asked(ask, answer)) is None:
                search.close()
                return

    def found(self, owner: int | None = None) -> Found:
        """Every different row that was found, or those of one input."""
        if self._new:
            parts = zip(self._found, *self._new, strict=True)
            every = Found(*(torch.cat(part) for part in parts))
            fewest = (every.rows != self._inputs[every.owners]).sum(1).argsort(stable=True)
            every = every.taken(fewest)  # the first of those that cost the same
            every = every.taken(every.costs.argsort(stable=True))
            self._found, self._new = every.taken(every.owners.argsort(stable=True)), []
        return self._found if owner is None else self._found.taken((self._found.owners == owner).nonzero().flatten())

    def renew(self, owners: Tensor, holds: Callable[[Found], Tensor]) -> None:
        """Of what was found for these inputs (b,) keep what still `holds` (n,), now that more is asked; ask about all anew."""
        found = self.found()
        kept = ~torch.isin(found.owners, owners)
        mine = (~kept).nonzero().flatten()
        kept[mine] = holds(found.taken(mine))
        self._found = found.taken(kept.nonzero().flatten())
        self._rounds[owners] += 1
        again = found.taken(mine[kept[mine]])
        self._held.update(self._keys(again.rows, again.owners))

    def shed(self, picked: Found, least: int) -> Tensor:
        """Let go of rows of which one with some of their changes alone was found as well, by what was found within the `picked`
        ones, as long as `least` are left of an input; (b,) the inputs of which a picked row went.
        """
        found = self.found()
        counts = torch.bincount(found.owners, minlength=len(self._inputs))
        kept = torch.ones(len(found.rows), dtype=torch.bool, device="cpu")
        asked = list(zip(picked.rows, picked.owners.tolist(), strict=True))
        for row, owner in asked:
            mine = ((found.owners == owner) & kept).nonzero().flatten()
            rows, own = found.rows[mine], self._inputs[owner]
            within = rows[((rows == row) | (rows == own)).all(1)]
            if len(within):  # else it went with one before
                fewest = within[(within != own).sum(1).argmin()]
                beyond = ((rows == fewest) | (fewest == own)).all(1) & (rows != fewest).any(1)
                spare = mine[beyond].flip(0)[: max(0, int(counts[owner]) - least)]  # the dearest first
                kept[spare] = False
                counts[owner] -= len(spare)
        self._found = left = found.taken(kept.nonzero().flatten())
        gone = {owner for row, owner in asked if not bool((left.rows[left.owners == owner] == row).all(1).any())}
        return torch.tensor(sorted(gone), dtype=torch.int64, device="cpu")

    def _keys(self, rows: Tensor, owners: Tensor) -> list[int]:
        return row_keys(torch.cat([owners[:, None].double(), self._rounds[owners, None], rows.double()], 1))

    def _asked(self, ask: Ask, answer: Answer) -> Asked | None:
        """The answer to a question; None where there was no time for all of it. What was found is kept."""
        owners = torch.zeros(len(ask.rows), dtype=torch.int64, device="cpu") if ask.owners is None else ask.owners
        rows = self.final(ask.rows, owners)
        keys, costs = self._keys(rows, owners), self.cost(rows, owners)
        places = torch.arange(len(rows), device="cpu") if ask.slopes else self._unknown(keys)
        # The first row of each input, then the second: where time is up before the end, none of them has got nothing.
        places = places[places_within(owners[places]).argsort(stable=True)]
        given = answer(owners[places], rows[places], ask.slopes) if len(places) else Answered(costs[:0])
        asked = places[: len(given.merits)]
        new = [keys[place] for place in asked.tolist()]
        self._keep(Found(rows[asked], given.merits, costs[asked], owners[asked]), new, ask.slopes)
        if len(asked) < len(places):
            return None
        if ask.slopes:
            back = places.argsort()
            return Asked(rows, given.merits[back], costs, None if given.slopes is None else given.slopes[back])
        self._known.update(zip(new, given.merits.tolist(), strict=True))
        merits = torch.tensor(list(map(self._known.__getitem__, keys)), dtype=torch.float64, device="cpu")
        return Asked(rows, merits, costs)

    def _unknown(self, keys: list[int]) -> Tensor:
        """The places of those that were not asked about, each once."""
        first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
        places = sorted(map(first.__getitem__, filterfalse(self._known.__contains__, first)))
        return torch.tensor(places, dtype=torch.int64, device="cpu")

    def _keep(self, asked: Found, keys: list[int], slopes: bool) -> None:
        """Remember what is decided as wished, each row once: with slopes a row may be asked about again."""
        good = (asked.merits > 0).nonzero().flatten()
        if slopes or self._held:
            kept = {
                keys[place]: place for place in good.tolist() if keys[place] not in self._held and keys[place] not in self._known
            }
            self._held |= kept.keys() if slopes else set()
            good = torch.tensor(list(kept.values()), dtype=torch.int64, device="cpu")
        if len(good):
            self._new.append(asked.taken(good))


def places_within(owners: Tensor) -> Tensor:
    """(n,) how many with the same owner come before each."""
    numbers = owners.numpy()  # arrays, since tensors as small as these take longer to call than to work
    order, counts = numbers.argsort(kind="stable"), np.bincount(numbers)
    before = np.empty_like(order)
    before[order] = np.arange(len(order)) - (counts.cumsum() - counts).repeat(counts)
    return torch.from_numpy(before)


def row_keys(rows: Tensor) -> list[int]:
    """What stands for each of these rows (n, F) of one dtype: two different ones share it by no chance that counts."""
    table = (rows + 0.0).contiguous().numpy()  # -0 is 0; tables may lie column by column
    return list(map(hash, table.view(f"V{table.shape[1] * table.itemsize}")[:, 0].tolist()))
