"""How sure a mean is: bootstrap intervals that keep their level with few values too.

The percentile interval of few values is too short: resamples vary less than samples do, by the root of (n - 1) / n, and know
nothing of how badly so few values show their own spread. Of intervals called 95 % those of two values cover the mean in half of
the samples, those of five in 84 %. So both ends are moved away from the mean by what Student's quantile and that root say, and
where the t interval reaches farther, it counts. Of normal values 94 to 96 % cover the mean then, whatever their number. No
interval keeps its level for every shape: of exponential values, whose tail few samples show, 88 to 94 % cover it, and of values
near two bounds 87 to 96 % (tests/core).

Source: Hesterberg, What teachers should know about the bootstrap, 2015, doi:10.1080/00031305.2015.1089789 (expanded percentile
interval; moved there are the percentiles, which with two values can reach no farther than those).
"""

import math

import torch
from torch import Tensor

from xaivision.core.student import student

# Enough resamples that the interval's own noise is below its second digit.
RESAMPLES = 2000
Interval = tuple[float, float]
NOTHING: Interval = (float("nan"), float("nan"))
EVERYWHERE: Interval = (-math.inf, math.inf)


def mean_interval(values: Tensor, level: float = 0.95, seed: int = 0) -> Interval:
    """Interval of the mean of values (B,), NaN left out; NaN with fewer than two values.

    It has no width where all values are the same: nothing is seen then of how far they can lie apart.
    """
    return mean_intervals(values[:, None], level, seed)[0]


def mean_intervals(columns: Tensor, level: float = 0.95, seed: int = 0) -> list[Interval]:
    """That of each column of (B, m); columns with as many values are resampled alike."""
    found = [NOTHING] * columns.shape[1]
    exact = columns.double().cpu()
    counts = (~exact.isnan()).sum(0)
    for count in sorted(set(counts[counts > 1].tolist())):
        alike = (counts == count).nonzero().flatten().tolist()
        values = torch.stack([exact[~exact[:, number].isnan(), number] for number in alike], 1)
        # From the first value on: values that are all the same then have a mean without rounding.
        apart = values - values[0]
        means = values[0] + resample_counts(count, seed) @ apart / count
        middle = values[0] + apart.mean(0)
        reach = student(count - 1, level) * apart.std(0) / math.sqrt(count)
        low, high = _stretch(_middle_share(means, level), middle, count, level)
        lows, highs = low.minimum(middle - reach).tolist(), high.maximum(middle + reach).tolist()
        for number, *ends in zip(alike, lows, highs, strict=True):
            found[number] = (ends[0], ends[1])
    return found


def stretched(statistics: Tensor, middle: float, count: int, level: float = 0.95, within: Interval = EVERYWHERE) -> Interval:
    """Interval from the statistics (n,) of resamples of `count` values, in which the statistic itself is `middle`.

    Their percentiles, moved away from it as few values ask for. `within`: between which bounds any statistic lies. NaN with
    fewer than two values.
    """
    if count < 2:
        return NOTHING
    low, high = _stretch(_middle_share(statistics, level), torch.tensor(middle, dtype=torch.float64, device="cpu"), count, level)
    return max(float(low), within[0]), min(float(high), within[1])


def resamples(count: int, seed: int = 0) -> Tensor:
    """(RESAMPLES, count) numbers of the values that each resample consists of."""
    chance = torch.Generator().manual_seed(seed)
    return torch.randint(count, (RESAMPLES, count), generator=chance, device="cpu")


def resample_counts(count: int, seed: int = 0) -> Tensor:
    """(RESAMPLES, count) how often each of the values is in each resample, in float64."""
    draws = resamples(count, seed)
    counts = torch.zeros(RESAMPLES, count, dtype=torch.float64, device="cpu")
    return counts.scatter_add_(1, draws, torch.ones(draws.shape, dtype=torch.float64, device="cpu"))


def interval_of(statistics: Tensor, level: float = 0.95) -> Interval:
    """Where the middle `level` of the resamples' statistics (n,) lie; NaN among them is left out. Too short for few values."""
    low, high = _middle_share(statistics, level)
    return float(low), float(high)


def _middle_share(statistics: Tensor, level: float) -> Tensor:
    """(2,) or (2, m): the percentiles of statistics (n,) or (n, m) between which the middle `level` of them lie."""
    tails = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64, device="cpu")
    found: Tensor = statistics.nanquantile(tails, 0)
    return found


def _stretch(ends: Tensor, middle: Tensor, count: int, level: float) -> Tensor:
    """The same, farther from the middle by as much as intervals of so many values ask for."""
    factor = student(count - 1, level) / student(None, level) * math.sqrt(count / (count - 1))
    return middle + factor * (ends - middle)
