"""Shapley interactions: Shapley values split into what each player does alone and what each pair does together."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.game import Game
from xaivision.engines.grouping import Groups
from xaivision.engines.segments import SegmentsSetting
from xaivision.engines.shapley_interactions import InteractionEstimate, least_budget, sampled_interactions
from xaivision.explainers.absence import Absent
from xaivision.explainers.background import check_background
from xaivision.explainers.doubts import MOSTLY_CHANCE
from xaivision.explainers.players import games_of
from xaivision.explainers.shapley_answer import shapley_answer
from xaivision.explainers.shapley_budget import default_budget

# So many evaluations for each one that is needed at the least, where no budget is given.
COMFORT = 3


@dataclass(frozen=True, eq=False)
class ShapleyInteractions:
    """Shapley values of segments or columns, with the (M, M) matrix of interactions that each input's sum up from.

    At (i, j) stands half of what the two gain together beyond what each gains, on the diagonal what is left of the player's
    Shapley value (k-SII of order 2): the matrix is symmetric, its rows sum to the Shapley values, all of it to the change of
    the score. Where the `budget`, in coalitions an input, holds all coalitions they are exact, else the solution of a
    regression over leverage-drawn ones, which takes about 1.5 M^2 of them at the least. None: 1024, 8 a player, or three
    times that least, whatever is most. `segments`, `groups`, `baseline` and `background` are as in `kernel_shap`.
    """

    about: ClassVar[About] = About(
        name="shapley_interactions",
        answers="How much of each segment's or column's share is its own, and how much is due to each other one beside it?",
        misleads="Three that act together show as pairs; a pair says that absence of both matters otherwise, not that one causes "
        "the other.",
        cost="as many forwards as `budget` (1024 by default, or 9 for each pair of segments or columns), times "
        "the rows of a background",
        source="Grabisch, Roubens, 1999, doi:10.1007/s001820050125; Bordt, von Luxburg, 2023, arXiv:2209.04012; sampled: "
        "Fumagalli et al., 2024, arXiv:2405.10852",
        needs=Access.SCORES,
    )

    budget: int | None = None
    segments: SegmentsSetting = "slic"
    groups: Groups | None = None
    baseline: Absent = "auto"
    background: Tensor | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if self.budget is not None:
            check_positive_integer("budget", self.budget)
        if self.background is not None:
            check_background(self.background)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions (B, 1, H, W), or (B, F), which sum to the change of the score, with `interactions`, (M, M) an input."""
        with question(self, model, inputs, targets, seed=seed) as q:
            played = games_of(q, self)
            found = [self._estimate(q, game) for game in played.games]
            _tell(q, found)
            made = shapley_answer(played, [one.estimate for one in found])
            return replace(made, interactions=tuple(one.matrix.to(made.values) for one in found))

    def _estimate(self, q: Question, game: Game) -> InteractionEstimate:
        most = self.budget or max(default_budget(game.players), COMFORT * least_budget(game.players))
        # The same draws for each input: a result does not depend on the place in the batch.
        return sampled_interactions(game, LeverageDraw(game.players, q.generator()), most)


def _tell(q: Question, found: list[InteractionEstimate]) -> None:
    """Say of each input how well its interactions are known, and doubt what is mostly chance."""
    for row, one in enumerate(found):
        asked = f"{one.estimate.coalitions:,} coalitions"
        if one.estimate.exact:
            q.note(Note("ok", f"all {asked} were scored: the interactions are exact", (row,)))
            continue
        off = one.matrix - torch.diag(one.matrix.diagonal())
        chance, whole = float(one.standard_error.square().sum()), float(off.square().sum())
        share = min(chance / whole, 1.0) if whole > 0 else 0.0
        if share > MOSTLY_CHANCE:
            text = (
                f"the interactions are mostly chance: their errors make up {share:.0%} of their squares; take a larger `budget`"
            )
            q.note(Note("warn", text, (row,)))
        else:
            text = f"after {asked} the errors of the interactions make up {share:.0%} of their squares"
            q.note(Note("ok", text, (row,)))
