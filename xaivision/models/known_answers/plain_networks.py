"""Three networks of growing power for pictures or rows: one linear layer, a perceptron, a convolutional network.

Source: Clark et al., XAI-TRIS, 2023, arXiv:2306.12816 (widths).
"""

from itertools import pairwise
from typing import Literal

import torch
from torch import nn

Kind = Literal["linear", "mlp", "cnn"]
Halving = Literal["max", "mean"]
HIDDEN, DROPPED = (256, 256, 64), 0.3
WIDTHS = (4, 8, 16, 32)
# Coarser maps than this would no longer tell where something is.
COARSEST = 2


def linear(features: int, num_classes: int) -> nn.Sequential:
    """(B, *S) inputs of so many features to (B, K) logits, by one layer."""
    return nn.Sequential(nn.Flatten(), nn.Linear(features, num_classes, dtype=torch.float32))


def mlp(features: int, num_classes: int, hidden: tuple[int, ...] = HIDDEN, dropped: float = DROPPED) -> nn.Sequential:
    """The same by layers with ReLU, and dropout between them in training."""
    parts: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise((features, *hidden)):
        parts += [nn.Linear(before, after, dtype=torch.float32), nn.ReLU()]
        parts += [nn.Dropout(dropped)] if dropped else []
    return nn.Sequential(*parts, nn.Linear(hidden[-1], num_classes, dtype=torch.float32))


def cnn(
    shape: tuple[int, int, int], num_classes: int, widths: tuple[int, ...] = WIDTHS, hidden: int = 0, halving: Halving = "max"
) -> nn.Sequential:
    """(B, C, H, W) pictures to (B, K) logits: 3 x 3 convolutions with ReLU, and a linear layer that sees where things are.

    Maps are halved after each convolution, those of small pictures after the last ones only: to the largest of four values, or to
    their mean. `hidden`: units of a layer before the last one, which can tell what two distant places have to do with each other.
    """
    channels, height, width = shape
    halvings = min(len(widths), max(0, (min(height, width) // COARSEST).bit_length() - 1))
    parts: list[nn.Module] = []
    for number, (before, after) in enumerate(pairwise((channels, *widths))):
        parts += [nn.Conv2d(before, after, 3, padding=1, dtype=torch.float32), nn.ReLU()]
        if number >= len(widths) - halvings:
            parts.append(nn.MaxPool2d(2) if halving == "max" else nn.AvgPool2d(2))
            height, width = height // 2, width // 2
    features = widths[-1] * height * width
    parts.append(nn.Flatten())
    if hidden:
        parts += [nn.Linear(features, hidden, dtype=torch.float32), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(hidden or features, num_classes, dtype=torch.float32))
