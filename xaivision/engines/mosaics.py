"""Mosaics of two by two pictures, and how much of a map lies on some of their tiles.

Source: Arias-Duart et al., Focus! Rating XAI methods and finding biases, 2022, arXiv:2109.15035.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import interpolate

TILES = 4


def mosaic(tiles: Sequence[Tensor]) -> Tensor:
    """(B, C, H, W) mosaics of four batches of pictures (B, C, H, W), in reading order, each shrunk to its quarter."""
    height, width = tiles[0].shape[2:]
    found = torch.empty_like(tiles[0])
    for tile, (rows, columns) in zip(tiles, _quarters(height, width), strict=True):
        sides = [rows.stop - rows.start, columns.stop - columns.start]
        found[:, :, rows, columns] = interpolate(tile, size=sides, mode="area")
    return found


def positive_share(maps: Tensor, right: Tensor) -> Tensor:
    """(B,) the share of the positive values of maps (B, H, W) on the tiles that are `right` (4,); NaN where none is positive.

    A map that is not finite has no share.
    """
    found = maps.double().clamp_min(0)
    found = torch.where(maps.isfinite().flatten(1).all(1)[:, None, None], found, torch.nan)
    largest = found.amax((1, 2), keepdim=True)
    found = found / largest  # sums of what is very large would overflow
    sums = torch.stack([found[:, rows, columns].sum((1, 2)) for rows, columns in _quarters(*maps.shape[1:])], 1)
    return (sums * right.to(sums)).sum(1) / sums.sum(1)


def _quarters(height: int, width: int) -> list[tuple[slice, slice]]:
    """Rows and columns of the four tiles in reading order; the first are the smaller where a side is odd."""
    rows, columns = (slice(0, height // 2), slice(height // 2, height)), (slice(0, width // 2), slice(width // 2, width))
    return [(one, other) for one in rows for other in columns]
