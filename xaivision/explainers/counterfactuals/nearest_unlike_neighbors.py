"""Nearest unlike neighbors: what known cases of another class have otherwise."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.settings import check_number_from_zero
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.searching import Search
from xaivision.engines.counterfactuals.transplants import transplants
from xaivision.explainers.counterfactuals.hunting import Asking, hunted, scene_of
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.wishes import Wishes

# So many neighbors for each counterfactual that is wanted: a set is chosen from them.
CHOICE = 5


@dataclass(frozen=True, eq=False, repr=False)
class NearestUnlikeNeighbors(Wishes):
    """Rows that take what they need from the nearest rows of the `background` which the model gives the class to reach.

    `sparsity_weight`: what each changed column counts on top of the distance, as a share of all columns. All other settings are
    those of `Wishes`.
    """

    about: ClassVar[About] = About(
        name="nearest_unlike_neighbors",
        answers="What do the nearest known cases of another class have otherwise?",
        misleads="The nearest known case may be far. With some values taken from it and others kept, a row is no known case any "
        "more.",
        cost="1 forward an example of the background, and some hundreds to take back what is not needed",
        source="Keane and Smyth, 2020, arXiv:2005.13997; as the kd-tree of DiCE, arXiv:1905.07697",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    sparsity_weight: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number_from_zero("sparsity_weight", self.sparsity_weight)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, F) rows, nearest first, each asked about again in its final form."""
        with scene_of(self, self, Asking(model, inputs, targets, seed)) as scene:
            return hunted(scene, self._propose)

    def _propose(self, scene: Scene, owners: Tensor) -> Search:
        return transplants(scene.rooms, owners, scene.nearest(owners, self.sparsity_weight), CHOICE * self.total_CFs)
