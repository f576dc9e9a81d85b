"""How far intervals reach: Student's distribution in closed form, since core knows torch, NumPy and the standard library only."""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

HALVINGS = 100


@lru_cache(maxsize=256)
def student(freedom: int | None, level: float = 0.95) -> float:
    """How many standard errors an interval of this level reaches; None: of a normal distribution whose spread is known."""
    if freedom is None:
        return NormalDist().inv_cdf((1 + level) / 2)
    low, high = 0.0, math.pi / 2  # the angle whose tangent, times sqrt(freedom), is the reach
    for _ in range(HALVINGS):
        angle = (low + high) / 2
        low, high = (angle, high) if _held(angle, freedom) < level else (low, angle)
    return math.sqrt(freedom) * math.tan(low)


def _held(angle: float, freedom: int) -> float:
    """The share of Student's distribution within this angle (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    odd = freedom % 2
    steps = np.arange(2 + odd, freedom - 1, 2, dtype=np.float64)
    series = 1 + float(np.cumprod((steps - 1) / steps * math.cos(angle) ** 2).sum())
    if not odd:
        return math.sin(angle) * series
    return 2 / math.pi * (angle + (math.sin(angle) * math.cos(angle) * series if freedom > 1 else 0.0))
