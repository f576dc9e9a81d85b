"""Exact Shapley values: every coalition there is."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.question import question
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.coalition_enumeration import MOST_PLAYERS, enumerable, exact_estimate
from xaivision.engines.grouping import Groups
from xaivision.engines.segments import SegmentsSetting
from xaivision.explainers.absence import Absent
from xaivision.explainers.background import check_background
from xaivision.explainers.players import games_of
from xaivision.explainers.shapley_answer import shapley_answer


@dataclass(frozen=True, eq=False)
class ExactShapley:
    """Shapley values of segments or columns out of the scores of all coalitions, spread evenly over each player's features.

    All 2^M coalitions of the M players have to fit the `budget`, in coalitions an input. Players are the `segments` of a
    picture, the columns of a table or its `groups`. Absent ones take the `baseline`, or in turn all rows of a `background`,
    over which the score is averaged.
    """

    about: ClassVar[About] = About(
        name="exact_shapley",
        answers="How is the change of the score from the baseline shared fairly among segments or columns, with nothing sampled?",
        misleads="Exact is the sum, not the question: absent features make inputs the model was never trained on.",
        cost="2^M forwards for M segments or columns (14 of them at most by default), times the rows of a background",
        source="Shapley, 1953, DOI 10.1515/9781400881970-018; Strumbelj, Kononenko, JMLR 2010",
        needs=Access.SCORES,
    )

    budget: int = 2**14
    segments: SegmentsSetting = "slic"
    groups: Groups | None = None
    baseline: Absent = "auto"
    background: Tensor | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        if self.background is not None:
            check_background(self.background)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions (B, 1, H, W), or (B, F), which sum to the change of the score."""
        with question(self, model, inputs, targets, seed=seed) as q:
            played = games_of(q, self)
            self._check_fits(max(game.players for game in played.games))
            return shapley_answer(played, [exact_estimate(game, game.players) for game in played.games])

    def _check_fits(self, players: int) -> None:
        if enumerable(players, self.budget):
            return
        remedy = "Take `kernel_shap`, which samples them, or make fewer players with `segments` or `groups`"
        if players <= MOST_PLAYERS:
            remedy = f"{remedy}, or set `budget` to {2**players}"
        raise InputError(f"`budget` must hold all 2^{players} coalitions of {players} players. Got {self.budget}. {remedy}.")
