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
    """A number and its interval; NaN where it is not defined. `rows`: of how many rows it is, where it is of rows."""

    value: float
    interval: Interval = NOTHING
    rows: int | None = None

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.interval[0]:.3f}, {self.interval[1]:.3f}]"


NO_MEASURE = Measure(math.nan)


@dataclass(frozen=True)
class Fidelity:
    """`agreement`: share of rows with the black box's class. `r2` of its probabilities, all classes together: 1 less the squared
    error over that of their means, without an interval where it says the same of every row. `accuracy` of the surrogate and
    `black_box_accuracy` against the truth; NaN without labels. `rows`: on how many.
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
        NO_MEASURE if truth is None else share(labels == truth),
        NO_MEASURE if truth is None else share(seen.labels == truth),
        len(seen),
    )


@dataclass(frozen=True)
class Commonest:
    """What is reached by always saying one class: `agreement` with the one that the black box gives most of the rows to learn
    from, `accuracy` with the one that most of them have; NaN without labels.
    """

    agreement: Measure
    accuracy: Measure


def commonest(learned: Observed, held_out: Observed) -> Commonest:
    """The least that a surrogate has to do better than."""
    usual = share(held_out.labels == np.bincount(learned.labels).argmax())
    if learned.truth is None or held_out.truth is None:
        return Commonest(usual, NO_MEASURE)
    return Commonest(usual, share(held_out.truth == np.bincount(learned.truth).argmax()))


def share(right: "np.ndarray") -> Measure:
    """The share of True with its interval by Wilson, which keeps its level near 0 and 1."""
    n = len(right)
    if not n:
        return NO_MEASURE
    p, z2 = float(np.mean(right)), student(None) ** 2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Measure(p, (max(0.0, min(p, middle - reach)), min(1.0, max(p, middle + reach))), n)


def r2_of(given: Floats, wanted: Floats) -> float:
    """1 less the squared error of all classes over that of the means; where those leave nothing to explain 1 for saying the
    same, and 0 for anything else.
    """
    error, total = float(((given - wanted) ** 2).sum()), _spread(wanted)
    rounding = _rounding(wanted)
    return 1 - error / total if total > rounding else float(error <= rounding)


def _spread(wanted: Floats) -> float:
    """Squared error of the means."""
    return float(((wanted - wanted.mean(0)) ** 2).sum())


def _rounding(wanted: Floats) -> float:
    """The most that a squared error of so many rows is when it is none."""
    return 1e-12 * len(wanted)


def explained_variance(given: Floats, wanted: Floats) -> Measure:
    """R2 with its interval over rows."""
    value = r2_of(given, wanted)
    if len(wanted) < 2 or _spread(wanted) <= _rounding(wanted):
        return Measure(value)
    low, high = _of_ratio(((given - wanted) ** 2).sum(1), wanted, 1 - value)
    return Measure(value, (1 - high, min(1.0, 1 - low)), len(wanted))


def r2_gain(error: Floats, others: Floats, wanted: Floats) -> Measure:
    """By how much the R2 of squared errors (n,) is above that of others, with its interval over rows."""
    total = _spread(wanted)
    if len(wanted) < 2 or total <= _rounding(wanted):
        return NO_MEASURE
    value = float((others - error).sum()) / total
    return Measure(value, _of_ratio(others - error, wanted, value), len(wanted))


def _of_ratio(parts: Floats, wanted: Floats, value: float) -> Interval:
    """Of the sum of parts (n,), one a row, over the spread of what is wanted (n, K), which is `value`."""
    return (_resampled if len(wanted) <= MOST_RESAMPLED else _normal)(parts, wanted, value)


def _resampled(parts: Floats, wanted: Floats, value: float) -> Interval:
    n = len(wanted)
    counts = resample_counts(n)
    sums_of_parts, squares = counts @ torch.from_numpy(parts), counts @ torch.from_numpy((wanted**2).sum(1))
    sums = counts @ torch.from_numpy(np.ascontiguousarray(wanted))
    spread = squares - sums.square().sum(1) / n
    return stretched((sums_of_parts / spread)[spread > 1e-12 * n], value, n)


def _normal(parts: Floats, wanted: Floats, value: float) -> Interval:
    """By the ratio's linear part: what each row moves it by."""
    spread = ((wanted - wanted.mean(0)) ** 2).sum(1)
    moves = (parts - value * spread) / spread.mean()
    reach = student(None) * float(moves.std(ddof=1)) / math.sqrt(len(moves))
    return value - reach, value + reach
