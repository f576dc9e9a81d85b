"""From a layer's maps and the gradients there to one map, and from its cells to the pixels of the input."""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

# A channel whose values cancel to less than this share of their sizes has no meaningful share of a sum.
CANCELLED = 1e-2


class Weights(NamedTuple):
    """`values` (B, C), and for each input (B,) the share of the map that hangs on weights which are hardly defined."""

    values: Tensor
    unstable: Tensor


def channel_weighted_map(activations: Tensor, weights: Tensor) -> Tensor:
    """(B, 1, h, w) sum over channels of maps (B, C, h, w) times `weights` (B, C) or (B, C, h, w)."""
    if weights.ndim == 2:
        weights = weights[:, :, None, None]
    return (activations * weights).sum(1, keepdim=True)


def mean_weights(gradients: Tensor) -> Tensor:
    """(B, C) mean gradient of each channel."""
    return gradients.mean((2, 3))


def share_weights(activations: Tensor, gradients: Tensor) -> Weights:
    """(B, C) mean gradient of each channel, each position weighted by its share of the channel's sum.

    The map's sum is then that of activations times gradients. A channel that sums to zero gets the weight 0.

    Source: Fu et al., 2020, arXiv:2008.02312, eq. 8.
    """
    sums = activations.sum((2, 3))
    products = (activations * gradients).sum((2, 3))
    values = torch.where(sums == 0, 0, products / torch.where(sums == 0, 1, sums))
    sizes = activations.abs().sum((2, 3))
    return Weights(values, _share((values.abs() * sizes), sums.abs() < CANCELLED * sizes))


def exponential_weights(activations: Tensor, gradients: Tensor) -> Weights:
    """(B, C) sum over positions of alpha times the positive gradient, as if exp(score) were explained.

    With g the gradient of the score and S the channel's sum, alpha is g^2 / (2 g^2 + S g^3) = 1 / (2 + S g): g^2 cancels, so
    that small gradients do not underflow. Where 2 + S g is zero, alpha is 0. exp(score), one factor for all positions of
    an input, is left out: it overflows, and only scales the map.

    Source: Chattopadhyay et al., 2017, arXiv:1710.11063, eq. 19.
    """
    positive = gradients.clamp_min(0)
    denominators = 2 + activations.sum((2, 3), keepdim=True) * positive
    parts = torch.where(denominators == 0, 0, positive / torch.where(denominators == 0, 1, denominators))
    values = parts.sum((2, 3))
    sizes = activations.abs().sum((2, 3))
    # Where all activations are positive, as the paper assumes, no denominator is less than 2.
    unstable = ((denominators < 1) & (positive > 0)).flatten(2).any(2)
    return Weights(values, _share(values.abs() * sizes, unstable))


def first_component(activations: Tensor) -> Tensor:
    """(B, 1, h, w) projection of (B, C, h, w) on the first right singular vector of positions by channels, not centered.

    A singular vector has no sign of its own: it is chosen so that the map's sum is not negative.

    Source: Muhammad, Yeasin, 2020, arXiv:2008.00299, section III.
    """
    batch, channels, height, width = activations.shape
    found = [_first_component(one) for one in activations.double().reshape(batch, channels, -1)]
    return torch.stack(found).view(batch, 1, height, width).to(activations)


def spread_over_input(maps: Tensor, height: int, width: int) -> Tensor:
    """(B, 1, height, width) from cells (B, 1, h, w): each cell's value is shared among the pixels near it, none is lost.

    A pixel gets of each cell what bilinear interpolation takes from it; the shares of a cell are scaled to sum to 1, so
    that the map's sum is kept whatever the sides are. Where they are whole multiples of the map's, that is plain bilinear
    enlargement times a constant.
    """
    rows, columns = (_shares(*sides).to(maps) for sides in ((maps.shape[2], height), (maps.shape[3], width)))
    return rows @ maps @ columns.T


def enlarged(maps: Tensor, height: int, width: int) -> Tensor:
    """(..., height, width) plain bilinear interpolation: values are kept, not sums."""
    return F.interpolate(maps, (height, width), mode="bilinear", align_corners=False)


@lru_cache(maxsize=16)
def _shares(cells: int, pixels: int) -> Tensor:
    """(pixels, cells) in float64: the share of each cell's value that each pixel gets. Columns sum to 1. Not to be written on."""
    with torch.inference_mode(False):  # it outlives the caller's mode
        taken = F.interpolate(
            torch.eye(cells, dtype=torch.float64, device="cpu")[None, None],
            (pixels, cells),
            mode="bilinear",
            align_corners=False,
            antialias=pixels < cells,  # else cells between two pixels would be in none
        )[0, 0]
        return taken / taken.sum(0)


def _share(sizes: Tensor, chosen: Tensor) -> Tensor:
    """(B,) share of the sizes (B, C) that the chosen channels have; 0 where all are zero."""
    whole = sizes.sum(1)
    return torch.where(whole > 0, (sizes * chosen).sum(1) / torch.where(whole > 0, whole, 1), 0)


def _first_component(maps: Tensor) -> Tensor:
    """(positions,) singular value times singular vector, from (channels, positions), by the smaller of the two products."""
    channels, positions = maps.shape
    if not bool(maps.isfinite().all()):
        return maps.new_full((positions,), torch.nan)  # the decomposition would break down instead
    if positions <= channels:
        squares, vectors = torch.linalg.eigh(maps.T @ maps)
        first = vectors[:, -1] * squares[-1].clamp_min(0).sqrt()
    else:
        first = maps.T @ torch.linalg.eigh(maps @ maps.T).eigenvectors[:, -1]
    signed: Tensor = -first if first.sum() < 0 else first
    return signed
