"""Kernel SHAP: Shapley values by a weighted regression over coalitions."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.engines.grouping import Groups
from xaivision.engines.segments import SegmentsSetting
from xaivision.explainers.absence import Absent
from xaivision.explainers.shapley_budget import check_sampling
from xaivision.explainers.shapley_sampling import sampled_shapley
from xaivision.explainers.tree_adjusted import Adjust, check_adjust, leverage_sampler


@dataclass(frozen=True, eq=False)
class KernelShap:
    """Shapley values of segments or columns, each player's spread evenly over its features, by regression over coalitions.

    Coalitions are drawn in complement pairs, as many of each size as of any other and none twice (leverage sampling); that
    the values add up is a constraint. Where the `budget`, in coalitions an input, holds all of them, they are enumerated and
    the values exact. None: 1024, or 8 a player where that is more. With a `target_error` the draw goes on until the 95 %
    intervals of the `top` largest values are within +- that many score units, and ends at the budget (None: 8 times the
    default) at the latest. Players are the `segments` of a picture, the columns of a table or its `groups`. Absent ones take
    the `baseline`, or in turn all rows of a `background`, over which the score is averaged.

    `adjust`: boosted trees learn what the game is beyond its linear part, and the regression is of what they leave. On tables
    that takes 2 to 4 times fewer evaluations for the same error; it costs 0.1 to 0.25 ms a coalition. "auto" does it where
    coalitions cost more than that: for images, backgrounds of 50 rows and more, and networks of which a coalition takes a
    million products; not where the budget holds a quarter of all coalitions.
    """

    about: ClassVar[About] = About(
        name="kernel_shap",
        answers="How is the change of the score from the baseline shared fairly among segments or columns?",
        misleads="Absent features make inputs the model was never trained on; correlated ones share what either could do alone.",
        cost="as many forwards as `budget` (1024 by default, or 8 a player), times the rows of a background",
        source="Lundberg, Lee, 2017, arXiv:1705.07874; Musco, Witter, 2024, arXiv:2410.01917; "
        "Witter, Liu, Musco, 2025, arXiv:2506.11849",
        needs=Access.SCORES,
    )

    budget: int | None = None
    target_error: float | None = None
    top: int = 5
    segments: SegmentsSetting = "slic"
    groups: Groups | None = None
    baseline: Absent = "auto"
    background: Tensor | None = None
    adjust: Adjust = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_sampling(self)
        check_adjust(self.adjust)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions (B, 1, H, W), or (B, F), which sum to the change of the score, with standard errors."""
        with question(self, model, inputs, targets, seed=seed) as q:
            return sampled_shapley(q, self, leverage_sampler(q, self))
