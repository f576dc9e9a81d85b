"""Balanced accuracy with its uncertainty, where rows come in groups that are alike: the groups are drawn, not the rows."""

import torch
from torch import Tensor

from xaivision.core.bootstrap import NOTHING, RESAMPLES, Interval, resample_counts, stretched
from xaivision.core.random import generator

# Deals that are counted at once: of 100,000 groups, they take 200 MB.
AT_ONCE = 250


def balanced_accuracy(predicted: Tensor, targets: Tensor) -> float:
    """The mean over the classes in `targets` (N,) of the share that was called by its name."""
    right = (predicted == targets).double()
    return float(torch.stack([right[targets == label].mean() for label in sorted(set(targets.tolist()))]).mean())


def balanced_interval(predicted: Tensor, targets: Tensor, groups: Tensor, seed: int = 0, level: float = 0.95) -> Interval:
    """The bootstrap interval of the balanced accuracy over `groups` (N,); NaN with fewer than two."""
    members = torch.unique(groups, return_inverse=True)[1]
    count = int(members.max()) + 1
    if count < 2:
        return NOTHING
    classes = int(targets.max()) + 1
    right, all_ = (_sums(members, targets, part.double(), classes) for part in (predicted == targets, torch.ones_like(targets)))
    weights = resample_counts(count, seed)
    recalls = ((weights @ right) / (weights @ all_)).nanmean(1)
    return stretched(recalls, balanced_accuracy(predicted, targets), count, level, within=(0.0, 1.0))


def chance_of(predicted: Tensor, targets: Tensor, groups: Tensor, seed: int = 0) -> float:
    """How often classes dealt anew among `groups` (N,) have as high a balanced accuracy: a p-value, never 0.

    A group keeps one class, that of its first row; the predictions stay as they are.
    """
    members = torch.unique(groups, return_inverse=True)[1]
    count, classes = int(members.max()) + 1, int(targets.max()) + 1
    first = torch.zeros(count, dtype=torch.int64, device="cpu")
    rows = torch.arange(len(members) - 1, -1, -1, device="cpu")
    first[members[rows]] = rows  # of several rows the first is written last
    draws = generator(seed, "dealt anew")
    called = _sums(members, predicted, torch.ones_like(targets).double(), classes)
    seen = float(_balanced(targets[first][None], called))
    as_high = 0
    for start in range(0, RESAMPLES, AT_ONCE):
        orders = [torch.randperm(count, generator=draws, device="cpu") for _ in range(min(AT_ONCE, RESAMPLES - start))]
        as_high += int((_balanced(targets[first][torch.stack(orders)], called) >= seen - 1e-12).sum())
    return (as_high + 1) / (RESAMPLES + 1)


def pairwise_auc(chances: Tensor, targets: Tensor) -> Tensor:
    """(K, K) how often, of one row of each class, the row of class i has the higher share of i among i and j; ties count half.

    `chances` (N, K): probabilities. NaN on the diagonal, and where a class has no rows. Symmetric up to ties.
    """
    classes = chances.shape[1]
    found = torch.full((classes, classes), torch.nan, dtype=torch.float64, device="cpu")
    for one in range(classes):
        for other in range(classes):
            mine, theirs = chances[targets == one], chances[targets == other]
            if one != other and len(mine) and len(theirs):
                shares = [part[:, one] / (part[:, one] + part[:, other]).clamp_min(1e-12) for part in (mine, theirs)]
                found[one, other] = _wins(*shares)
    return found


def _wins(first: Tensor, second: Tensor) -> float:
    """By ranks: as many pairs as the classes have need not be compared one by one."""
    ordered = second.sort().values
    below = torch.searchsorted(ordered, first, right=False).double()
    up_to = torch.searchsorted(ordered, first, right=True).double()
    return float(((below + up_to) / 2).mean() / len(second))


def _balanced(labels: Tensor, called: Tensor) -> Tensor:
    """(R,) the mean recall where groups are of these classes (R, G), and `called` (G, K) counts what their rows were called."""
    sizes = called.sum(1)
    mine = [(labels == label).double() for label in range(called.shape[1])]
    shares = torch.stack([(one @ called[:, label]) / (one @ sizes) for label, one in enumerate(mine)])
    return shares.nanmean(0)


def _sums(members: Tensor, labels: Tensor, values: Tensor, classes: int) -> Tensor:
    """(G, K) values summed by group and label; labels of no class are left out."""
    sums = torch.zeros((int(members.max()) + 1) * classes, dtype=torch.float64, device="cpu")
    return sums.index_add_(0, members * classes + labels, values).view(-1, classes)
