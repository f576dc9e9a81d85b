"""What a classifier by a tree says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from xaivision.core.origin import library_versions
from xaivision.models.class_counts import ClassCounts
from xaivision.models.learned_card import LearnedCard
from xaivision.models.score_lines import score_lines
from xaivision.models.trained_scores import TrainedScores
from xaivision.models.trees.tree_recipe import TreeRecipe

# With less, the patches that a walk shows are not what decided.
CAUSAL = 0.3


@dataclass(frozen=True)
class TreeCard(LearnedCard):
    """The card of a classifier by a tree: of what, on what, how, and how well.

    `losses`: the validation loss after each cycle, of which `kept_cycle` was kept. `used_leaves`: how many end the walks of more
    than 2 % of the test pictures. `path_alone`: the accuracy on them when only the patches of a walk are there;
    `path_swapped`: when these show what another picture has at the same places. Patches that decide cost at least 0.3 when
    they are swapped. The other fields are those of `TrainedCard`.
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
    recipe: TreeRecipe
    layer: str
    losses: tuple[float, ...]
    kept_cycle: int
    used_leaves: int
    path_alone: float
    path_swapped: float
    scores: TrainedScores
    versions: Mapping[str, str] = field(default_factory=library_versions)

    @property
    def swap_cost(self) -> float:
        """By how much the accuracy falls when the patches of a walk are another picture's."""
        return self.scores.accuracy - self.path_swapped

    def _facts(self) -> list[str]:
        random = "" if self.pretrained else " It began with RANDOM WEIGHTS and learned from these pictures alone."
        verdict = "they decide" if self.swap_cost >= CAUSAL else "the patches shown are DECORATION"
        return [
            "- Model: ViTree: a tree that looks at one patch at every step and goes one way (arXiv:2401.17050)",
            f"- Backbone: {self.weights}, tokens of `{self.layer}`.{random}",
            f"- Tree: {self.recipe.depth} steps from a root that is {self.recipe.root}; {self.used_leaves} of "
            f"{2**self.recipe.depth} leaves used by more than 2 % of the test pictures",
            f"- Patches of the walk alone: accuracy {self.path_alone:.4f}; another picture's in their place: "
            f"{self.path_swapped:.4f}, which costs {self.swap_cost:.4f}: {verdict}",
            *self._learning_lines(asdict(self.recipe)),
            *score_lines(self.scores, self.versions, self.inputs),
        ]
