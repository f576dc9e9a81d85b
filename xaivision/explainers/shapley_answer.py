"""The answer of methods that estimate Shapley values: contributions that add up, with their errors."""

from dataclasses import replace

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.explainers.players import PlayerGames


def shapley_answer(played: PlayerGames, found: list[ShapleyEstimate]) -> Attribution:
    """The estimates, one an input, as contributions that add up, with their errors and intervals."""
    if all(one.standard_error is None for one in found):
        return played.attribution([one.values for one in found], adds_up=True)
    made = played.attribution([one.values for one in found], standard_errors=[_error(one) for one in found], adds_up=True)
    factors = torch.tensor([one.interval_factor for one in found], dtype=torch.float64, device="cpu")
    return replace(made, diagnostics=replace(made.diagnostics, interval_factor=factors))


def _error(found: ShapleyEstimate) -> Tensor:
    """(M,) NaN where it is unknown of this input, and known of others."""
    return torch.full_like(found.values, torch.nan) if found.standard_error is None else found.standard_error
