"""Where a method stands on a metric over all inputs: its mean with an interval, and how that compares with the controls."""

import math
from dataclasses import dataclass, replace

from xaivision.core.scores import Scores
from xaivision.report.wording import UNDEFINED, number, plain, signed

Interval = tuple[float, float]


@dataclass(frozen=True)
class Margin:
    """By how much a method is better than one control, on average over inputs; negative where it is worse."""

    control: str
    mean: float
    interval: Interval


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

    @property
    def value_text(self) -> str:
        """`0.213` or `0.213 [0.180, 0.240]`."""
        return " ".join(filter(None, (number(self.mean), interval_text(self.interval))))

    @property
    def controls_text(self) -> str:
        """`3/4`; empty where there are no controls or the method has no value."""
        if not self.margins or math.isnan(self.mean):
            return ""
        return f"{self.beaten}/{len(self.margins)}"

    @property
    def margin_text(self) -> str:
        """`+0.12 against sobel` for the hardest control, with the interval where there is one."""
        if self.hardest is None or math.isnan(self.mean):
            return ""
        margin = filter(None, (signed(self.hardest.mean, 2), interval_text(self.hardest.interval, with_sign=True)))
        return f"{' '.join(margin)} against {plain(self.hardest.control)}"


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


def interval_text(interval: Interval, with_sign: bool = False) -> str:
    """`[0.180, 0.240]`; empty where it is undefined."""
    words = signed if with_sign else number
    low, high = (words(end, 2 if with_sign else 3) for end in interval)
    return "" if UNDEFINED in (low, high) else f"[{low}, {high}]"


def _margin(scores: Scores, control: str) -> Margin:
    gains = replace(scores, values=scores.advantage(control))
    return Margin(control, gains.mean, gains.interval())
