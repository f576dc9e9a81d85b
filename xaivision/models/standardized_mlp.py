"""A small differentiable classifier of tables that standardizes its columns inside."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class StandardizedMlp(nn.Module):
    """(B, F) rows in their own units to (B, K) logits: standardized, then tanh layers, then a linear one.

    `mean` and `std` (F,) are buffers, so that they travel with the weights. Tanh, because a smooth function can be
    integrated along a path with few steps.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, features: int, hidden: Sequence[int], num_classes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features, dtype=torch.float32))
        self.register_buffer("std", torch.ones(features, dtype=torch.float32))
        widths = [features, *hidden]
        parts: list[nn.Module] = []
        for before, after in pairwise(widths):
            parts += [nn.Linear(before, after, dtype=torch.float32), nn.Tanh()]
        self.layers = nn.Sequential(*parts, nn.Linear(widths[-1], num_classes, dtype=torch.float32))

    def standardize(self, rows: Tensor) -> None:
        """Take mean and spread of each column from these rows (N, F); a constant column keeps the spread 1."""
        spread = rows.double().std(0, correction=0)
        self.mean.copy_(rows.double().mean(0))
        self.std.copy_(torch.where(spread > 0, spread, 1.0))

    def forward(self, rows: Tensor) -> Tensor:
        scores: Tensor = self.layers((rows - self.mean) / self.std)
        return scores
