"""Rows drawn from what is known of a table's columns: a bin by its share, then a value inside it.

Source: Ribeiro et al., "Why Should I Trust You?", 2016, arXiv:1602.04938, in the form of the lime package.
"""

from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.table_bins import Bins


class Drawn(NamedTuple):
    """`rows` (n, F) in float64 and the bins (n, F) they were drawn from."""

    rows: Tensor
    places: Tensor


def drawn_from_bins(bins: Bins, count: int, generator: torch.Generator) -> Drawn:
    """Each column by itself: a bin by its share, a value by the normal distribution of the bin's values cut at its ends.

    One uniform number gives both: how far it lies into the share of its bin is uniform again.
    """
    chance = torch.rand(len(bins.share), count, generator=generator, dtype=torch.float64, device="cpu")
    ends = bins.share.cumsum(1)
    ends = ends / ends[:, -1:]
    places = torch.searchsorted(ends, chance, right=True)
    starts = torch.cat([torch.zeros_like(ends[:, :1]), ends[:, :-1]], 1)
    return Drawn(_values(bins, places, chance, starts, ends).T.contiguous(), places.T.contiguous())


def drawn_around(center: Tensor, spread: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(n, F) independent normal columns with these means (F,) and standard deviations (F,)."""
    noise = torch.randn(count, len(center), generator=generator, dtype=torch.float64, device="cpu")
    return center + noise * spread


def _values(bins: Bins, places: Tensor, chance: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """(F, n) the value as far along its bin's cut normal distribution as its chance lies between the bin's start and end.

    A bin's mean lies between its ends, so that neither end is far in a tail, where the inverse would have no digits left.
    """
    # In units of the error function, whose inverse torch computes five times faster than that of the normal distribution.
    unit = sqrt(2) * bins.spread
    below = torch.erf((bins.low - bins.mean) / unit)
    within = torch.erf((bins.high - bins.mean) / unit) - below
    slope = torch.where(ends > starts, within / (ends - starts), 0)  # a bin without a share is never drawn
    steps = torch.erfinv(torch.addcmul((below - starts * slope).gather(1, places), chance, slope.gather(1, places)))
    values = torch.addcmul(bins.mean.gather(1, places), steps, unit.gather(1, places))
    return values.clamp(bins.low.gather(1, places), bins.high.gather(1, places))
