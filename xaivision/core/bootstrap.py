"""How sure a mean is: percentile bootstrap intervals."""

import torch
from torch import Tensor

# Enough resamples that the interval's own noise is below its second digit.
RESAMPLES = 2000
Interval = tuple[float, float]
NOTHING: Interval = (float("nan"), float("nan"))


def mean_interval(values: Tensor, level: float = 0.95, seed: int = 0) -> Interval:
    """Interval of the mean of values (B,), NaN left out; NaN with fewer than two values.

    With fewer than about ten values it is too narrow: they say little of how far values can lie apart.
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
        means = values[0] + resample_counts(count, seed) @ (values - values[0]) / count
        for number, resampled in zip(alike, means.T, strict=True):
            found[number] = interval_of(resampled, level)
    return found


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
    """Where the middle `level` of the resamples' statistics (n,) lie; NaN among them is left out."""
    tails = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64, device="cpu")
    low, high = statistics.nanquantile(tails)
    return float(low), float(high)
