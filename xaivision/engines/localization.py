"""How much of a map lies where the object is known to be.

Source: Zhang et al., Top-down neural attention by excitation backprop, 2016, arXiv:1608.00507 (pointing game); Arras, Osman,
Samek, CLEVR-XAI, 2020, arXiv:2003.07258 (mass and rank accuracy).
"""

import torch
from torch import Tensor

from xaivision.engines.ranking import average_ranks


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


def top_share(values: Tensor, masks: Tensor, counts: Tensor) -> Tensor:
    """(B,) share of the `counts` (B,) largest of values (B, ...) that lies in masks (B, ...); NaN where a value is not finite.

    Values that tie for the last places share them: what they would give on average if the places were drawn among them.
    NaN where nothing is counted.
    """
    flat, inside = values.double().flatten(1), masks.flatten(1).bool()
    last = flat.sort(dim=1, descending=True).values.gather(1, (counts.to(flat.device)[:, None] - 1).clamp_min(0))
    above, tied = flat > last, flat == last
    places = counts.to(flat.device) - above.sum(1)
    drawn = places * (tied & inside).sum(1).double() / tied.sum(1)
    found = ((above & inside).sum(1) + drawn) / counts.to(flat.device)
    return found.masked_fill(~flat.isfinite().all(1), torch.nan)


def mann_whitney(values: Tensor, masks: Tensor) -> Tensor:
    """(B,) how often a value (B, ...) inside masks (B, ...) is larger than one outside, ties counted half: the area under ROC.

    NaN where the mask is empty or full, or a value is not finite.
    """
    flat, inside = values.flatten(1), masks.flatten(1).bool()
    ranks = torch.stack([average_ranks(row) for row in flat])
    hits, others = inside.sum(1).double(), (~inside).sum(1).double()
    wins = (ranks * inside).sum(1) - hits * (hits - 1) / 2
    return (wins / (hits * others)).masked_fill(~flat.isfinite().all(1), torch.nan)


def widened(masks: Tensor, distance: float) -> Tensor:
    """(B, H, W) bool masks with every pixel whose center is no farther than `distance` pixels from one inside."""
    from scipy.ndimage import distance_transform_edt

    if distance == 0:
        return masks.bool()
    parts = []
    for mask in masks.bool().cpu():  # an empty mask has no distances: none of its pixels is near
        parts.append(torch.from_numpy(distance_transform_edt(~mask.numpy()) <= distance) if bool(mask.any()) else mask)
    return torch.stack(parts).to(masks.device)
