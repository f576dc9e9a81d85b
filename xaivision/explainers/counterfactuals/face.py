"""FACE: a known case of another class that a path through dense cases leads to."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.density_paths import densest_paths
from xaivision.engines.counterfactuals.searching import Search
from xaivision.engines.counterfactuals.space import Room
from xaivision.explainers.counterfactuals.hunting import Asking, hunted, one_by_one, scene_of
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.wishes import Wishes

# With fewer neighbors paths end in small islands.
LEAST_NEIGHBORS = 5


@dataclass(frozen=True, eq=False, repr=False)
class Face(Wishes):
    """Rows of the `background` with the class to reach, at the end of the shortest paths through cases that are near each other.

    A path goes from case to one of its nearest `fraction` of all (at least 5), and is longer where cases are sparse. Only cases
    that the row may become count: with the same values wherever it may not change. They are handed out as they are
    (`posthoc_sparsity_param` None): any change would leave where cases are. All other settings are those of `Wishes`.
    """

    about: ClassVar[About] = About(
        name="face",
        answers="Which known case of another class can be reached through cases like it, step by step?",
        misleads="It hands out known cases, and changes nearly every column. Where columns may not change few cases are left.",
        cost="1 forward an example of the background; its distances to each other, n^2 of them, take longer",
        source="Poyiadzi et al., FACE, 2020, arXiv:1909.09369",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    posthoc_sparsity_param: float | None = None
    fraction: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.fraction, bool) or not isinstance(self.fraction, int | float) or not 0 < self.fraction <= 1:
            raise InputError(f"`fraction` must be a number above 0, up to 1. Got {self.fraction!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, F) rows, nearest first, each asked about again in its final form."""
        with scene_of(self, self, Asking(model, inputs, targets, seed)) as scene:
            return hunted(scene, one_by_one(self._propose))

    def _propose(self, scene: Scene, room: Room, index: int) -> Search:
        neighbors = max(LEAST_NEIGHBORS, round(self.fraction * len(scene.background)))
        return densest_paths(room, scene.background, scene.wished(int(scene.goals[index])), neighbors, self.total_CFs)
