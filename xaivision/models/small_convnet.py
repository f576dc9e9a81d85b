"""A small convolutional network that makes its maps coarser as it goes, for pictures of more than a few pixels."""

import torch
from torch import Tensor, nn


class SmallConvnet(nn.Module):
    """(B, 1, h, w) pictures to (B, K) logits: three convolutions with ReLU, halved by max pooling twice, mean over positions,
    one linear layer. `width` is the number of channels of the first map; it doubles with each.
    """

    def __init__(self, width: int, num_classes: int) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, width, 5, padding=2, dtype=torch.float32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1, dtype=torch.float32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1, dtype=torch.float32),
            nn.ReLU(),
        )
        self.head = nn.Linear(4 * width, num_classes, dtype=torch.float32)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.maps(images).mean((2, 3)))
        return scores
