"""Inputs without the features that a map ranks first: data to train a model anew on.

Source: Hooker et al., A benchmark for interpretability methods in deep neural networks, 2019, arXiv:1806.10758.
"""

import torch
from torch import Tensor


def without_first(inputs: Tensor, substitutes: Tensor, order: Tensor, count: int) -> Tensor:
    """(B, *S) the inputs with the first `count` positions of each one's `order` (B, P) taken from `substitutes` (*S).

    A position of a picture goes with all its channels.
    """
    gone = torch.zeros(order.shape, dtype=torch.bool, device=order.device)
    gone.scatter_(1, order[:, :count], True)
    sides = [1, *inputs.shape[2:]] if inputs.ndim == 4 else list(inputs.shape[1:])
    return torch.where(gone.to(inputs.device).view(-1, *sides), substitutes, inputs)


def mean_features(inputs: Tensor) -> Tensor:
    """(*S) the mean of each column of rows (N, F), and of each channel of pictures (N, C, H, W) at every position."""
    axes = (0, 2, 3) if inputs.ndim == 4 else (0,)
    return inputs.double().mean(axes, keepdim=True).to(inputs).expand_as(inputs[:1])[0]


def mean_height(curves: Tensor, shares: Tensor) -> Tensor:
    """(...) the mean height of curves (..., n) over shares (n,) in ascending order: that of the trapezoids between them."""
    if len(shares) == 1:
        return curves[..., 0]
    return torch.trapezoid(curves, shares.to(curves), dim=-1) / float(shares[-1] - shares[0])
