"""Thumbnails of inputs and maps: what a report shows of single items, a few kilobytes each."""

import numpy as np
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from xaivision.evaluation.audit.part import Array

# Pixels of the longer side: enough to see what a map marks, a hundredth of the memory of what was judged.
SIDE = 112


def map_thumbnail(values: Tensor) -> Array:
    """(h, w) or (F,) float16: one map, smaller where it is large, divided by its largest magnitude; zero maps stay zero."""
    small = _smaller(values[None])[0] if values.ndim == 2 else values
    largest = small.abs().amax()
    scaled = small / largest if bool(largest > 0) and bool(largest.isfinite()) else small
    return scaled.cpu().numpy().astype(np.float16)


def picture_thumbnail(picture: Tensor) -> Array:
    """(C, h, w) uint8 of a picture (C, H, W) in [0, 1]."""
    return (_smaller(picture).clamp(0, 1) * 255).round().cpu().numpy().astype(np.uint8)


def stacked(thumbnails: list[Array | None]) -> Array | None:
    """One array of all, NaN where there is none; None where there is none at all or they differ in shape."""
    known = [one for one in thumbnails if one is not None]
    if not known or any(one.shape != known[0].shape for one in known):
        return None
    missing = np.full_like(known[0], np.nan if known[0].dtype.kind == "f" else 0)
    return np.stack([missing if one is None else one for one in thumbnails])


def _smaller(values: Tensor) -> Tensor:
    height, width = values.shape[-2:]
    longer = max(height, width)
    if longer <= SIDE:
        return values.detach().double()
    size = (max(1, round(height * SIDE / longer)), max(1, round(width * SIDE / longer)))
    return adaptive_avg_pool2d(values.detach().double()[None], size)[0]
