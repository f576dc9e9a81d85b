"""When kernel SHAP lets boosted trees foresee part of the game, and what it says of that."""

from dataclasses import replace
from typing import Literal, Protocol

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.question import Question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.game import ValueFunction
from xaivision.engines.shapley_regression import regression_estimate, shapley_fit
from xaivision.engines.stopping import Estimate
from xaivision.engines.tree_adjustment import adjusted_fit, adjustment_pays
from xaivision.explainers.shapley_sampling import Sampling, most_evaluations

Adjust = bool | Literal["auto"]


class AdjustedSampling(Sampling, Protocol):
    """The settings of a method that may be adjusted."""

    @property
    def adjust(self) -> Adjust: ...


def check_adjust(adjust: object) -> None:
    """Raises: InputError, where it is neither a truth value nor "auto"."""
    if not (isinstance(adjust, bool) or (isinstance(adjust, str) and adjust == "auto")):
        raise InputError(f"`adjust` must be True, False or 'auto'. Got {adjust!r}.")


class LeverageSampler:
    """Leverage sampling and the constrained regression, of what trees leave where that pays or was asked for.

    Whether it pays follows from the settings and the model alone, so the same question has the same answer on every machine.
    """

    def __init__(self, q: Question, settings: AdjustedSampling) -> None:
        self._q = q
        self._settings = settings
        self._adjusted: list[float] = []  # for each input the coalitions there are, 0 where trees have no part

    def __call__(self, game: ValueFunction, players: int, generator: torch.Generator) -> Estimate:
        draw, adjusts = LeverageDraw(players, generator), self._adjusts(players)
        self._adjusted.append(2.0**players if adjusts else 0.0)
        return lambda budget: regression_estimate(game, draw, budget, adjusted_fit if adjusts else shapley_fit)

    def told(self, answer: Attribution) -> Attribution:
        """The answer with a note of the inputs that trees had a part in."""
        asked = answer.diagnostics.evaluations
        sizes = zip([] if asked is None else asked.tolist(), self._adjusted, strict=False)
        rows = tuple(row for row, (evaluations, all_there_are) in enumerate(sizes) if evaluations < all_there_are)
        if not rows:
            return answer
        note = Note("ok", "the regression is of what boosted trees leave of the game (`adjust`)", rows)
        return replace(answer, diagnostics=replace(answer.diagnostics, notes=(*answer.diagnostics.notes, note)))

    def _adjusts(self, players: int) -> bool:
        if self._settings.adjust != "auto":
            return bool(self._settings.adjust)
        background: Tensor | None = self._settings.background
        rows = 1 if background is None else len(background)
        most = most_evaluations(self._settings, players)
        return adjustment_pays(players, most, rows, _weights(self._q), self._q.model.domain == "image")


def _weights(q: Question) -> int:
    """How many numbers the model has learned; 0 where it does not say."""
    return sum(one.numel() for one in q.model.model.parameters()) if isinstance(q.model, TorchClassifier) else 0
