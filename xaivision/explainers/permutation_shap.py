"""Permutation SHAP: Shapley values as mean gains along random orders."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.engines.game import ValueFunction
from xaivision.engines.grouping import Groups
from xaivision.engines.permutation_sampling import PermutationDraw, permutation_estimate
from xaivision.engines.segments import SegmentsSetting
from xaivision.engines.stopping import Estimate
from xaivision.explainers.absence import Absent
from xaivision.explainers.shapley_budget import check_sampling
from xaivision.explainers.shapley_sampling import sampled_shapley


@dataclass(frozen=True, eq=False)
class PermutationShap:
    """Shapley values of segments or columns, each player's spread evenly over its features, as mean gains along random orders.

    Each order is gone through there and back, which is exact for interactions of two players; coalitions that come again are
    not asked for again. The `budget`, in coalitions an input, buys the orders (None: 1024, or 8 a player where that is more);
    where it holds all coalitions they are enumerated and the values exact. With a `target_error` more orders are drawn until
    the 95 % intervals of the `top` largest values are within +- that many score units, and at most to the budget (None: 8
    times the default). Players are the `segments` of a picture, the columns of a table or its `groups`. Absent ones take the
    `baseline`, or in turn all rows of a `background`, over which the score is averaged. With up to about 4 evaluations a
    player this errs less than `kernel_shap`, with more of them usually more.
    """

    about: ClassVar[About] = About(
        name="permutation_shap",
        answers="How much does the score change on average when this segment or column joins others in a random order?",
        misleads="Absent features make inputs the model was never trained on; correlated ones share what either could do alone.",
        cost="as many forwards as `budget` (1024 by default, or 8 a player), times the rows of a background",
        source="Castro et al., 2009, doi:10.1016/j.cor.2008.04.004; Mitchell et al., 2022, arXiv:2104.12199",
        needs=Access.SCORES,
    )

    budget: int | None = None
    target_error: float | None = None
    top: int = 5
    segments: SegmentsSetting = "slic"
    groups: Groups | None = None
    baseline: Absent = "auto"
    background: Tensor | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_sampling(self)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions (B, 1, H, W), or (B, F), which sum to the change of the score, with standard errors."""
        with question(self, model, inputs, targets, seed=seed) as q:
            return sampled_shapley(q, self, order_sampler)


def order_sampler(game: ValueFunction, players: int, generator: torch.Generator) -> Estimate:
    """Random orders, each there and back."""
    draw = PermutationDraw(players, generator)
    return lambda budget: permutation_estimate(game, draw, budget)
