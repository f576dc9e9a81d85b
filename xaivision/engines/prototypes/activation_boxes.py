"""Where in a picture a prototype is most active: the box around the highest values of its enlarged map."""

from math import ceil

import torch
from torch import Tensor

from xaivision.engines.prototypes.enlarging import enlarged

# A pixel belongs to the box where its value is among the highest twentieth.
QUANTILE = 0.95
ROUNDING = 1e-12


def activation_boxes(maps: Tensor, height: int, width: int) -> Tensor:
    """(N, 4) whole numbers top, left, bottom, right of boxes in a picture, from maps (N, h, w); the last two are outside.

    The map is enlarged bicubically. One that is the same everywhere has its box around the whole picture.

    Source: Chen et al., 2018, arXiv:1806.10574, section 2.3.
    """
    large = enlarged(maps.double(), height, width)
    count = height * width - ceil(QUANTILE * height * width) + 1
    threshold = large.flatten(1).topk(count, sorted=False).values.amin(1)
    least = (threshold - ROUNDING * maps.double().abs().amax((1, 2)))[:, None]
    rows, columns = large.amax(2) >= least, large.amax(1) >= least
    return torch.stack([_first(rows), _first(columns), height - _first(rows.flip(1)), width - _first(columns.flip(1))], 1)


def _first(flags: Tensor) -> Tensor:
    """(N,) the first place that is true in each row of (N, n); every row has one."""
    return flags.to(torch.uint8).argmax(1)
