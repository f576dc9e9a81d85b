"""How far two maps of the same features name the same ones, in the same order, with the same sign.

Source: Krishna et al., The disagreement problem in explainable machine learning, 2022, arXiv:2202.01602.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from xaivision.engines.ranking import removal_order


class Top(NamedTuple):
    """For each feature (B, n): its place `ranks` from the top, and whether the map `names` it among its k first."""

    ranks: Tensor
    names: Tensor


def top(amounts: Tensor, k: int, chance: torch.Generator) -> Top:
    """The k largest of amounts (B, n); what is not above zero is named by no map, so that fewer may be named.

    Ties are broken at random: two maps need generators of the same state, or they break them differently.
    """
    order = removal_order(amounts, chance)
    places = torch.arange(order.shape[1], device=order.device).expand_as(order)
    ranks = torch.empty_like(order).scatter_(1, order, places)
    return Top(ranks, (ranks < k) & (amounts > 0))


def shared_share(first: Top, second: Top, alike: Tensor) -> Tensor:
    """(B,) how many features both name and find `alike` (B, n), over how many the map with more names names; NaN where none."""
    both = (first.names & second.names & alike).sum(1).double()
    return both / torch.maximum(first.names.sum(1), second.names.sum(1))


def overlap(first: Top, second: Top) -> Tensor:
    """(B,) how many features both name over how many at least one does; NaN where neither names one."""
    both, either = first.names & second.names, first.names | second.names
    return both.sum(1).double() / either.sum(1)


def structural_similarities(first: Tensor, second: Tensor) -> Tensor:
    """(B,) mean SSIM of maps (B, H, W), as drawn in gray with zero in the middle; NaN where one is zero or not finite.

    Each is divided by its largest absolute value. Zero as black would make a map like its own negative. Windows of
    7 pixels, or of the largest odd number of them that fits. Source: Wang et al., 2004, 10.1109/TIP.2003.819861.
    """
    from skimage import metrics

    likeness: Any = metrics.structural_similarity
    sides = min(first.shape[1:])
    window = min(7, sides - 1 + sides % 2)
    found = []
    for one, other in zip(_gray(first), _gray(second), strict=True):
        known = bool(one.isfinite().all() and other.isfinite().all())
        similarity = likeness(one.numpy(), other.numpy(), win_size=window, data_range=1.0) if known else torch.nan
        found.append(float(similarity))
    return torch.tensor(found, dtype=torch.float64, device="cpu")


def _gray(maps: Tensor) -> Tensor:
    exact = maps.double().cpu()
    return 0.5 + 0.5 * exact / exact.abs().amax((1, 2), keepdim=True)
