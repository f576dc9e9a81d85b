"""Growing spheres: the nearest row on the other side that random directions find."""

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
from xaivision.engines.counterfactuals.shells import shrinking_spheres
from xaivision.engines.counterfactuals.space import Room
from xaivision.explainers.counterfactuals.hunting import Asking, hunted, one_by_one, scene_of
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.wishes import Wishes


@dataclass(frozen=True, eq=False, repr=False)
class GrowingSpheres(Wishes):
    """Rows with the class to reach on spheres around the input, of which the smallest that holds one counts.

    `sample_size` rows lie on each helping of spheres. Which columns need not change is found out afterwards. All other
    settings are those of `Wishes`.
    """

    about: ClassVar[About] = About(
        name="growing_spheres",
        answers="How near is the nearest row of another class, in any direction?",
        misleads="A row on a sphere changes a little of everything, and need not look like any real case. In many columns random "
        "directions miss the shortest way.",
        cost="3 to 8 times `sample_size` forwards (1000 by default), and some hundreds to take back what is not needed",
        source="Laugel et al., 2017, arXiv:1712.08443",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    anywhere: ClassVar[bool] = True

    sample_size: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive_integer("sample_size", self.sample_size)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, F) rows, nearest first, each asked about again in its final form."""
        with scene_of(self, self, Asking(model, inputs, targets, seed)) as scene:
            return hunted(scene, one_by_one(self._propose))

    def _propose(self, scene: Scene, room: Room, index: int) -> Search:
        return shrinking_spheres(room, self.sample_size, scene.generator())
