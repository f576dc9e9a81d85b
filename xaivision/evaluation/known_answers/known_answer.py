"""What one method answers to one question, in scores: a part of a benchmark, as JSON can hold it."""

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.diagnostics import Status
from xaivision.core.errors import Cancelled, InputError
from xaivision.core.protocols import Explainer
from xaivision.core.random import seed_for
from xaivision.core.sharing import sharing
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.known_scores import against_the_truth, beside_the_truth, known_scores
from xaivision.evaluation.scoring import RANDOM_DRAWS

Numbers = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class KnownAnswer:
    """By the name of each score one number for each input: of the method's `values`, where the truth is `reversed`, and of the
    map `shifted` by a cell. `draws`: of chance, for each input those of single draws.

    `doubted`: inputs whose map has the verdict "warn", by reason: they have a score all the same. `refused`: those with the
    verdict "refuse", which is no answer and has no score. `silent`: inputs whose map is the same everywhere, so that it names no
    feature.

    `seconds`: of the processor, so that what others do on the machine does not count. `refusal`: why there is no answer.
    """

    method: str
    control: bool
    values: Numbers = field(default_factory=dict)
    reversed: Numbers = field(default_factory=dict)
    shifted: Numbers = field(default_factory=dict)
    draws: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    doubted: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    silent: int = 0
    seconds: float = 0.0
    refusal: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values; null where a number is not defined."""
        told: dict[str, Any] = _plain(asdict(self))
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "KnownAnswer":
        """The answer that these values were."""
        numbers = {name: _numbers(told[name]) for name in ("values", "reversed", "shifted", "draws")}
        return cls(**{**told, **numbers})


def answered(question: KnownQuestion, label: str, method: Explainer, seed: int) -> KnownAnswer:
    """The method's answer; what the method or the model raises is told in its place.

    Raises: Cancelled.
    """
    start = time.process_time()
    control = bool(method.about.control)
    try:
        first = _asked(question, method, seed)
        values = known_scores(first, question.truth, question.exact)
        draws = _draws(question, method, values, seed) if method.about.chance else {}
        turned = against_the_truth(first, question.truth)
        moved = beside_the_truth(first, question.truth, question.exact, question.cell)
    except Cancelled:
        raise
    except Exception as error:  # methods may be anyone's: what one of them raises must not stop the others
        return KnownAnswer(label, control, seconds=time.process_time() - start, refusal=str(error) or type(error).__name__)
    means = {name: torch.tensor(many, dtype=torch.float64, device="cpu").mean(1) for name, many in draws.items()}
    seconds, refused = time.process_time() - start, _refused(first)
    if bool(refused.all()):
        return KnownAnswer(label, control, refused=_reasons(first, "refuse"), seconds=seconds, refusal=_told_reasons(first))
    scores, reversed_truth, shifted = (_lists(found, refused) for found in ({**values, **means}, turned, moved))
    return KnownAnswer(
        label,
        control,
        scores,
        reversed_truth,
        shifted,
        draws,
        _reasons(first, "warn"),
        _reasons(first, "refuse"),
        _silent(first, refused),
        seconds,
    )


def _lists(found: Mapping[str, Tensor], refused: Tensor) -> dict[str, list[float]]:
    """Numbers of each input, undefined where the map was refused."""
    return {name: one.masked_fill(refused, torch.nan).tolist() for name, one in found.items()}


def _refused(found: Attribution) -> Tensor:
    """(B,) whether the map must not be shown as an explanation."""
    return torch.tensor([verdict.status == "refuse" for verdict in found.verdicts], device="cpu")


def _reasons(found: Attribution, status: Status) -> dict[str, int]:
    return dict(Counter("; ".join(one.reasons) for one in found.verdicts if one.status == status))


def _told_reasons(found: Attribution) -> str:
    """Why every map was refused: the numbers in a reason differ between inputs, so that one stands for all."""
    return f"every map is refused, such as the first one: {'; '.join(found.verdicts[0].reasons)}"


def _silent(found: Attribution, refused: Tensor) -> int:
    """How many maps that were not refused have the same value everywhere."""
    values = found.feature_values.detach().flatten(1).cpu()
    return int(((values == values[:, :1]).all(1) & ~refused).sum())


def _asked(question: KnownQuestion, method: Explainer, seed: int) -> Attribution:
    with question.model.held(), sharing():
        found = method.explain(question.model, question.inputs, question.targets, seed=seed).as_attribution()
    if len(found.values) != len(question.inputs):
        raise InputError(f"A method must give a map of each of {len(question.inputs)} inputs. Got {len(found.values)}.")
    return found


def _draws(question: KnownQuestion, method: Explainer, first: Mapping[str, Tensor], seed: int) -> dict[str, list[list[float]]]:
    """For each score and input those of all draws, the first among them."""
    found = [first]
    for number in range(1, RANDOM_DRAWS):
        again = _asked(question, method, seed_for(seed, "draw", number))
        found.append(known_scores(again, question.truth, question.exact))
    return {name: torch.stack([one[name] for one in found], 1).tolist() for name in first}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    return math.nan if value is None else value
