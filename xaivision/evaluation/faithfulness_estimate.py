"""Does each feature's contribution follow the fall of the score without that feature?"""

from dataclasses import dataclass
from typing import ClassVar

import torch

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.baselines import Baseline
from xaivision.engines.regions import grid_regions, sides_of
from xaivision.evaluation.faithfulness_correlation import UNIT
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.set_changes import set_changes


@dataclass(frozen=True, eq=False)
class FaithfulnessEstimate:
    """Pearson correlation of the contribution of each feature with the fall of the score when that feature alone is replaced.

    Features are columns, and of pictures the cells of a grid of at most `grid` times `grid`: each position by itself where the
    picture is no larger than that. `baseline` None: that of the explanation, and "auto" where it names none.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="faithfulness_estimate",
        answers="Does each feature's contribution follow the fall of the score without that feature?",
        misleads="Occlusion is best by definition; features that matter together only are taken for useless.",
        cost="a forward for each column, 197 for pictures by default, once for all maps of a job",
        source="Alvarez-Melis, Jaakkola, 2018, arXiv:1806.07538",
        higher_is_better=True,
        kinds=("contribution",),
        faithfulness=True,
    )

    grid: int = 14
    baseline: Baseline | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("grid", self.grid)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) correlations from -1 to 1; undefined where the map or the score does not vary from feature to feature."""
        with measurement(self, model, explanation) as m:
            regions = grid_regions(sides_of(explanation.query.inputs), self.grid, self.grid)
            each = torch.eye(int(regions.max()) + 1, dtype=torch.bool, device="cpu")
            found = set_changes(m, regions, each, self.baseline, seed)
            return m.scores(found.correlation(), UNIT, notes=found.notes)
