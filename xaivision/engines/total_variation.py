"""Total variation of pictures: how much neighbors differ."""

import torch
from torch import Tensor


def total_variation(pictures: Tensor) -> Tensor:
    """(B,) the sum over neighbors, down and across, of their absolute differences."""
    return (pictures.diff(dim=2).abs().flatten(1).sum(1) + pictures.diff(dim=3).abs().flatten(1).sum(1)).detach()


def variation_slope(pictures: Tensor) -> Tensor:
    """(B, C, H, W) how the total variation changes with each pixel."""
    slope = torch.zeros_like(pictures)
    for dim in (2, 3):
        sign = pictures.diff(dim=dim).sign()
        size = sign.shape[dim]
        slope.narrow(dim, 1, size).add_(sign)
        slope.narrow(dim, 0, size).sub_(sign)
    return slope
