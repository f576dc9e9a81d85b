"""How alike two maps of the same features are, by ranks or by windows; features that are zero in both are no likeness.

Source: Adebayo et al., Sanity checks for saliency maps, 2018, arXiv:1810.03292; Wang et al., 2004, 10.1109/TIP.2003.819861
(SSIM); Hedström et al., 2024, arXiv:2401.06465 (entropy of a histogram).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from xaivision.engines.ranking import centered_ranks

# From maps (B, ...) of the same shape to (B,) likeness in float64, from -1 to 1, NaN where it is undefined.
Likeness = Callable[[Tensor], Tensor]


class RankLikeness:
    """Spearman's correlation of the maps `before` (B, ...) with others, over the features where either is not zero.

    NaN where one of the two is constant there, or not finite. A map is exactly 1 like itself.
    """

    def __init__(self, before: Tensor) -> None:
        self._before = before.detach().flatten(1).cpu()
        self._whole: dict[int, Tensor] = {}

    def __call__(self, after: Tensor) -> Tensor:
        """(B,) correlations with the maps `after` (B, ...)."""
        rows = after.detach().flatten(1).cpu()
        found = [self._of_one(row, other) for row, other in enumerate(rows)]
        return torch.tensor(found, dtype=torch.float64, device="cpu")

    def _of_one(self, row: int, after: Tensor) -> float:
        before = self._before[row]
        if not bool(before.isfinite().all() and after.isfinite().all()):
            return float("nan")
        seen = (before != 0) | (after != 0)
        if bool(seen.all()):
            return _cosine(self._ranks(row), centered_ranks(after))
        return _cosine(centered_ranks(before[seen]), centered_ranks(after[seen]))

    def _ranks(self, row: int) -> Tensor:
        """The ranks of the whole map: taken once, for as many others as come."""
        if row not in self._whole:
            self._whole[row] = centered_ranks(self._before[row])
        return self._whole[row]


class StructuralLikeness:
    """Mean SSIM of the maps `before` (B, H, W) and others, over the pixels where either is not zero.

    Maps are compared as drawn in gray with zero in the middle, each divided by its largest absolute value: zero as black
    would make a map like its own negative. Windows of 7 pixels, or of the largest odd number of them that fits. NaN where a
    map is zero everywhere, or not finite.
    """

    def __init__(self, before: Tensor) -> None:
        self._before = before.detach().cpu()

    def __call__(self, after: Tensor) -> Tensor:
        """(B,) similarities with the maps `after` (B, H, W)."""
        pairs = zip(self._before, after.detach().cpu(), strict=True)
        return torch.tensor([_structural(one, other) for one, other in pairs], dtype=torch.float64, device="cpu")


def map_entropies(maps: Tensor, bins: int = 100) -> Tensor:
    """(B,) entropy in nats of each map's values (B, ...), counted in so many bins between its least and its largest.

    0 where all values fall into one bin, as those of a constant map do; NaN where one is not finite.
    """
    return torch.tensor([_entropy(one.double().flatten().cpu(), bins) for one in maps], dtype=torch.float64, device="cpu")


def _cosine(first: Tensor, second: Tensor) -> float:
    """Zero vectors give NaN, never 0; equal ones give 1 to the last digit, since all three sums run in one order."""
    size = (first.square().sum() * second.square().sum()).sqrt()
    return float(((first * second).sum() / size).clamp(-1, 1))


def _structural(before: Tensor, after: Tensor) -> float:
    from skimage import metrics

    if not bool(before.isfinite().all() and after.isfinite().all() and before.any() and after.any()):
        return float("nan")
    side = min(before.shape)
    likeness: Any = metrics.structural_similarity
    window = min(7, side - 1 + side % 2)
    _, local = likeness(_gray(before), _gray(after), win_size=window, data_range=1.0, full=True)
    return float(torch.from_numpy(local)[(before != 0) | (after != 0)].mean())


def _gray(map_: Tensor) -> Any:
    exact = map_.double()
    return (0.5 + 0.5 * exact / exact.abs().max()).numpy()


def _entropy(values: Tensor, bins: int) -> float:
    if not bool(values.isfinite().all()):
        return float("nan")
    low, high = values.aminmax()
    if low == high:
        return 0.0
    places = ((values - low) / (high - low) * bins).long().clamp_max(bins - 1)  # the largest belongs to the last bin
    shares = torch.bincount(places, minlength=bins).double() / len(values)
    return float(torch.special.entr(shares).sum())
