"""What a classifier by prototypes says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.models.prototypes.prototype_recipe import PrototypeRecipe
from xaivision.models.score_lines import class_lines, plain_values, reliability_lines, score_lines
from xaivision.models.trained_card import ClassCounts
from xaivision.models.trained_scores import TrainedScores

WHAT: Mapping[str, str] = {
    "proto_part": "ProtoPNet: similarities to patches of training pictures, and a linear layer (arXiv:1806.10574)",
    "score_aggregation": "prototypes of which each votes for its own class alone (arXiv:2212.05946, without its alignment loss)",
    "rbf": "RBF network over components, with a certified radius (arXiv:2412.15499)",
    "components": "classification by components, present or absent, with a certified radius (arXiv:2412.15499)",
}


@dataclass(frozen=True)
class PrototypeCard:
    """The card of a classifier by prototypes: of what, on what, how, and how well.

    `prototypes`: how many of each class are left, `distinct` of them all on different places. `losses`: the validation loss
    after each cycle, of which `kept_cycle` was kept; `moved`: by how much putting prototypes on training inputs raised it
    first. `radius`: the median certified radius of the test inputs that are classified rightly, in standardized columns or, of
    pictures, in the space of the patches; None where there is no certificate. The other fields are those of `TrainedCard`.
    """

    name: str
    system: str
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
    prototypes: tuple[int, ...]
    distinct: int
    pruned: int
    recipe: PrototypeRecipe
    losses: tuple[float, ...]
    moved: tuple[float, ...]
    kept_cycle: int
    radius: float | None
    scores: TrainedScores
    versions: Mapping[str, str] = field(default_factory=library_versions)

    @property
    def pictures(self) -> bool:
        """Whether it classifies pictures; else rows of a table."""
        return self.backbone != ""

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
        sizes = ", ".join(f"{sum(getattr(one, part) for one in self.counts)} {part}" for part in ("train", "validation", "test"))
        each = ", ".join(f"{count} {one.name}" for count, one in zip(self.prototypes, self.counts, strict=True))
        pruned = f", {self.pruned} were pruned" if self.pruned else ""
        certificate = (
            [] if self.radius is None else [f"- Median certified radius of what is classified rightly: {self.radius:.4g}"]
        )
        random = "" if self.pretrained else " It began with RANDOM WEIGHTS and learned from these pictures alone."
        return [
            f"- Model: {WHAT[self.system]}",
            *([f"- Backbone: {self.weights}.{random}"] if self.pictures else []),
            f"- Prototypes: {each}; {self.distinct} on different places{pruned}. Each is a place of a training input.",
            f"- Preprocessing: {self.preprocessing}",
            f"- Data: {self.data} ({sizes}), license: {self.data_license}, SHA-256 {self.data_digest}",
            f"- Split: SHA-256 {self.split_digest}, seed {self.recipe.seed}",
            f"- Settings: {', '.join(f'{name}={value!r}' for name, value in asdict(self.recipe).items())}",
            *certificate,
            *score_lines(self.scores, self.versions, "pictures" if self.pictures else "rows"),
        ]
