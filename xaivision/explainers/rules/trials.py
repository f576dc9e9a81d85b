"""The trials of rules: the searches of all inputs go on side by side, and what they want tried at a time is asked in one pass."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.core.question import Question
from xaivision.engines.rules.anchor_search import Found, Search
from xaivision.engines.rules.tally import Helping
from xaivision.explainers.rules.neighbors_of_rules import Neighborhood

# Values that are drawn before the model is asked about them: cases of all inputs at once need not fit in memory.
MOST_VALUES = 10_000_000


class Bundle(NamedTuple):
    """Cases of one input's helpings."""

    owner: int
    helpings: Sequence[Helping]
    cases: Tensor


# What the search of each input wants tried, by the number of the input.
Wanted = Mapping[int, Sequence[Helping]]


class Trials:
    """Cases of each input's neighborhood, drawn from its own generator, and whether the model predicts them like the input."""

    def __init__(self, q: Question, neighborhoods: Sequence[Neighborhood]) -> None:
        self.q, self.neighborhoods = q, neighborhoods
        self._draws = [q.generator("draws") for _ in neighborhoods]
        self._targets = q.query.targets.cpu()

    def searched(self, searches: Sequence[Search]) -> list[Found]:
        """What each search ends with."""
        found: dict[int, Found] = {}
        for index, one in track(self._ended(searches), "anchors", total=len(searches)):
            found[index] = one
        return [found[index] for index in range(len(searches))]

    def held(self, wanted: Wanted) -> dict[int, Tensor]:
        """For each input how often the prediction held in each of its helpings, (n,) float64."""
        hits: list[Tensor] = []
        waiting: list[Bundle] = []
        size = self.q.query.inputs[0].numel()
        for index, helpings in wanted.items():
            for some in _small(helpings, MOST_VALUES // size):
                waiting.append(Bundle(index, some, self.neighborhoods[index].drawn(some, self._draws[index])))
                if sum(one.cases.numel() for one in waiting) > MOST_VALUES:
                    hits += self._hits(waiting)
                    waiting = []
        hits += self._hits(waiting)
        counts = [len(helpings) for helpings in wanted.values()]
        return dict(zip(wanted, torch.cat(hits).split(counts), strict=True)) if hits else {}  # type: ignore[no-untyped-call]

    def _hits(self, bundles: list[Bundle]) -> list[Tensor]:
        """For each bundle (n,) how many cases of its helpings are predicted as its input is."""
        if not bundles:
            return []
        sizes = [len(one.cases) for one in bundles]
        predicted = self.q.model(torch.cat([one.cases for one in bundles]).to(self.q.query.inputs)).argmax(1).cpu()
        found = []
        for one, part in zip(bundles, predicted.split(sizes), strict=True):  # type: ignore[no-untyped-call]
            held = (part == self._targets[one.owner]).double()
            counts = [helping.draws for helping in one.helpings]
            found.append(torch.stack([some.sum() for some in held.split(counts)]))
        return found

    def _ended(self, searches: Sequence[Search]) -> Iterator[tuple[int, Found]]:
        """Each search that ends, as it does."""
        answers: dict[int, Tensor | None] = dict.fromkeys(range(len(searches)))
        while answers:
            wanted = {}
            for index, answer in answers.items():
                try:
                    wanted[index] = searches[index].send(answer)  # type: ignore[arg-type]  # None starts a generator
                except StopIteration as end:
                    yield index, end.value
            answers = dict(self.held(wanted)) if wanted else {}


def _small(helpings: Sequence[Helping], most: int) -> Iterator[list[Helping]]:
    """The helpings in stretches of so many cases, or of one helping where that is more."""
    some: list[Helping] = []
    for one in helpings:
        if some and sum(other.draws for other in some) + one.draws > most:
            yield some
            some = []
        some.append(one)
    if some:
        yield some
