"""Numbers as texts."""

from math import isnan

from xaivision.core.bootstrap import Interval


def decimals(value: float, digits: int = 2) -> str:
    """The value with this many decimals; what is rounded to zero has no sign."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def spanned(mean: float, interval: Interval, digits: int = 2) -> str:
    """A mean with its interval in brackets, where there is one."""
    told, low, high = (decimals(one, digits) for one in (mean, *interval))
    return told if isnan(interval[0]) else f"{told} [{low}, {high}]"
