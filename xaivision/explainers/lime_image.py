"""LIME for pictures: a linear model of the score, over segments that are there or hidden."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.settings import check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.core.targets import Targets
from xaivision.engines.coin_flips import coin_flips, cosine_kernel
from xaivision.engines.game import Game
from xaivision.engines.ridge import LinearFit, weighted_ridge
from xaivision.engines.segments import SegmentsSetting
from xaivision.explainers.absence import Absent
from xaivision.explainers.doubts import chance_doubts
from xaivision.explainers.players import games

# A linear model of K coefficients explains K of n random values by chance alone: from this share on, R2 says little.
MOSTLY_FITTED = 0.2


@dataclass(frozen=True, eq=False)
class LimeImage:
    """What each segment adds to the score in a linear model of it near the picture, shared evenly among its pixels (B, 1, H, W).

    `budget` coalitions hide each segment by the toss of a coin (the first hides none), weighted by
    sqrt(exp(-d^2 / `kernel_width`^2)) of their cosine distance d to the whole; ridge regression with penalty `alpha`.
    `segments`: a name, a segmenter or a label map. `baseline`: what hides, "segment_mean" as lime does, or as everywhere;
    where segments are of a pixel or two, their mean hides nothing and that of the whole picture is taken, with a warning.
    `diagnostics.local_fit` is the weighted R2: below 0.5, where more of the score's movement is missed than told, the verdict
    warns. `diagnostics.standard_error` is that of the draw of coalitions; it does not count the shrinkage by `alpha`.
    """

    about: ClassVar[About] = About(
        name="lime_image",
        answers="What does each segment add to the score, in the linear model that fits best near this picture?",
        misleads="The segments and what hides them decide as much as the model does; what only counts together is not told, and "
        "the penalty shrinks everything where the budget is small.",
        cost="1 forward a coalition (1,000 by default) + 1 for the baseline",
        source="Ribeiro, Singh, Guestrin, 2016, arXiv:1602.04938",
        needs=Access.SCORES,
        domains=("image",),
    )

    segments: SegmentsSetting = "slic"
    baseline: Absent = "segment_mean"
    budget: int = 1000
    kernel_width: float = 0.25
    alpha: float = 1.0

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        check_positive_number("kernel_width", self.kernel_width)
        check_number_from_zero("alpha", self.alpha)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions: the coefficients. They need not add up to the change of the score."""
        with question(self, model, inputs, targets, seed=seed) as q:
            asked = games(q, segments=self.segments, baseline=self.baseline)
            for index, game in enumerate(asked.games):
                self._check_budget(q, game.players, index)
            fits = [self._fitted(game, q.generator("coalitions")) for game in asked.games]
            errors = [fit.standard_errors for fit in fits]
            answer = asked.attribution([fit.coefficients for fit in fits], standard_errors=errors)
            chance_doubts(q, answer.values, answer.diagnostics.standard_error, "budget")
            local_fit = torch.tensor([fit.fit for fit in fits], dtype=torch.float64, device="cpu")
            told = replace(answer.diagnostics, local_fit=local_fit, notes=tuple(q.notes))
            return replace(answer, diagnostics=told)

    def _fitted(self, game: Game, draws: torch.Generator) -> LinearFit:
        coalitions = coin_flips(game.players, self.budget, draws)
        return weighted_ridge(coalitions, game(coalitions), cosine_kernel(coalitions, self.kernel_width), self.alpha)

    def _check_budget(self, q: Question, players: int, index: int) -> None:
        """Raises: InputError, where there are not even as many coalitions as numbers to fit and one to tell the error."""
        if self.budget < players + 2:
            raise InputError(
                f"`budget` must be at least {players + 2} for the {players} segments of input {index}. Got {self.budget}. "
                "Take a larger one, or fewer segments."
            )
        if players > MOSTLY_FITTED * self.budget:
            text = (
                f"{self.budget} coalitions are few for so many segments: the local model would explain more than "
                f"{MOSTLY_FITTED:.0%} of pure chance; take a larger `budget`, or fewer segments"
            )
            q.note(Note("warn", text, (index,)))
