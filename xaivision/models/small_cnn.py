"""A small convolutional backbone for gray pictures, which has learned nothing yet: trained whole, from random weights."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from xaivision.core.random import seed_for
from xaivision.models.construction import construction

NAME = "small_cnn"
WIDTHS = (16, 32, 64, 128)
SIDE = 96
# What gray pictures in [0, 1] are centered and scaled with.
MEAN, STD = (0.5,), (0.25,)


class SmallCnn(nn.Module):
    """(B, 1, h, w) gray pictures to (B, 128) features: four 3 x 3 convolutions with ReLU, each halved by max pooling, then the
    mean over positions.

    Nothing is normalized inside, so it is the same network in training and in use, and every attribution method knows its
    layers.
    """

    def __init__(self) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for before, after in pairwise((1, *WIDTHS)):
            parts.append(nn.Conv2d(before, after, 3, padding=1, dtype=torch.float32))
            parts += [nn.ReLU(), nn.MaxPool2d(2)]
        self.maps = nn.Sequential(*parts)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.maps(images).mean((2, 3))
        return features


def small_cnn(seed: int = 0) -> SmallCnn:
    """The network with random weights drawn from the seed, of the size that keeps activations as large as they come in.

    Source: He et al., arXiv:1502.01852.
    """
    with construction(seed_for(seed, NAME)):
        module = SmallCnn()
        for part in module.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
                nn.init.zeros_(part.bias)  # type: ignore[arg-type]  # there is one, as nothing else was said
    return module.eval()
