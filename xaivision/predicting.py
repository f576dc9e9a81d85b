"""What a model takes its inputs for: the first few classes of each, with their names, scores and probabilities."""

from typing import Any, NamedTuple

import torch

from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import TargetScore
from xaivision.core.wrapping import classifier
from xaivision.facade import as_batch


class Guess(NamedTuple):
    """One class of one input; `probability` is None where the model's scores are margins."""

    number: int
    name: str
    score: float
    probability: float | None


def top_classes(model: Any, inputs: Any, k: int = 5) -> tuple[tuple[Guess, ...], ...]:
    """For each input its `k` classes of highest score, best first; fewer where the model has no more.

    `inputs`: as in `xv.explain`.

    Raises: InputError, where the inputs do not fit the model, or `k` is no positive integer.
    """
    check_positive_integer("k", k)
    adapter = classifier(model)
    scores = adapter(as_batch(adapter, inputs))
    order = scores.argsort(dim=1, descending=True, stable=True)[:, : min(k, adapter.num_classes)]
    shares = [
        TargetScore(column, output="probability", score_unit=adapter.score_unit).of(scores)
        if adapter.gives_probabilities
        else torch.full(column.shape, torch.nan, device=column.device)
        for column in order.T
    ]
    return tuple(
        tuple(
            Guess(number, adapter.class_names[number], float(scores[row, number]), _known(float(shares[rank][row])))
            for rank, number in enumerate(numbers)
        )
        for row, numbers in enumerate(order.tolist())
    )


def _known(probability: float) -> float | None:
    return probability if probability == probability else None
