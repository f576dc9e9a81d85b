"""How much of a map lies where the object is known to be.

Source: Zhang et al., Top-down neural attention by excitation backprop, 2016, arXiv:1608.00507 (pointing game); Arras, Osman,
Samek, CLEVR-XAI, 2020, arXiv:2003.07258 (mass accuracy).
"""

import torch
from torch import Tensor


def pointing_hits(values: Tensor, masks: Tensor) -> Tensor:
    """(B,) whether the largest of values (B, ...) lies in masks (B, ...): 1 or 0, between where several are the largest.

    Ties count by the share of them that lies in the mask: the first one would be a matter of memory order. NaN where a value
    is not finite.
    """
    flat, inside = values.double().flatten(1), masks.flatten(1).bool()
    largest = flat == flat.amax(1, keepdim=True)
    hits = (largest & inside).sum(1).double() / largest.sum(1)
    return hits.masked_fill(~flat.isfinite().all(1), torch.nan)


def mass_accuracy(values: Tensor, masks: Tensor) -> Tensor:
    """(B,) share of the positive mass of values (B, ...) that lies in masks (B, ...); NaN where there is none, or not finite."""
    positive = values.double().flatten(1).clamp_min(0)
    found = (positive * masks.flatten(1)).sum(1) / positive.sum(1)
    return found.masked_fill(~values.flatten(1).isfinite().all(1), torch.nan)
