"""What a classifier that was trained on a dataset says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from xaivision.core.origin import library_versions
from xaivision.models.class_counts import ClassCounts
from xaivision.models.learned_card import LearnedCard
from xaivision.models.score_lines import score_lines
from xaivision.models.trained_scores import TrainedScores
from xaivision.models.transfer_recipe import TransferRecipe


@dataclass(frozen=True)
class TrainedCard(LearnedCard):
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

    def _facts(self) -> list[str]:
        random = "" if self.pretrained else " RANDOM WEIGHTS: the backbone had learned nothing."
        tuned = f"its last {self.recipe.tuned_blocks} blocks" if self.recipe.tuned_blocks else "nothing but the last layer"
        return [
            f"- Backbone: {self.weights}.{random}",
            f"- Tuned: {tuned}",
            *self._learning_lines(asdict(self.recipe)),
            *score_lines(self.scores, self.versions, self.inputs),
        ]
