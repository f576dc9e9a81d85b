"""How often a classifier is right, class by class, how sure that is, and whether its probabilities mean what they say."""

from math import nan, sqrt
from statistics import NormalDist

import torch
from torch import Tensor

Interval = tuple[float, float]


def confusion_matrix(targets: Tensor, predicted: Tensor, num_classes: int) -> Tensor:
    """(K, K) int64: in row i and column j, how many inputs of class i were called j. Classes are numbers (N,)."""
    places = targets.long() * num_classes + predicted.long()
    return places.bincount(minlength=num_classes**2).view(num_classes, num_classes)


def recalls(confusion: Tensor) -> Tensor:
    """(K,) float64: of each class the share that was called by its name; NaN where there is no input of it."""
    return confusion.diagonal().double() / confusion.sum(1).double()


def wilson_interval(right: int, count: int, level: float = 0.95) -> Interval:
    """Where the share of a binomial lies of which `right` among `count` were seen; NaN where nothing was.

    Source: Wilson, doi:10.1080/01621459.1927.10502953.
    """
    if count == 0:
        return nan, nan
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, weight = right / count, z**2 / count
    middle = share + weight / 2
    spread = z * sqrt(share * (1 - share) / count + weight / (4 * count))
    low, high = (middle - spread) / (1 + weight), (middle + spread) / (1 + weight)
    # All or nothing right has 0 or 1 for an end, which rounding would miss by a little.
    return (0.0 if right == 0 else low), (1.0 if right == count else high)


def calibration_error(probabilities: Tensor, targets: Tensor, bins: int = 15) -> float:
    """The expected calibration error of (N, K) probabilities: how far confidence and accuracy lie apart, in [0, 1].

    The highest probability of each input is its confidence; in each of `bins` equal parts of (0, 1] the mean confidence is
    compared with the share that is right, and the differences are weighted with the inputs in the part.

    Source: Guo et al., arXiv:1706.04599, equation 3.
    """
    found = reliability(probabilities, targets, bins)
    gaps = (found[:, 1] - found[:, 2]).abs() * found[:, 0]
    return float(gaps.nansum() / len(targets))


def reliability(probabilities: Tensor, targets: Tensor, bins: int = 15) -> Tensor:
    """(bins, 3) float64 of (N, K) probabilities: in each of the equal parts of (0, 1] that confidence may lie in, how many
    inputs lie there, their mean confidence, and the share of them that is right. Where none lie, both are NaN.
    """
    confidence, predicted = probabilities.double().cpu().max(1)
    right = (predicted == targets.cpu()).double()
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1
    each = torch.stack([torch.ones_like(confidence), confidence, right], 1)
    sums = torch.zeros(bins, 3, dtype=torch.float64, device="cpu").index_add_(0, place, each)
    return torch.cat([sums[:, :1], sums[:, 1:] / sums[:, :1]], 1)
