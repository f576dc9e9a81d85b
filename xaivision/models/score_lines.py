"""What a trained classifier's scores are in lines of a page, and its card in plain values."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from xaivision.models.class_counts import ClassCounts
from xaivision.models.trained_scores import Recall, TrainedScores


def score_lines(scores: TrainedScores, versions: Mapping[str, str], inputs: str = "pictures") -> list[str]:
    """Accuracy, balanced accuracy and calibration, and what the classifier was trained with."""
    interval = f"[{scores.accuracy_low:.4f}, {scores.accuracy_high:.4f}]"
    return [
        f"- Accuracy: {scores.accuracy:.4f} {interval} on {scores.count} test {inputs}",
        f"- Balanced accuracy: {scores.balanced_accuracy:.4f}",
        f"- Expected calibration error: {scores.calibration_error:.4f}",
        f"- Trained with: {', '.join(f'{name} {version}' for name, version in versions.items())}",
    ]


def class_lines(counts: Sequence[ClassCounts], scores: TrainedScores) -> list[str]:
    """A table of the recalls and one of what each class was called."""
    return [*_recalls(counts, scores), "", *_confusion(counts, scores)]


def reliability_lines(scores: TrainedScores) -> list[str]:
    """A table of how often the classifier is right, by how sure it is."""
    head = ["| sure of | test inputs | mean confidence | right |", "|---|---|---|---|"]
    return head + [
        f"| {part.low:.2f} to {part.high:.2f} | {part.count} | {part.confidence:.3f} | {part.right:.3f} |"
        for part in scores.reliability
    ]


def plain_values(value: Any) -> Any:
    """The same with None for what is not finite, as JSON can hold it."""
    if isinstance(value, Mapping):
        return {name: plain_values(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain_values(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _recalls(counts: Sequence[ClassCounts], scores: TrainedScores) -> list[str]:
    head = ["| class | train | validation | test | recall | 95 % interval |", "|---|---|---|---|---|---|"]
    return head + [
        f"| {one.name} | {one.train} | {one.validation} | {one.test} | {_share(recall)} | {_interval(recall)} |"
        for one, recall in zip(counts, scores.recalls, strict=True)
    ]


def _confusion(counts: Sequence[ClassCounts], scores: TrainedScores) -> list[str]:
    names = [one.name for one in counts]
    head = [f"| is, called | {' | '.join(names)} |", f"|{'---|' * (len(names) + 1)}"]
    return head + [f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, scores.confusion, strict=True)]


def _share(recall: Recall) -> str:
    return f"{recall.share:.3f}" if recall.count else "not tested"


def _interval(recall: Recall) -> str:
    return f"{recall.low:.3f} to {recall.high:.3f}" if recall.count else ""
