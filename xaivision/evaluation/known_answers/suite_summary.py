"""A suite in one table: each method over all questions that it answered, beside the controls."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from xaivision.core.bootstrap import Interval, mean_interval
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.known_scores import SCORES

# Controls that a method has to be clearly ahead of, each where there is one.
OPPONENTS = ("random", "sobel", "input_magnitude")
# The worst that a score can be, where it is not 0; the best is 1.
LEAST = {"likeness": -1.0}


@dataclass(frozen=True)
class MethodScore:
    """The `mean` of a score over `questions` with its 95 % `interval`; `clear`: in how many it is ahead of all opponents."""

    mean: float
    interval: Interval
    questions: int
    clear: int


@dataclass(frozen=True)
class MethodLine:
    """One method in one suite: a `MethodScore` for each score, by name."""

    method: str
    control: bool
    scores: dict[str, MethodScore]

    @property
    def questions(self) -> int:
        """How many questions it answered."""
        return max(one.questions for one in self.scores.values())


def method_lines(rows: Sequence[KnownRow], by: str = "auc") -> list[MethodLine]:
    """A line for each method and control of these rows, which are of one definition of truth, best first by this score."""
    if len({row.definition for row in rows}) > 1:
        raise ValueError("Truth by association and by model use must not be in one table.")
    methods = dict.fromkeys(row.method for row in rows)
    lines = [_line(method, [row for row in rows if row.method == method]) for method in methods]
    return sorted(lines, key=lambda line: (line.control, -_rank(line, by)))


def _rank(line: MethodLine, by: str) -> float:
    found = line.scores[by].mean
    return found if found == found else -1.0


def _line(method: str, rows: Sequence[KnownRow]) -> MethodLine:
    scores = {score: _score([row for row in rows if row.score == score]) for score in SCORES}
    return MethodLine(method, rows[0].control, {name: one for name, one in scores.items() if one is not None})


def _score(rows: Sequence[KnownRow]) -> MethodScore | None:
    if not rows:
        return None
    means = torch.tensor([row.mean for row in rows], dtype=torch.float64, device="cpu")
    low, high = rows[0].interval if len(rows) == 1 else mean_interval(means)
    least = LEAST.get(rows[0].score, 0.0)
    # Few values reach far: where no score can lie, no mean of them does. Comparisons, so that what is undefined stays so.
    interval = (least if low < least else low, 1.0 if high > 1 else high)
    return MethodScore(float(means.nanmean()), interval, len(rows), sum(row.clear_of(OPPONENTS) for row in rows))
