"""Gradient counterfactuals: the nearest place where the decision turns, along the gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.searching import Search
from xaivision.engines.counterfactuals.space import Room
from xaivision.engines.counterfactuals.walking import Walk, walked
from xaivision.explainers.counterfactuals.hunting import Asking, hunted, one_by_one, scene_of
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.wishes import Wishes


@dataclass(frozen=True, eq=False, repr=False)
class GradientCounterfactuals(Wishes):
    """The nearest rows with the class to reach, by steps along the model's tangent, exact in the `norm` for a linear model.

    That is a linear torch module: an estimator of scikit-learn gives no gradients, a linear one neither, and is refused. With
    several wanted, the others move random halves of the columns only. Categories and linked columns, which have no
    gradient, are swapped on trial: the one, two, three swaps that help most for their cost are starting places as well.
    `maxiterations`: steps at most. All other settings are those of `Wishes`.
    """

    about: ClassVar[About] = About(
        name="gradient_counterfactuals",
        answers="What is the smallest change of the numbers that turns the prediction?",
        misleads="The nearest point over the border is often no plausible case: it says where the border is, not what to do.",
        cost="5 to 40 gradients a way, 1 + 2 a counterfactual ways, and some hundreds of forwards",
        source="Wachter et al., 2017, arXiv:1711.00399, by the steps of DeepFool, arXiv:1511.04599",
        needs=Access.GRADIENTS,
        domains=("tabular",),
        instead=("genetic_counterfactuals", "growing_spheres"),
    )

    maxiterations: int = 40

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive_integer("maxiterations", self.maxiterations)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, F) rows, nearest first, each asked about again in its final form."""
        with scene_of(self, self, Asking(model, inputs, targets, seed)) as scene:
            return hunted(scene, one_by_one(self._propose))

    def _propose(self, scene: Scene, room: Room, index: int) -> Search:
        ways = 1 if self.total_CFs == 1 else 1 + 2 * self.total_CFs
        return walked(room, Walk(self.maxiterations, ways), scene.generator())
