"""What a classifier by distributions says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from xaivision.core.origin import library_versions
from xaivision.models.class_counts import ClassCounts
from xaivision.models.distributions.distribution_recipe import DistributionRecipe
from xaivision.models.learned_card import LearnedCard
from xaivision.models.score_lines import score_lines
from xaivision.models.trained_scores import TrainedScores


@dataclass(frozen=True)
class DistributionCard(LearnedCard):
    """The card of a classifier by distributions: of what, on what, how, and how well.

    `losses`: the validation loss after the distributions were put on their classes, and after each cycle, of which the one
    numbered `kept_cycle`, the first 0, was kept. `recognized`: the share of the prototypes' decoded draws that are called
    their class. `reconstruction`: the mean squared error of the test inputs, in [0, 1] or standardized columns.
    `off_diagonal`: the largest size of what a prototype says of another class, beside the least that one says of its own,
    `diagonal`. The other fields are those of `TrainedCard`.
    """

    name: str
    weights: str
    pretrained: bool
    preprocessing: str
    parameters: int
    pictures: bool
    data: str
    data_license: str
    data_digest: str
    split_digest: str
    counts: tuple[ClassCounts, ...]
    recipe: DistributionRecipe
    losses: tuple[float, ...]
    kept_cycle: int
    recognized: float
    reconstruction: float
    diagonal: float
    off_diagonal: float
    scores: TrainedScores
    versions: Mapping[str, str] = field(default_factory=library_versions)

    @property
    def inputs(self) -> str:
        """What its inputs are called."""
        return "pictures" if self.pictures else "rows"

    def _facts(self) -> list[str]:
        unit = "pixel in [0, 1]" if self.pictures else "standardized column"
        mixed = f", a mixture of {self.recipe.components}" if self.recipe.components > 1 else ""
        kind = "; variational" if self.recipe.encoder == "variational" else ""
        return [
            f"- Model: Prob-PSENN: a distribution for each class{mixed}, between encoder and decoder{kind} (arXiv:2403.13740)",
            f"- Backbone: none. Encoder and decoder began with random weights and learned from these {self.inputs} alone.",
            f"- Of the prototypes' decoded draws {self.recognized:.1%} are called their own class",
            f"- Reconstruction: mean squared error {self.reconstruction:.4g} of a {unit} of the test {self.inputs}",
            f"- Weights of squared distances: {self.diagonal:.4g} or more for the own class, {self.off_diagonal:.4g} or less in "
            "size for others",
            *self._learning_lines(asdict(self.recipe)),
            *score_lines(self.scores, self.versions, self.inputs),
        ]
