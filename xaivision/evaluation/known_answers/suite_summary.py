"""A suite in one table: each method over all questions that it answered, beside the controls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from xaivision.core.bootstrap import Interval, mean_interval
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.known_scores import SCORES, within

# Controls that a method has to be clearly ahead of, each where there is one.
OPPONENTS = ("random", "sobel", "input_magnitude")


@dataclass(frozen=True)
class MethodScore:
    """The `mean` of a score over `questions` with its 95 % `interval`; `clear`: in how many it is ahead of all opponents.

    The interval is over sets, each with the mean of the models that were asked about it; over inputs where there is one
    question. Of all `inputs`, `undefined` have no score, among them the `refused`, `silent` a map that is the same everywhere,
    and `doubted` one that the library warns of. `reversed_truth`, `shifted`: the means where the truth is turned around, and of
    maps moved off their place.
    """

    mean: float
    interval: Interval
    questions: int
    clear: int
    inputs: int = 0
    undefined: int = 0
    refused: int = 0
    silent: int = 0
    doubted: int = 0
    reversed_truth: float = float("nan")
    shifted: float = float("nan")


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
    means = _tensor(row.mean for row in rows)
    interval = within(rows[0].interval if len(rows) == 1 else mean_interval(_by_set(rows)), rows[0].score)
    return MethodScore(
        float(means.nanmean()),
        interval,
        len(rows),
        sum(row.clear_of(OPPONENTS) for row in rows),
        sum(row.inputs for row in rows),
        *(sum(getattr(row, name) for row in rows) for name in ("undefined", "refused", "silent", "doubted")),
        *(float(_tensor(getattr(row, name) for row in rows).nanmean()) for name in ("reversed_truth", "shifted")),
    )


def _by_set(rows: Sequence[KnownRow]) -> torch.Tensor:
    """The mean of each set: models that are asked about the same inputs are no questions of their own to an interval."""
    of_set: dict[str, list[float]] = {}
    for row in rows:
        of_set.setdefault(row.set_name, []).append(row.mean)
    return torch.stack([_tensor(means).nanmean() for means in of_set.values()])


def _tensor(values: Iterable[float]) -> torch.Tensor:
    return torch.tensor(list(values), dtype=torch.float64, device="cpu")
