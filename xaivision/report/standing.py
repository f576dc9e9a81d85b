"""Where a method stands on a metric, in words: its mean with an interval, and how that compares with the controls."""

import math

from xaivision.evaluation.standing import Interval, Standing
from xaivision.report.wording import UNDEFINED, number, plain, signed


def value_text(found: Standing) -> str:
    """`0.213` or `0.213 [0.180, 0.240]`."""
    return " ".join(filter(None, (number(found.mean), interval_text(found.interval))))


def controls_text(found: Standing) -> str:
    """`3/4`; empty where there are no controls or the method has no value."""
    if not found.margins or math.isnan(found.mean):
        return ""
    return f"{found.beaten}/{len(found.margins)}"


def margin_text(found: Standing) -> str:
    """`+0.12 against sobel` for the hardest control, with the interval where there is one."""
    if found.hardest is None or math.isnan(found.mean):
        return ""
    margin = filter(None, (signed(found.hardest.mean, 2), interval_text(found.hardest.interval, with_sign=True)))
    return f"{' '.join(margin)} against {plain(found.hardest.control)}"


def interval_text(interval: Interval, with_sign: bool = False) -> str:
    """`[0.180, 0.240]`; empty where it is undefined."""
    words = signed if with_sign else number
    low, high = (words(end, 2 if with_sign else 3) for end in interval)
    return "" if UNDEFINED in (low, high) else f"[{low}, {high}]"
