"""What a classifier that was trained on a dataset says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.models.score_lines import class_lines, plain_values, reliability_lines, score_lines
from xaivision.models.trained_scores import TrainedScores
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
        plain: dict[str, Any] = plain_values(asdict(self))
        return plain

    def markdown(self, picture: str = "") -> str:
        """The card as a page; `picture` names a file beside it that shows confusion and reliability."""
        shown = [f"![Confusion matrix and reliability of {self.name}]({picture})"] if picture else []
        parts = [[f"# {self.name}"], shown, self._facts(), class_lines(self.counts, self.scores), reliability_lines(self.scores)]
        return "\n".join(line for part in parts if part for line in (*part, ""))

    def _facts(self) -> list[str]:
        parts = ("train", "validation", "test")
        sizes = ", ".join(f"{sum(getattr(one, part) for one in self.counts)} {part}" for part in parts)
        random = "" if self.pretrained else " RANDOM WEIGHTS: the backbone had learned nothing."
        tuned = f"its last {self.recipe.tuned_blocks} blocks" if self.recipe.tuned_blocks else "nothing but the last layer"
        return [
            f"- Backbone: {self.weights}.{random}",
            f"- Tuned: {tuned}",
            f"- Preprocessing: {self.preprocessing}",
            f"- Data: {self.data} ({sizes}), license: {self.data_license}, SHA-256 {self.data_digest}",
            f"- Split: SHA-256 {self.split_digest}, seed {self.recipe.seed}",
            f"- Settings: {', '.join(f'{name}={value!r}' for name, value in asdict(self.recipe).items())}",
            *score_lines(self.scores, self.versions),
        ]
