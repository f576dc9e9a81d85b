"""Whether two samples of numbers can be told apart: the chance that a number of the one is larger than one of the other."""

from torch import Tensor


def win_shares(first: Tensor, second: Tensor) -> Tensor:
    """(n, m) in float64: how many of the V numbers in each row of `first` (n, V) are larger than each of `second` (m,).

    A tie counts half. The mean of everything is the area under the ROC curve (AUC): 0.5 where the samples cannot be told apart
    by being larger, 1 where every number of the first is larger.

    Source: Hanley, McNeil, 1982, doi:10.1148/radiology.143.1.7063747.
    """
    gaps = first.double()[:, :, None] - second.double()[None, None, :]
    return ((gaps.sign() + 1) / 2).mean(1)


def weighted_auc(wins: Tensor, weights: Tensor) -> Tensor:
    """(r,) the AUC of `win_shares` (n, n) of numbers that come in pairs, each pair counted as `weights` (r, n) say."""
    sums = ((weights @ wins) * weights).sum(1)
    return sums / weights.sum(1).square()
