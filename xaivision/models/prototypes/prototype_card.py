"""What a classifier by prototypes says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby

from xaivision.core.origin import library_versions
from xaivision.models.class_counts import ClassCounts
from xaivision.models.learned_card import LearnedCard
from xaivision.models.prototypes.prototype_recipe import PrototypeRecipe
from xaivision.models.score_lines import score_lines
from xaivision.models.trained_scores import TrainedScores

WHAT: Mapping[str, str] = {
    "proto_part": "ProtoPNet: similarities to patches of training pictures, and a linear layer (arXiv:1806.10574)",
    "score_aggregation": "prototypes of which each votes for its own class alone (arXiv:2212.05946)",
    "rbf": "RBF network over components, with a certified radius (arXiv:2412.15499)",
    "components": "classification by components, present or absent, with a certified radius (arXiv:2412.15499)",
}


@dataclass(frozen=True)
class PrototypeCard(LearnedCard):
    """The card of a classifier by prototypes: of what, on what, how, and how well.

    `prototypes`: how many of each class are left, `distinct` of them all on different places. `losses`: the validation loss
    after each cycle, of which `kept_cycle` was kept; `moved`: by how much putting prototypes on training inputs raised it
    first, and `fallen`: by how much that lowered the validation accuracy. `radius`: the median certified radius of the test
    inputs that are classified rightly, in standardized columns or, of pictures, in the space of the patches; None where there
    is no certificate. The other fields are those of `TrainedCard`.
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
    fallen: tuple[float, ...]
    kept_cycle: int
    radius: float | None
    scores: TrainedScores
    versions: Mapping[str, str] = field(default_factory=library_versions)

    @property
    def pictures(self) -> bool:
        """Whether it classifies pictures; else rows of a table."""
        return self.backbone != ""

    @property
    def inputs(self) -> str:
        """What its inputs are called."""
        return "pictures" if self.pictures else "rows"

    def _facts(self) -> list[str]:
        each = ", ".join(f"{count} {one.name}" for count, one in zip(self.prototypes, self.counts, strict=True))
        pruned = f", {self.pruned} were pruned" if self.pruned else ""
        unit = ", in the space of the encoder's patches" if self.pictures else ", in standardized columns (L2 norm)"
        certificate = (
            [] if self.radius is None else [f"- Median certified radius of what is classified rightly: {self.radius:.4g}{unit}"]
        )
        random = "" if self.pretrained else " It began with RANDOM WEIGHTS and learned from these pictures alone."
        return [
            f"- Model: {WHAT[self.system]}",
            *([f"- Backbone: {self.weights}.{random}"] if self.pictures else []),
            f"- Prototypes: {each}; {self.distinct} on different places{pruned}. Each is a place of a training input.",
            f"- When prototypes were put on training inputs, cycle by cycle, the validation loss "
            f"{_went(self.moved, ('rose', 'fell'))}; the accuracy {_went(self.fallen, ('fell', 'rose'))}. Kept is cycle "
            f"{self.kept_cycle}.",
            *self._learning_lines(asdict(self.recipe)),
            *certificate,
            *score_lines(self.scores, self.versions, self.inputs),
        ]


def _went(numbers: Sequence[float], words: tuple[str, str]) -> str:
    """Numbers in turn, after the first word while none is negative, and after the second without their sign."""
    runs = groupby((round(number, 3) for number in numbers), lambda number: words[number < 0])
    return ", ".join(f"{word} by {', '.join(f'{abs(number):.3f}' for number in run)}" for word, run in runs)
