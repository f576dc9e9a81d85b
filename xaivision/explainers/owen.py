"""Owen values: Shapley values in which groups of features stay together."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.game import Game
from xaivision.engines.grouping import Groups
from xaivision.engines.owen import Group, HierarchyDraw, exact_cost, exact_owen
from xaivision.engines.permutation_sampling import permutation_estimate
from xaivision.engines.segments import SegmentsSetting
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.engines.stopping import Estimate
from xaivision.explainers.absence import Absent
from xaivision.explainers.player_hierarchy import Hierarchy, check_hierarchy_setting, player_hierarchy
from xaivision.explainers.players import games_of
from xaivision.explainers.shapley_budget import check_sampling
from xaivision.explainers.shapley_sampling import explored


@dataclass(frozen=True, eq=False)
class Owen:
    """Owen values of segments or columns, each player's spread evenly over its features: mean gains along orders in which
    every group of the `hierarchy` stays together.

    `hierarchy`: nested lists of columns, by name or number, what they leave out standing alone; for pictures nested lists of
    segment numbers, a label map (H, W) or (B, H, W) of coarser regions, or "quadrants", which divides the picture, then its
    quarters, until four segments are together. Where the coalitions that such orders can meet fit the `budget`, they are all
    scored and the values exact; else orders are drawn, and gone through there and back, with standard errors. `budget`,
    `target_error` and `top`, the players' `segments` and `groups`, and what stands for absent ones, `baseline` and `background`,
    are as in `kernel_shap`.
    """

    about: ClassVar[About] = About(
        name="owen",
        answers="How is the change of the score shared among groups of segments or columns, and within each group among its own?",
        misleads="The groups are the caller's choice, and others give other values: of what members do with those of another "
        "group, it counts only what they do with the whole of it.",
        cost="as many forwards as `budget` at most (1024 by default, or 8 a player), times the rows of a background",
        source="Owen, 1977, doi:10.1007/978-3-642-45494-3_7; Winter, Int. J. Game Theory 18, 227-240, 1989",
        needs=Access.SCORES,
    )

    hierarchy: Hierarchy = "quadrants"
    budget: int | None = None
    target_error: float | None = None
    top: int = 5
    segments: SegmentsSetting = "slic"
    groups: Groups | None = None
    baseline: Absent = "auto"
    background: Tensor | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_hierarchy_setting(self.hierarchy)
        check_sampling(self)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions (B, 1, H, W), or (B, F), which sum to the change of the score, with standard errors."""
        with question(self, model, inputs, targets, seed=seed) as q:
            played = games_of(q, self)
            found = [player_hierarchy(q, self.hierarchy, labels, row) for row, labels in enumerate(played.players)]
            pairs = zip(played.games, found, strict=True)
            return explored(q, self, played, [_estimator(q, game, group) for game, group in pairs])


def _estimator(q: Question, game: Game, group: Group) -> Estimate:
    """All coalitions that matter where the budget holds them, else random orders, each there and back."""
    # The same draws for each input: a result does not depend on the place in the batch.
    draw = HierarchyDraw(group, q.generator())

    def estimate(budget: int) -> ShapleyEstimate:
        if exact_cost(group, budget) is not None:
            return exact_owen(game, group)
        return permutation_estimate(game, draw, budget)

    return estimate
