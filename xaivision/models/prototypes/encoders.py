"""What turns inputs into the space of prototypes: the places of a backbone's map, or the standardized columns of a table."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from xaivision.core.map_layers import MapLayer
from xaivision.models.prototypes.backbone_maps import map_at
from xaivision.models.prototypes.column_metric import ColumnMetric
from xaivision.models.prototypes.standard_channels import StandardChannels


class Encoder(nn.Module, ABC):
    """`features` of inputs that a frozen part gives, and an `add_on`, which is learned, into the space of the prototypes."""

    add_on: nn.Module

    @abstractmethod
    def features(self, inputs: Tensor) -> Tensor:
        """(B, C, ...) what the frozen part makes of inputs (B, *S)."""

    def forward(self, inputs: Tensor) -> Tensor:
        found: Tensor = self.add_on(self.features(inputs))
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
