"""Searches for rows that are decided otherwise, driven together: each says what it wants asked, all are answered in one pass."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.space import Room


class Ask(NamedTuple):
    """Rows (n, F) that a search wants to know about; with `slopes`, how their margin changes with their values too."""

    rows: Tensor
    slopes: bool = False


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
# Bytes that stand for a row that was asked about: two rows share them by no chance that counts.
DIGEST = 16
# Numbers of a table that are made up at once: between two helpings of rows it is seen whether there is time for more.
HELPING = 2**20


def in_helpings(count: int, columns: int, made: Callable[[slice], Tensor]) -> Generator[Ask, Asked, Asked]:
    """Ask about `count` rows of so many `columns`, as `made` for each stretch of them: of wide tables a few rows at a time."""
    size = max(1, HELPING // max(1, columns))
    answers = []
    for start in range(0, count, size):
        answers.append((yield Ask(made(slice(start, min(start + size, count))))))
    rows, merits, costs = (torch.cat(parts) for parts in zip(*(one[:3] for one in answers), strict=True))
    return Asked(rows, merits, costs)


@dataclass
class Hunt:
    """The search for one input. `kept` are the answers with a positive merit; `done` says that it came to its end by itself.
    `known`: the merit of every row that was asked about, by its digest, so that none is asked about twice.
    """

    room: Room
    cost: Callable[[Tensor], Tensor]
    kept: list[Asked] = field(default_factory=list)
    done: bool = False
    known: dict[bytes, float] = field(default_factory=dict)

    def keep(self, asked: Asked) -> None:
        """Remember what is decided as wished."""
        good = asked.merits > 0
        if bool(good.any()):
            self.kept.append(Asked(asked.rows[good], asked.merits[good], asked.costs[good]))

    def found(self) -> Asked:
        """Every different row that was kept, nearest first."""
        if not self.kept:
            none = torch.zeros(0, dtype=torch.float64, device="cpu")
            return Asked(self.room.row[None][:0], none, none)
        rows, merits, costs = (torch.cat(parts) for parts in zip(*(one[:3] for one in self.kept), strict=True))
        order = costs.argsort(stable=True)
        rows = rows[order]
        _, place = rows.unique(dim=0, return_inverse=True)  # type: ignore[no-untyped-call]
        first = torch.full((int(place.max()) + 1,), len(rows), device="cpu").scatter_reduce(
            0, place, torch.arange(len(rows), device="cpu"), "amin"
        )
        first = first.sort().values
        return Asked(rows[first], merits[order][first], costs[order][first])


class Answered(NamedTuple):
    """Merits (n,) and slopes of as many rows as there was time for."""

    merits: Tensor
    slopes: Tensor | None = None


# Answers the rows of several hunts: their numbers (n,), the rows (n, F), and whether slopes are wanted.
Answer = Callable[[Tensor, Tensor, bool], Answered]


def driven(hunts: Sequence[Hunt], searches: Sequence[Search]) -> "Drive":
    """The searches of these hunts, ready to be driven."""
    return Drive(list(hunts), list(searches))


@dataclass
class Drive:
    """Searches that go on side by side: what all of them want asked at a time is asked in one pass."""

    hunts: list[Hunt]
    searches: list[Search]

    def run(self, answer: Answer) -> None:
        """Until every search has ended, or `answer` gave less than was asked: then time is up."""
        wanted = {number: ask for number in range(len(self.searches)) if (ask := self._next(number, None)) is not None}
        while wanted:
            answers: dict[int, Asked] = {}
            for slopes in (False, True):
                mine = {number: ask for number, ask in wanted.items() if ask.slopes == slopes}
                if mine and not self._answer(mine, slopes, answer, answers):
                    self._close()
                    return
            wanted = {number: ask for number in wanted if (ask := self._next(number, answers[number])) is not None}

    def _answer(self, mine: dict[int, Ask], slopes: bool, answer: Answer, answers: dict[int, Asked]) -> bool:
        """Put these questions in one pass; whether there was time for all of it."""
        wanted = {number: _wanted(self.hunts[number], ask) for number, ask in mine.items()}
        owners = torch.cat([torch.full((len(one.places),), number, device="cpu") for number, one in wanted.items()])
        places = torch.cat([torch.arange(len(one.places), device="cpu") for one in wanted.values()])
        # The first row of each, then the second: where time is up before the end, none of them has got nothing.
        order = places.argsort(stable=True)
        rows = torch.cat([one.rows[one.places] for one in wanted.values()])[order]
        merits, slope = answer(owners[order], rows, slopes) if len(rows) else Answered(places.double(), None)
        asked = owners[order[: len(merits)]]
        for number, one in wanted.items():
            own = asked == number
            answers[number] = _told(self.hunts[number], one, Answered(merits[own], None if slope is None else slope[own]))
        return len(merits) == len(owners)

    def _next(self, number: int, answered: Asked | None) -> Ask | None:
        try:
            ask = self.searches[number].send(answered)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration:
            self.hunts[number].done = True
            return None
        return ask

    def _close(self) -> None:
        for search in self.searches:
            search.close()


class _Wanted(NamedTuple):
    """Rows (n, F) of a question in their final form, what stands for each, and the `places` (m,) of those to be asked about."""

    rows: Tensor
    digests: list[bytes]
    places: Tensor


def _wanted(hunt: Hunt, ask: Ask) -> _Wanted:
    """With slopes every row is asked about, else those that are not known: each once."""
    rows = hunt.room.final(ask.rows)
    if ask.slopes:
        return _Wanted(rows, [], torch.arange(len(rows), device="cpu"))
    digests = [blake2b(row, digest_size=DIGEST).digest() for row in rows.numpy()]
    first = {one: place for place, one in reversed(list(enumerate(digests))) if one not in hunt.known}
    return _Wanted(rows, digests, torch.tensor(sorted(first.values()), dtype=torch.int64, device="cpu"))


def _told(hunt: Hunt, wanted: _Wanted, answered: Answered) -> Asked:
    """What the search is told, after what is new was remembered: of all rows, or of those there was time for."""
    rows, digests, places = wanted
    places, costs = places[: len(answered.merits)], hunt.cost(rows)
    new = Asked(rows[places], answered.merits, costs[places], answered.slopes)
    hunt.keep(new)
    if not digests:
        return new
    hunt.known |= zip([digests[place] for place in places.tolist()], answered.merits.tolist(), strict=True)
    told = [place for place, one in enumerate(digests) if one in hunt.known]
    merits = torch.tensor([hunt.known[digests[place]] for place in told], dtype=torch.float64, device="cpu")
    return Asked(rows[told], merits, costs[told])
