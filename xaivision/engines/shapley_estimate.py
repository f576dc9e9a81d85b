"""Shapley values of one game as an estimator found them: with what it cost, and what is known of its error."""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.game import ValueFunction

CONFIDENCE = 0.95
# Sums of a game's values are right to a few units in the last place: no interval is narrower.
ROUNDING = 8 * torch.finfo(torch.float64).eps


class ShapleyEstimate(NamedTuple):
    """`values` (M,) float64, `coalitions` how many distinct ones they took, the empty and the full one included.

    `standard_error` (M,): zero where nothing was left to chance, None where it is unknown. `degrees`: of freedom of Student's
    distribution, by which a standard error makes an interval; infinite where it is the normal one. `adjusted`: the values are
    those of what boosted trees foresee, and of a fit to what they leave.
    """

    values: Tensor
    coalitions: int
    standard_error: Tensor | None
    degrees: float = float("inf")
    adjusted: bool = False

    @property
    def interval_factor(self) -> float:
        """How many standard errors the half width of the 95 % interval is."""
        return student_quantile(self.degrees)

    @property
    def exact(self) -> bool:
        """Whether all coalitions were asked for, or all that matter."""
        certain = self.standard_error is not None and not bool(self.standard_error.any()) and self.degrees == float("inf")
        return certain or self.coalitions == 1 << len(self.values)

    @property
    def half_widths(self) -> Tensor:
        """(M,) of the 95 % intervals; infinite where the error is unknown."""
        if self.standard_error is None:
            return torch.full_like(self.values, torch.inf)
        return self.interval_factor * self.standard_error

    def widest_of_top(self, top: int) -> float:
        """The largest half width among the `top` players of the largest values."""
        largest = self.values.abs().argsort(descending=True, stable=True)[:top]
        return float(self.half_widths[largest].max())


def exactly(values: Tensor, coalitions: int) -> ShapleyEstimate:
    """Values that no draw had a part in."""
    return ShapleyEstimate(values, coalitions, torch.zeros_like(values))


def of_one_player(empty: float, full: float) -> ShapleyEstimate:
    """The whole gain, out of the values of none and of all."""
    return exactly(torch.tensor([full - empty], dtype=torch.float64, device="cpu"), 2)


def at_least_rounding(error: Tensor, values: Tensor, empty: float, full: float) -> Tensor:
    """(M,) the standard errors, none below what sums of a game's values (n,), of none and of all are right to."""
    largest = max(float(values.abs().amax()), abs(empty), abs(full))
    return torch.hypot(error, torch.full_like(error, ROUNDING * largest))


def student_quantile(degrees: float) -> float:
    """The point that a variable of Student's distribution stays within, on both sides, with a chance of 95 %."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + CONFIDENCE) / 2
    return float(ndtri(upper) if degrees == float("inf") else stdtrit(degrees, upper))


def ends(game: ValueFunction, players: int) -> tuple[float, float]:
    """The values of none and of all."""
    coalitions = torch.zeros(2, players, dtype=torch.bool, device="cpu")
    coalitions[1] = True
    empty, full = game(coalitions).double().tolist()
    return empty, full
