"""When kernel SHAP lets boosted trees foresee part of the game, and what it says of that."""

from typing import Literal, Protocol

import torch

from xaivision.core.access import Access
from xaivision.core.errors import InputError
from xaivision.core.question import Question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.game import ValueFunction
from xaivision.engines.shapley_regression import regression_estimate, shapley_fit
from xaivision.engines.stopping import Estimate
from xaivision.engines.tree_adjustment import adjusted_fit, adjustment_pays
from xaivision.explainers.shapley_budget import Sampling, most_coalitions
from xaivision.explainers.shapley_sampling import Sampler

Adjust = bool | Literal["auto"]


class AdjustedSampling(Sampling, Protocol):
    """The settings of a method that may be adjusted."""

    @property
    def adjust(self) -> Adjust: ...


def check_adjust(adjust: object) -> None:
    """Raises: InputError, where it is neither a truth value nor "auto"."""
    if not (isinstance(adjust, bool) or (isinstance(adjust, str) and adjust == "auto")):
        raise InputError(f"`adjust` must be True, False or 'auto'. Got {adjust!r}.")


def leverage_sampler(q: Question, settings: AdjustedSampling) -> Sampler:
    """Leverage sampling and the constrained regression, of what trees leave where that pays or was asked for."""

    def sampler(game: ValueFunction, players: int, generator: torch.Generator) -> Estimate:
        draw = LeverageDraw(players, generator)
        fit = adjusted_fit if _adjusts(q, settings, players) else shapley_fit
        return lambda budget: regression_estimate(game, draw, budget, fit)

    return sampler


def _adjusts(q: Question, settings: AdjustedSampling, players: int) -> bool:
    """What was asked for, or whether it pays: by the settings and the model alone, so the same question has the same answer on
    every machine.
    """
    if settings.adjust != "auto":
        return bool(settings.adjust)
    rows = 1 if settings.background is None else len(settings.background)
    most = most_coalitions(settings, players)
    return adjustment_pays(players, most, rows, _weights(q), q.model.domain == "image")


def _weights(q: Question) -> int:
    """How many numbers the model has learned; 0 where it does not say, or what it is made of was not granted."""
    if not isinstance(q.model, TorchClassifier) or q.model.access < Access.WEIGHTS:
        return 0
    return sum(one.numel() for one in q.model.model.parameters())
