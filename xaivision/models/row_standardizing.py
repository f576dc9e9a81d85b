"""Columns brought to mean 0 and spread 1 inside a network, so that its inputs stay in their own units."""

import torch
from torch import Tensor, nn


class RowStandardizing(nn.Module):
    """(B, F) to (B, F); mean and spread are buffers, which travel with the weights. A constant column keeps the spread 1."""

    mean: Tensor
    std: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features, dtype=torch.float32))
        self.register_buffer("std", torch.ones(features, dtype=torch.float32))

    def learn(self, rows: Tensor) -> None:
        """Take mean and spread of each column from these rows (N, F)."""
        spread = rows.double().std(0, correction=0)
        self.mean.copy_(rows.double().mean(0))
        self.std.copy_(torch.where(spread > 0, spread, 1.0))

    def forward(self, rows: Tensor) -> Tensor:
        return (rows - self.mean) / self.std
