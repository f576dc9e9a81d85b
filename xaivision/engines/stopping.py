"""Samples until the error is as small as asked, and not further than a budget."""

from collections.abc import Callable
from typing import NamedTuple

from xaivision.engines.shapley_estimate import ShapleyEstimate

# From a number of evaluations to the estimate they buy. A larger number goes on with the draw of a smaller one.
Estimate = Callable[[int], ShapleyEstimate]

# Each look at the interval is a chance to stop too early: few looks, so each adds at least half. Early ones see errors too large.
SMALLEST_STEP, LARGEST_STEP = 1.5, 2.5
# The error of an error: without it, half of the second looks would miss the aim by little.
MARGIN = 1.15


class Aim(NamedTuple):
    """The 95 % interval of each of the `top` largest values has to be within +- `error`, in score units."""

    error: float
    top: int

    def reached(self, found: ShapleyEstimate) -> bool:
        return found.widest_of_top(self.top) <= self.error


def narrowed(estimate: Estimate, aim: Aim, first: int, most: int) -> ShapleyEstimate:
    """The first estimate that reaches the aim, from `first` evaluations on, or that of `most`.

    Errors fall with the square root of the evaluations: each step asks for what that promises will do.
    """
    budget = min(first, most)
    found = estimate(budget)
    while budget < most and not aim.reached(found):
        wanted = MARGIN * (found.widest_of_top(aim.top) / aim.error) ** 2
        budget = min(most, int(budget * min(LARGEST_STEP, max(SMALLEST_STEP, wanted))) + 1)
        found = estimate(budget)
    return found
