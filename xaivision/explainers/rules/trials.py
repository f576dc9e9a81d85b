"""The trials of rules: the searches of all inputs go on side by side, and what they want tried at a time is asked in one pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.engines.rules.anchor_search import Found, Search
from xaivision.engines.rules.tally import Helping, Outcome
from xaivision.explainers.rules.neighbors_of_rules import Neighborhood
from xaivision.explainers.rules.timed_scores import TimedScores

# Values that are drawn before the model is asked about them: cases of all inputs at once need not fit in memory.
MOST_VALUES = 10_000_000
# How fast a case counts for more as it comes nearer to the prediction: 0.88 where it is ahead by a spread of the margins.
STEEPNESS = 2.0


class Bundle(NamedTuple):
    """Cases of one input's helpings."""

    owner: int
    helpings: Sequence[Helping]
    cases: Tensor


# What the search of each input wants tried, by the number of the input.
Wanted = Mapping[int, Sequence[Helping]]
# From cases to their scores, or those of the first ones that there is time for.
Asked = Callable[[Tensor], Tensor]


class Trials:
    """Cases of each input's neighborhood, drawn from its own generator, and whether the model predicts them like the input."""

    def __init__(self, scores: TimedScores, neighborhoods: Sequence[Neighborhood]) -> None:
        self.scores, self.q, self.neighborhoods = scores, scores.q, neighborhoods
        self._draws = [self.q.generator("draws") for _ in neighborhoods]
        self._targets = self.q.query.targets.tolist()
        self._spreads: dict[int, Tensor] = {}

    def searched(self, searches: Sequence[Search]) -> list[Found]:
        """What each search ends with."""
        found: dict[int, Found] = {}
        for index, one in track(self._ended(searches), "anchors", total=len(searches)):
            found[index] = one
        return [found[index] for index in range(len(searches))]

    def outcomes(self, wanted: Wanted) -> Mapping[int, Outcome | None]:
        """For each input what came of each of its helpings; None where there was no time for them."""
        came = self._of_helpings(wanted, self.scores.of)
        return {index: came.get(index) for index in wanted}

    def last_outcomes(self, wanted: Wanted) -> dict[int, Outcome]:
        """For each input what came of each of its helpings, when the searches are over: whatever the time."""
        return self._of_helpings(wanted, self.scores.of_all)

    def _of_helpings(self, wanted: Wanted, asked: Asked) -> dict[int, Outcome]:
        """Of the inputs, in their order, as far as there was time for all of their helpings."""
        came: list[Tensor] = []
        waiting: list[Bundle] = []
        size = self.q.query.inputs[0].numel()
        for index, helpings in wanted.items():
            for some in _small(helpings, MOST_VALUES // size):
                waiting.append(Bundle(index, some, self.neighborhoods[index].drawn(some, self._draws[index])))
                if sum(one.cases.numel() for one in waiting) > MOST_VALUES:
                    came += self._came(waiting, asked)
                    waiting = []
        came += self._came(waiting, asked)
        told = torch.cat(came, dim=1) if came else torch.zeros(2, 0, device="cpu")
        ends = list(accumulate(len(helpings) for helpings in wanted.values()))
        stretches = zip(wanted, [0, *ends], ends, strict=False)
        return {index: Outcome(*told[:, start:end]) for index, start, end in stretches if end <= told.shape[1]}

    def _came(self, bundles: list[Bundle], asked: Asked) -> list[Tensor]:
        """For each bundle (2, n): how many cases of its helpings are predicted as its input is, and how much they lean to it.
        The first ones only, where there is no time for all of them.
        """
        if not bundles:
            return []
        scores = asked(torch.cat([one.cases for one in bundles]))
        found = []
        for one, end in zip(bundles, accumulate(len(one.cases) for one in bundles), strict=True):
            part = scores[end - len(one.cases) : end]
            if len(part) < len(one.cases):
                break
            target = self._targets[one.owner]
            held = (part.argmax(1) == target).double()
            each = torch.stack([held, self._leaning(one.owner, held, _margins(part, target))])
            counts = [helping.draws for helping in one.helpings]
            found.append(torch.stack([some.sum(1) for some in each.split(counts, dim=1)], dim=1))  # type: ignore[no-untyped-call]
        return found

    def _leaning(self, owner: int, held: Tensor, margins: Tensor) -> Tensor:
        """(n,) between 0 and 1: margins in units of their spread over the first cases, those of no condition."""
        spread = self._spreads.setdefault(owner, margins.std(correction=0))
        return torch.sigmoid(STEEPNESS * margins / spread) if 0 < spread < torch.inf else held

    def _ended(self, searches: Sequence[Search]) -> Iterator[tuple[int, Found]]:
        """Each search that ends, as it does."""
        answers: Mapping[int, Outcome | None] = dict.fromkeys(range(len(searches)))
        while answers:
            wanted = {}
            for index, answer in answers.items():
                try:
                    wanted[index] = searches[index].send(answer)  # None starts a generator
                except StopIteration as end:
                    yield index, end.value
            answers = self.outcomes(wanted)


def _margins(scores: Tensor, target: int) -> Tensor:
    """(n,) by how much the target is ahead of the best other class."""
    others = scores.double()
    own = others[:, target].clone()
    others[:, target] = -torch.inf
    return own - others.amax(1)


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
