"""What turns inputs into the space of prototypes: the places of a backbone's map, or the standardized columns of a table."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.layers import Layer, watching
from xaivision.core.map_layers import MapLayer

# The least standard deviation that a channel is divided by, as a share of the usual one: one that hardly varies would outweigh
# all others in a picture where it does.
LEAST_SCALE = 0.1


class Encoder(nn.Module, ABC):
    """`features` of inputs that a frozen part gives, and an `add_on`, which is learned, into the space of the prototypes."""

    add_on: nn.Module

    @abstractmethod
    def features(self, inputs: Tensor) -> Tensor:
        """(B, C, ...) what the frozen part makes of inputs (B, *S)."""

    def forward(self, inputs: Tensor) -> Tensor:
        found: Tensor = self.add_on(self.features(inputs))
        return found


class StandardChannels(nn.Module):
    """(B, C, h, w) to the same, each channel centered and scaled as it is over the places of the training pictures."""

    center: Tensor
    scale: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(channels, 1, 1, dtype=torch.float32))
        self.register_buffer("scale", torch.ones(channels, 1, 1, dtype=torch.float32))

    def learn(self, maps: Tensor) -> None:
        """Take center and scale from maps (N, C, h, w)."""
        spread = torch.stack([one.double().std(correction=0) for one in maps.movedim(1, 0)])
        least = float(LEAST_SCALE * spread.square().mean().sqrt()) or 1.0
        self.center.copy_(maps.mean((0, 2, 3))[:, None, None])
        self.scale.copy_(spread.clamp_min(least)[:, None, None])

    def forward(self, maps: Tensor) -> Tensor:
        found: Tensor = (maps - self.center) / self.scale
        return found


class PatchEncoder(Encoder):
    """(B, C, H, W) pictures to (B, D, h, w): resized, colored, a backbone's map at one layer, and an add-on of two 1 x 1
    convolutions that ends in a sigmoid, so that no squared distance is larger than D.

    The channels of the map are standardized first: what hardly differs would be put on one point.

    Source: Chen et al., 2018, arXiv:1806.10574.
    """

    def __init__(self, resize: nn.Module, color: nn.Module, backbone: nn.Module, at: MapLayer, channels: int, width: int) -> None:
        super().__init__()
        self.resize = resize
        self.color = color
        self.backbone = backbone
        self.at = at
        self.channels = StandardChannels(channels)
        self.add_on = nn.Sequential(
            self.channels,
            nn.Conv2d(channels, width, 1, dtype=torch.float32),
            nn.ReLU(),
            nn.Conv2d(width, width, 1, dtype=torch.float32),
            nn.Sigmoid(),
        )

    def standardize(self, maps: Tensor) -> None:
        """Take center and scale of each channel from these maps (N, C, h, w)."""
        self.channels.learn(maps)

    def features(self, images: Tensor) -> Tensor:
        """(B, C, h, w) the backbone's map."""
        return map_at(self.backbone, self.at, self.color(self.resize(images)))


class ColumnMetric(nn.Module):
    """(B, F) to (B, F) by a learned matrix, in whose space rows are compared: which columns count, and which count together.

    Source: Schneider, Biehl, Hammer, 2009, doi:10.1162/neco.2009.11-08-908, matrix relevance learning.
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.eye(columns, dtype=torch.float32))

    @property
    def stretch(self) -> float:
        """By how much it moves points apart at most: its largest singular value."""
        return float(torch.linalg.matrix_norm(self.matrix.detach().double(), 2))

    def forward(self, rows: Tensor) -> Tensor:
        return rows @ self.matrix.T


class TableEncoder(Encoder):
    """(B, F) rows in their own units to (B, F): standardized, then by the matrix of a learned metric.

    `mean` and `std` (F,) travel with the weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns, dtype=torch.float32))
        self.register_buffer("std", torch.ones(columns, dtype=torch.float32))
        self.metric = ColumnMetric(columns)
        self.add_on = self.metric

    def standardize(self, rows: Tensor) -> None:
        """Take mean and spread of each column from these rows (N, F); a constant column keeps the spread 1."""
        spread = rows.double().std(0, correction=0)
        self.mean.copy_(rows.double().mean(0))
        self.std.copy_(torch.where(spread > 0, spread, 1.0))

    def features(self, rows: Tensor) -> Tensor:
        """(B, F) standardized rows."""
        return (rows - self.mean) / self.std


def map_at(backbone: nn.Module, at: MapLayer, images: Tensor) -> Tensor:
    """(B, C, h, w) what the backbone gives at this layer; what comes after it is of no use and little cost."""
    caught: list[Tensor] = []

    def catch(layer: Layer, output: Any) -> None:
        if layer == at.layer:
            caught.append(output)

    with watching(backbone, {at.layer.name}, catch):
        backbone(images)
    assert at.layout is not None  # noqa: S101 - the layer was found by a pass in which it was called
    return at.layout.to_maps(caught[-1])
