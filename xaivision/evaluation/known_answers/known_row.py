"""One row of the table: a method, a question and a score, with an interval, beside every control."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaivision.core.bootstrap import Interval
from xaivision.core.scores import Scores
from xaivision.data.known_answers.known_set import Definition
from xaivision.evaluation.known_answers.known_answer import KnownAnswer
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.known_scores import SCORES, within
from xaivision.evaluation.standing import DRAWS, Margin, standing

SHIFTED = "shifted by a cell"


@dataclass(frozen=True)
class KnownRow:
    """`mean` and 95 % `interval` of one score over `inputs`, of which `undefined` have none; and how far ahead of each control.

    `reversed_truth`, `shifted`: the mean where the truth is turned around, and of the map moved by a cell. Of the inputs,
    `refused` have a map that the library refuses to show, and no score; `silent` have one that is the same everywhere, and
    `doubted` one that the library warns of: both count in the mean.
    """

    suite: str
    set_name: str
    model_name: str
    definition: Definition
    method: str
    control: bool
    score: str
    mean: float
    interval: Interval
    inputs: int
    undefined: int
    reversed_truth: float
    shifted: float
    ahead: tuple[Margin, ...] = field(default=())
    refused: int = 0
    silent: int = 0
    doubted: int = 0

    def clear_of(self, controls: Sequence[str]) -> bool:
        """Whether the method is clearly ahead of all of these controls that there are."""
        found = [one for one in self.ahead if one.control in controls]
        return bool(found) and all(one.clear for one in found)


def rows_of(suite: str, question: KnownQuestion, answers: Sequence[KnownAnswer]) -> list[KnownRow]:
    """The rows of all answers to one question, each beside the controls among them."""
    known = [answer for answer in answers if not answer.refusal]
    controls = {answer.method: answer for answer in known if answer.control}
    return [_row(suite, question, answer, score, controls) for answer in known for score in SCORES if score in answer.values]


def _row(suite: str, question: KnownQuestion, answer: KnownAnswer, score: str, controls: Mapping[str, KnownAnswer]) -> KnownRow:
    others = {name: _scores(one, score) for name, one in controls.items() if name != answer.method}
    found = standing(_scores(answer, score, {**others, SHIFTED: _moved(answer, score)}))
    return KnownRow(
        suite,
        question.set_name,
        question.model_name,
        question.definition,
        answer.method,
        answer.control,
        score,
        found.mean,
        within(found.interval, score),
        found.inputs,
        found.undefined,
        _mean(answer.reversed.get(score, ())),
        _mean(answer.shifted[score]),
        found.margins,
        sum(answer.refused.values()),
        answer.silent,
        sum(answer.doubted.values()),
    )


def _scores(answer: KnownAnswer, score: str, controls: Mapping[str, Scores] | None = None) -> Scores:
    details = {DRAWS: _tensor(answer.draws[score])} if score in answer.draws else {}
    return Scores(score, answer.method, _tensor(answer.values[score]), True, controls=controls or {}, details=details)


def _moved(answer: KnownAnswer, score: str) -> Scores:
    return Scores(score, SHIFTED, _tensor(answer.shifted[score]), True)


def _mean(values: Sequence[float]) -> float:
    return float(_tensor(values).nanmean()) if values else float("nan")


def _tensor(values: Sequence[float] | Sequence[Sequence[float]]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, device="cpu")
