"""Random counterfactuals: values drawn for a growing number of columns."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.random_changes import random_changes
from xaivision.engines.counterfactuals.searching import Search
from xaivision.explainers.counterfactuals.hunting import Asking, hunted, scene_of
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.wishes import Wishes

# So many times what is wanted is found before drawing ends: a set is chosen from it.
CHOICE = 5


@dataclass(frozen=True, eq=False, repr=False)
class RandomCounterfactuals(Wishes):
    """Rows with the class to reach, found among `sample_size` with one, two, three and more columns drawn anew.

    What is not needed is taken back, and numbers go back toward the input as far as the class holds. All other settings
    are those of `Wishes`.
    """

    about: ClassVar[About] = About(
        name="random_counterfactuals",
        answers="Which few values, drawn anew, turn the prediction?",
        misleads="Drawn values need not occur together in any real case, and near ones may be missed.",
        cost="up to `sample_size` forwards (1000 by default), and some hundreds to take back what is not needed",
        source="Mothilal et al., 2020, arXiv:1905.07697",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    sample_size: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive_integer("sample_size", self.sample_size)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, F) rows, nearest first, each asked about again in its final form."""
        with scene_of(self, self, Asking(model, inputs, targets, seed)) as scene:
            return hunted(scene, self._propose)

    def _propose(self, scene: Scene, owners: Tensor) -> Search:
        return random_changes(scene.rooms, owners, self.sample_size, CHOICE * self.total_CFs, scene.generator())
