"""What a classifier that was trained on a dataset says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.models.trained_scores import Recall, TrainedScores
from xaivision.models.transfer_recipe import TransferRecipe


@dataclass(frozen=True)
class ClassCounts:
    """How many pictures of a class each part has."""

    name: str
    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class TrainedCard:
    """The card of a trained classifier: of what, on what, how, and how well.

    `weights` says which weights the backbone began with; `pretrained` is False where they were random. Digests are SHA-256:
    `data_digest` of pictures and labels, `split_digest` of the three parts' row numbers, `weights_digest` of what the backbone
    began with. `head_losses` and `tuning_losses`: the validation loss before the first epoch and after each.
    """

    name: str
    backbone: str
    weights: str
    pretrained: bool
    weights_digest: str
    preprocessing: str
    parameters: int
    data: str
    data_license: str
    data_digest: str
    split_digest: str
    counts: tuple[ClassCounts, ...]
    recipe: TransferRecipe
    head_losses: tuple[float, ...]
    tuning_losses: tuple[float, ...]
    scores: TrainedScores
    versions: Mapping[str, str] = field(default_factory=library_versions)

    def plain(self) -> dict[str, Any]:
        """The card as values that JSON can hold; null where there is no number."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    def markdown(self) -> str:
        """The card as a page."""
        return "\n".join([f"# {self.name}", "", *self._facts(), "", *self._recalls(), "", *self._confusion(), ""])

    def _facts(self) -> list[str]:
        scores, parts = self.scores, ("train", "validation", "test")
        sizes = ", ".join(f"{sum(getattr(one, part) for one in self.counts)} {part}" for part in parts)
        random = "" if self.pretrained else " RANDOM WEIGHTS: the backbone had learned nothing."
        tuned = f"its last {self.recipe.tuned_blocks} blocks" if self.recipe.tuned_blocks else "nothing but the last layer"
        interval = f"[{scores.accuracy_low:.4f}, {scores.accuracy_high:.4f}]"
        return [
            f"- Backbone: {self.weights}.{random}",
            f"- Tuned: {tuned}",
            f"- Preprocessing: {self.preprocessing}",
            f"- Data: {self.data} ({sizes}), license: {self.data_license}, SHA-256 {self.data_digest}",
            f"- Split: SHA-256 {self.split_digest}, seed {self.recipe.seed}",
            f"- Accuracy: {scores.accuracy:.4f} {interval} on {scores.count} test pictures",
            f"- Balanced accuracy: {scores.balanced_accuracy:.4f}",
            f"- Expected calibration error: {scores.calibration_error:.4f}",
            f"- Trained with: {', '.join(f'{name} {version}' for name, version in self.versions.items())}",
        ]

    def _recalls(self) -> list[str]:
        head = ["| class | train | validation | test | recall | 95 % interval |", "|---|---|---|---|---|---|"]
        rows = zip(self.counts, self.scores.recalls, strict=True)
        return head + [
            f"| {one.name} | {one.train} | {one.validation} | {one.test} | {_share(recall)} | {_interval(recall)} |"
            for one, recall in rows
        ]

    def _confusion(self) -> list[str]:
        names = [one.name for one in self.counts]
        head = [f"| is, called | {' | '.join(names)} |", f"|{'---|' * (len(names) + 1)}"]
        return head + [
            f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, self.scores.confusion, strict=True)
        ]


def _plain(value: Any) -> Any:
    """The same with None for what is not finite."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _share(recall: Recall) -> str:
    return f"{recall.share:.3f}" if recall.count else "not tested"


def _interval(recall: Recall) -> str:
    return f"{recall.low:.3f} to {recall.high:.3f}" if recall.count else ""
