"""How a trained classifier does on pictures that nothing was learned from."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.engines.classification_counts import calibration_error, confusion_matrix, recalls, reliability, wilson_interval


@dataclass(frozen=True)
class Recall:
    """Of `count` test pictures of a class, `right` were called by its name. `low` to `high`: Wilson's 95 % interval of the share.

    Where there are none, share and interval are NaN.
    """

    name: str
    right: int
    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class ReliabilityPart:
    """Of `count` test pictures of which the classifier was sure with `low` to `high`, with `confidence` on average, the share
    that was `right`.
    """

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class TrainedScores:
    """Shares of 1 on `count` test pictures; `accuracy_low` to `accuracy_high` is Wilson's 95 % interval.

    `balanced_accuracy`: the mean of the recalls of the classes that have test pictures. `calibration_error`: the expected one,
    in 15 parts, of which `reliability` has those with pictures. `confusion`: row i, column j, how many pictures of class i
    were called j.
    """

    count: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    balanced_accuracy: float
    calibration_error: float
    recalls: tuple[Recall, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityPart, ...] = ()


def trained_scores(logits: Tensor, targets: Tensor, class_names: tuple[str, ...]) -> TrainedScores:
    """What logits (N, K) on the targets (N,) come to. With equal logits, the first class is the predicted one."""
    confusion = confusion_matrix(targets, logits.argmax(1), len(class_names))
    right, count = int(confusion.diagonal().sum()), int(confusion.sum())
    shares, probabilities = recalls(confusion), logits.double().softmax(1)
    low, high = wilson_interval(right, count)
    return TrainedScores(
        count=count,
        accuracy=right / count,
        accuracy_low=low,
        accuracy_high=high,
        balanced_accuracy=float(shares.nanmean()),
        calibration_error=calibration_error(probabilities, targets),
        recalls=tuple(_recall(confusion, number, name) for number, name in enumerate(class_names)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        reliability=_parts(reliability(probabilities, targets)),
    )


def _parts(found: Tensor) -> tuple[ReliabilityPart, ...]:
    """The parts that pictures lie in."""
    return tuple(
        ReliabilityPart(number / len(found), (number + 1) / len(found), int(count), confidence, right)
        for number, (count, confidence, right) in enumerate(found.tolist())
        if count
    )


def _recall(confusion: Tensor, number: int, name: str) -> Recall:
    right, count = int(confusion[number, number]), int(confusion[number].sum())
    return Recall(name, right, count, float(recalls(confusion)[number]), *wilson_interval(right, count))
