"""Where a method stands on a metric over all inputs, in numbers: its mean with an interval, and its margin over each control."""

import math
from dataclasses import dataclass, replace

from xaivision.core.scores import Scores

Interval = tuple[float, float]

# Where the scores of a control that draws at random keep its single draws, (B, draws).
DRAWS = "draws"
# The control that is made of the explanation itself: its values with the sign turned, which reverses their ranking.
REVERSED = "reversed"


@dataclass(frozen=True)
class Margin:
    """By how much a method is better than one control, on average over inputs; negative where it is worse.

    `interval`: 95 % over inputs, and from the best to the worst draw where the control draws at random, whichever reaches
    farther; NaN where there is one input and nothing is drawn.
    """

    control: str
    mean: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the control is beaten, and not by what may be chance; one input without draws has its mean to go by."""
        return self.mean > 0 and not self.interval[0] <= 0


@dataclass(frozen=True)
class Standing:
    """Mean and 95 % interval (NaN with fewer than two inputs), with the margin over each control that has values."""

    mean: float
    interval: Interval
    inputs: int
    undefined: int
    higher_is_better: bool
    margins: tuple[Margin, ...] = ()

    @property
    def beaten(self) -> int:
        """How many controls are worse on average."""
        return sum(margin.mean > 0 for margin in self.margins)

    @property
    def hardest(self) -> Margin | None:
        """The control that leaves the smallest margin."""
        return min(self.margins, key=lambda margin: margin.mean, default=None)


def standing(scores: Scores) -> Standing:
    """The standing of one method on one metric; controls without a value on any input have no margin."""
    margins = [_margin(scores, control) for control in scores.controls]
    return Standing(
        scores.mean,
        scores.interval(),
        len(scores.values),
        scores.undefined,
        scores.higher_is_better,
        tuple(margin for margin in margins if not math.isnan(margin.mean)),
    )


def of_input(scores: Scores, index: int) -> Scores:
    """The scores of one input, those of its controls with them."""
    return replace(
        scores,
        values=scores.values[index : index + 1],
        controls={name: of_input(control, index) for name, control in scores.controls.items()},
        curves=None if scores.curves is None else scores.curves[index : index + 1],
        details={name: detail[index : index + 1] for name, detail in scores.details.items()},
    )


def _margin(scores: Scores, control: str) -> Margin:
    gains = replace(scores, values=scores.advantage(control))
    intervals = [gains.interval(), _over_draws(scores, control)]
    found = [interval for interval in intervals if not any(map(math.isnan, interval))]
    nothing = (math.nan, math.nan)
    widest = (min(low for low, _ in found), max(high for _, high in found)) if found else nothing
    return Margin(control, gains.mean, widest)


def _over_draws(scores: Scores, control: str) -> Interval:
    """The mean gain over the best and over the worst single draw of a control that draws at random; NaN for others.

    Better than chance is on average is half of all random maps. Better than every one of ten draws is one in eleven, whatever
    the distribution of their scores.
    """
    draws = scores.controls[control].details.get(DRAWS)
    if draws is None:
        return math.nan, math.nan
    gains = (scores.values[:, None] - draws).double() * (1 if scores.higher_is_better else -1)
    means = gains.nanmean(0)
    return float(means.min()), float(means.max())
