"""Whether several judges put the same things in the same order: Kendall's tau and Kendall's W, ties and all.

Values that are the same but for rounding are tied (`paired_tests.differences`); `finest`: up to which difference they are,
however small they may be.

Source: Kendall, A new measure of rank correlation, 1938, doi:10.1093/biomet/30.1-2.81; Kendall, Babington Smith, The problem
of m rankings, 1939, doi:10.1214/aoms/1177732186.
"""

import math
from functools import cache
from itertools import permutations

import torch
from torch import Tensor

from xaivision.engines.paired_tests import differences


def kendall(first: Tensor, second: Tensor, finest: tuple[float, float] = (0.0, 0.0)) -> Tensor:
    """(n,) tau-b of each row of `first` (n, k) with the same row of `second`, from -1 to 1.

    NaN where a row has a value that is missing, or the same value everywhere, and for fewer than two columns.
    """
    if first.shape[1] < 2:
        return torch.full((len(first),), torch.nan, dtype=torch.float64, device="cpu")
    return (pair_orders(first, finest[0]) * pair_orders(second, finest[1])).sum(1).clamp(-1, 1)


def mean_tau(orders: Tensor, weights: Tensor | None = None) -> Tensor:
    """(m,) mean tau-b of every two of the n rows whose `pair_orders` (n, p) are given; NaN for fewer than two rows.

    `weights` (m, n): how often each row counts in each of m samples; None: once in the only one. A row is not compared with
    itself, however often it counts.
    """
    counts = torch.ones(1, len(orders), dtype=torch.float64, device="cpu") if weights is None else weights.double()
    itself = counts.square().sum(1)
    # Rows have length 1, so that the square of their sum is every product of two, and 1 for each row with itself.
    alike = (counts @ orders).square().sum(1) - itself
    return alike / (counts.sum(1).square() - itself)


def kendall_w(rows: Tensor, finest: float = 0.0) -> Tensor:
    """Kendall's W, a scalar, of n judges (rows) of k things: 1 where all order them alike, about 1 / n by chance; ties corrected.

    NaN with fewer than two rows or two things, and where no row has an order.
    """
    judges, things = rows.shape
    if judges < 2 or things < 2:
        return torch.tensor(torch.nan, dtype=torch.float64, device="cpu")
    # A rank, counted from the middle one: half of how many are smaller, less half of how many are larger. Ties share theirs.
    ranks = differences(rows[:, :, None], rows[:, None, :], finest).sign().sum(2) / 2
    between = ranks.sum(0).square().sum()
    # Each row's own sum of squares is (k^3 - k) / 12 less what its ties take away.
    within = ranks.square().sum()
    found: Tensor = between / (judges * within)
    return found


@cache
def likeness_by_chance(things: int) -> float:
    """Mean absolute Spearman correlation of two orders that have nothing in common: 1 of two things, 0.27 of ten.

    Of up to six things over all orders; of more by the normal distribution with the spread of 1 / sqrt(things - 1), which is
    3 % too low for seven and less for more.
    """
    if things > 6:
        return math.sqrt(2 / (math.pi * (things - 1)))
    if things < 2:
        return 1.0
    middle = (things - 1) / 2
    products = [abs(sum((a - middle) * (b - middle) for a, b in enumerate(order))) for order in permutations(range(things))]
    return sum(products) / len(products) / sum((a - middle) ** 2 for a in range(things))


def pair_orders(rows: Tensor, finest: float = 0.0) -> Tensor:
    """(n, p) for each row of (n, k) which of every two things is larger, 1, -1 or 0 for ties, divided to length 1.

    NaN where a row has a value that is missing, or the same value everywhere.
    """
    first, second = torch.triu_indices(rows.shape[1], rows.shape[1], 1, device=rows.device)
    signs = differences(rows[:, first], rows[:, second], finest).sign()
    lengths: Tensor = torch.linalg.vector_norm(signs, dim=1, keepdim=True)
    return (signs / lengths).masked_fill(rows.isnan().any(1, keepdim=True).cpu(), torch.nan)
