"""From a layer's maps to a map over the input."""

from torch import Tensor
from torch.nn import functional as F


def channel_weighted_map(activations: Tensor, weights: Tensor) -> Tensor:
    """(B, 1, h, w) sum over channels of maps (B, C, h, w) times `weights` (B, C) or (B, C, h, w)."""
    if weights.ndim == 2:
        weights = weights[:, :, None, None]
    return (activations * weights).sum(1, keepdim=True)


def spread_over_input(maps: Tensor, height: int, width: int) -> Tensor:
    """(B, 1, height, width) bilinear enlargement that shares each cell's value among its pixels, so that sums hold.

    The sum is kept exactly where the sides are whole multiples of the map's, and closely elsewhere.
    """
    cells, pixels = maps.shape[-2] * maps.shape[-1], height * width
    return F.interpolate(maps, (height, width), mode="bilinear", align_corners=False) * (cells / pixels)
