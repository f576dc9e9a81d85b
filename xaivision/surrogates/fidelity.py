"""How faithful a surrogate is to its black box on rows that it has not learned from, each number with its 95 % interval."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from xaivision.core.bootstrap import Interval, resample_counts, stretched
from xaivision.core.student import student
from xaivision.surrogates.decision_tree import Floats
from xaivision.surrogates.observed import Observed

# Of more rows the bootstrap's table would fill the memory, and the normal interval is as good.
MOST_RESAMPLED = 3000
NOTHING: Interval = (math.nan, math.nan)


@dataclass(frozen=True)
class Measure:
    """A number and its interval; NaN where it is not defined."""

    value: float
    interval: Interval = NOTHING

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.interval[0]:.3f}, {self.interval[1]:.3f}]"


@dataclass(frozen=True)
class Fidelity:
    """`agreement`: share of rows with the black box's class. `r2` of its probabilities, all classes together: 1 less the squared
    error over that of their means; NaN where it says the same of every row. `accuracy` of the surrogate and `black_box_accuracy`
    against the truth; NaN without labels. `rows`: on how many.
    """

    agreement: Measure
    r2: Measure
    accuracy: Measure
    black_box_accuracy: Measure
    rows: int

    @property
    def accuracy_change(self) -> float:
        """What standing in costs or gains in accuracy."""
        return self.accuracy.value - self.black_box_accuracy.value


def fidelity(given: Floats, seen: Observed) -> Fidelity:
    """How well probabilities (n, K) of a surrogate stand for those of the black box."""
    labels = given.argmax(1)
    truth = seen.truth
    return Fidelity(
        share(labels == seen.labels),
        explained_variance(given, seen.probabilities),
        Measure(math.nan) if truth is None else share(labels == truth),
        Measure(math.nan) if truth is None else share(seen.labels == truth),
        len(seen),
    )


def share(right: "np.ndarray") -> Measure:
    """The share of True with its interval by Wilson, which keeps its level near 0 and 1."""
    n = len(right)
    if not n:
        return Measure(math.nan)
    p, z2 = float(np.mean(right)), student(None) ** 2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Measure(p, (max(0.0, min(p, middle - reach)), min(1.0, max(p, middle + reach))))


def r2_of(given: Floats, wanted: Floats) -> float:
    """1 less the squared error of all classes over that of the means; NaN where there is nothing to explain."""
    total = float(((wanted - wanted.mean(0)) ** 2).sum())
    return 1 - float(((given - wanted) ** 2).sum()) / total if total > 1e-12 * len(wanted) else math.nan


def explained_variance(given: Floats, wanted: Floats) -> Measure:
    """R2 with its interval over rows."""
    value = r2_of(given, wanted)
    if math.isnan(value) or len(wanted) < 2:
        return Measure(value)
    error = ((given - wanted) ** 2).sum(1)
    return Measure(value, _resampled(error, wanted, value) if len(wanted) <= MOST_RESAMPLED else _normal(error, wanted, value))


def _resampled(error: Floats, wanted: Floats, value: float) -> Interval:
    n = len(wanted)
    counts = resample_counts(n)
    errors, squares = counts @ torch.from_numpy(error), counts @ torch.from_numpy((wanted**2).sum(1))
    sums = counts @ torch.from_numpy(np.ascontiguousarray(wanted))
    spread = squares - sums.square().sum(1) / n
    return stretched((1 - errors / spread)[spread > 1e-12 * n], value, n, within=(-math.inf, 1.0))


def _normal(error: Floats, wanted: Floats, value: float) -> Interval:
    """By the ratio's linear part: what each row moves it by."""
    spread = ((wanted - wanted.mean(0)) ** 2).sum(1)
    moves = (error - (1 - value) * spread) / spread.mean()
    reach = student(None) * float(moves.std(ddof=1)) / math.sqrt(len(moves))
    return value - reach, min(1.0, value + reach)
