"""Genetic counterfactuals: a population of rows that becomes nearer and sparser."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.settings import check_number_from_zero, check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.evolution import Evolution, evolved
from xaivision.engines.counterfactuals.searching import Search
from xaivision.explainers.counterfactuals.hunting import Asking, hunted, scene_of
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.wishes import Wishes

# Rows that live at a time, for each counterfactual that is wanted, and at least.
POPULATION, LEAST_POPULATION = 25, 100


@dataclass(frozen=True, eq=False, repr=False)
class GeneticCounterfactuals(Wishes):
    """Rows with the class to reach, bred from the nearest unlike neighbors in the `background` and from random rows.

    Parents are those that hold at the least `proximity_weight` times cost plus `sparsity_weight` times changed columns. It ends
    after `maxiterations` generations, or with one whose best is better by less than the share `thresh`.
    All other settings are those of `Wishes`.
    """

    about: ClassVar[About] = About(
        name="genetic_counterfactuals",
        answers="Which near and sparse change turns the prediction, found by crossing and mutating candidates?",
        misleads="Values that are mixed of several cases need not occur together. Another seed may find another set.",
        cost="1 forward an example of the background, a population (100 by default) a generation, mostly 3 to 15 of them",
        source="Schleich et al., GeCo, 2021, arXiv:2101.01292; as in DiCE, arXiv:1905.07697",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    maxiterations: int = 500
    thresh: float = 0.01
    sparsity_weight: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive_integer("maxiterations", self.maxiterations)
        check_number_from_zero("thresh", self.thresh)
        check_number_from_zero("sparsity_weight", self.sparsity_weight)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, F) rows, nearest first, each asked about again in its final form."""
        with scene_of(self, self, Asking(model, inputs, targets, seed)) as scene:
            return hunted(scene, self._propose)

    def _propose(self, scene: Scene, owners: Tensor) -> Search:
        population = max(LEAST_POPULATION, POPULATION * self.total_CFs)
        plan = Evolution(population, self.maxiterations, self.thresh, self.proximity_weight, self.sparsity_weight)
        first = [rows[: population // 2] for rows in scene.nearest(owners, self.sparsity_weight)]
        return evolved(scene.rooms, owners, first, plan, scene.generator())
