"""Shapley values as the solution of a weighted regression in which they sum to what all players gain together.

The sum is a constraint, not a coalition of a large weight: it holds to rounding, and the equations stay well conditioned.
Source: Lundberg, Lee, 2017, arXiv:1705.07874; Covert, Lee, 2021, arXiv:2012.01536
"""

from collections.abc import Callable

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.coalition_sampling import LeverageDraw, PairedSample
from xaivision.engines.game import ValueFunction
from xaivision.engines.shapley_estimate import ShapleyEstimate, at_least_rounding, ends, of_one_player
from xaivision.engines.weighted_regression import SINGULAR, solved

# With fewer evaluations, one pair alone may settle a value, and nothing is left to tell the error by.
EVALUATIONS_A_PLAYER, EVALUATIONS_BESIDE = 4, 8


def least_budget(players: int) -> int:
    """The fewest evaluations, empty and full coalition included, from which the regression of this many players is fit."""
    return min(1 << players, EVALUATIONS_A_PLAYER * players + EVALUATIONS_BESIDE)


def shapley_fit(sample: PairedSample, values: Tensor, empty: float, full: float) -> ShapleyEstimate:
    """The Shapley values out of the values (2P,) of a sample's coalitions, with their standard errors.

    The error is that of a stratified sample without replacement: what the pairs of one size would move the solution by if
    others had been drawn, none where all of them were.

    Raises: InputError, where these coalitions do not settle the values of all players.
    """
    players = sample.coalitions.shape[1]
    if players == 1:
        return of_one_player(empty, full)
    even = (full - empty) / players
    rows, weights = sample.coalitions[0::2].double(), 2 * sample.weights[0::2]
    # The half difference of two complements is a sum of values that the even-order interactions have no part in.
    halves = (values[0::2].double() - values[1::2].double()) / 2 - even * (rows.sum(1) - players / 2)
    centered, inverse = _equations(rows, weights)
    tilted = solved(centered, halves, weights, inverse)  # values of sum zero
    error, degrees = _chance(tilted.moves, sample)
    error = at_least_rounding(error, values, empty, full)
    return ShapleyEstimate(even + tilted.values, len(values) + 2, error, degrees)


# From a sample, the values of its coalitions, of none and of all, to the players' values.
Fit = Callable[[PairedSample, Tensor, float, float], ShapleyEstimate]


def regression_estimate(game: ValueFunction, draw: LeverageDraw, budget: int, fit: Fit = shapley_fit) -> ShapleyEstimate:
    """What `budget` evaluations of a game give; more of them go on with the same draw. `fit` makes values out of the sample's.

    Raises: InputError, where the budget is below `least_budget`, or the draw does not settle all values.
    """
    players = draw.players
    if budget < least_budget(players):
        raise InputError(
            f"`budget` must be at least {least_budget(players)} for a regression of {players} players. Got {budget}. "
            "Random orders of the players need less, and so do fewer players."
        )
    sample = draw.within(budget)
    empty, full = ends(game, players)
    return fit(sample, game(sample.coalitions), empty, full)


def _chance(moves: Tensor, sample: PairedSample) -> tuple[Tensor, float]:
    """(M,) the standard error of a sum of `moves` (P, M), of which some of each size were drawn, and its degrees of freedom."""
    variance = torch.zeros(moves.shape[1], dtype=torch.float64, device="cpu")
    degrees = 0
    for size in sorted(set(sample.sizes[sample.shares < 1].tolist())):
        chosen = sample.sizes == size
        mine, drawn = moves[chosen], int(chosen.sum())
        undrawn = 1 - sample.shares[chosen][0]
        if drawn > 1:
            mine = mine - mine.mean(0)
        variance += undrawn * drawn / max(1, drawn - 1) * mine.square().sum(0)
        degrees += max(1, drawn - 1)
    return variance.sqrt(), degrees or float("inf")


def _equations(rows: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """(n, M) the rows without their means, and (M, M) the inverse of their weighted products, among values of sum zero.

    Raises: InputError, where the rows do not settle such values.
    """
    players = rows.shape[1]
    centered = rows - rows.mean(1, keepdim=True)
    products = centered.T @ (weights[:, None] * centered)
    # The products say nothing along (1, ..., 1): a value there makes them invertible, and meets no row.
    scale = products.diagonal().mean().clamp_min(torch.finfo(torch.float64).tiny)
    whole = products / scale + 1 / players
    spectrum = torch.linalg.eigvalsh(whole)  # ends 0.1 and more of each other where a sample is large enough
    if not bool(spectrum[0] > SINGULAR * spectrum[-1]):
        raise InputError(
            f"{len(rows)} coalitions do not settle the values of {players} players. Give a budget of at least "
            f"{min(2**players, 2 * least_budget(players))} evaluations."
        )
    return centered, torch.cholesky_inverse(torch.linalg.cholesky(whole)) / scale
