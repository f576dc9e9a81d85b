"""A small convolutional classifier whose class activation maps have a closed form."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class PooledCnn(nn.Module):
    """(B, 1, h, w) pictures to (B, K) logits: 3 x 3 convolutions with ReLU, mean over positions, one linear layer.

    Because only a mean and a linear layer follow the last map A (B, C, h, w), the gradient of class k with respect to
    channel c is w[k, c] / (h * w) everywhere: Grad-CAM must give ReLU(sum over c of w[k, c] A[c]) / (h * w).
    """

    def __init__(self, channels: Sequence[int], num_classes: int) -> None:
        super().__init__()
        widths = [1, *channels]
        parts: list[nn.Module] = []
        for before, after in pairwise(widths):
            parts += [nn.Conv2d(before, after, 3, padding=1, dtype=torch.float32), nn.ReLU()]
        self.maps = nn.Sequential(*parts)
        self.head = nn.Linear(widths[-1], num_classes, dtype=torch.float32)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.maps(images).mean((2, 3)))
        return scores
