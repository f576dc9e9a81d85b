"""Pictures whose decision hangs on one tile, and generators of the tests' own, with answers that are known."""

import torch
from torch import Tensor, nn

import xaivision as xv
from xaivision.core.classifier import Classifier
from xaivision.core.generator import Code, Direction
from xaivision.models.generators.segment_layers import SegmentLayers

SIDE = 12
HALF = SIDE // 2
LEVEL = 1 / 255


def tiles() -> Tensor:
    """(12, 12) labels of four tiles, row by row."""
    half = torch.arange(SIDE) // HALF
    return 2 * half[:, None] + half


class TileNetwork(nn.Module):
    """Class 1 where the mean of the upper left tile is above a half; nothing else counts."""

    def __init__(self, slope: float = 20.0) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, pictures: Tensor) -> Tensor:
        lead = self.slope * (pictures[:, :, :HALF, :HALF].mean((1, 2, 3)) - 0.5)
        return torch.stack([-lead, lead], 1)


def tile_model(slope: float = 20.0) -> Classifier:
    return xv.classifier(TileNetwork(slope), domain="image", num_classes=2, score_unit="logit", class_names=("dark", "bright"))


def dark_pictures(count: int = 3, seed: int = 0) -> Tensor:
    """(count, 1, 12, 12) of 256 levels, all of class 0: tiles of one gray each, the upper left one from 0.1 to 0.4."""
    draws = torch.rand(count, 4, generator=torch.Generator().manual_seed(seed))
    draws[:, 0] = 0.1 + 0.3 * draws[:, 0]
    return (255 * draws[:, tiles()][:, None]).round() / 255


def layers() -> SegmentLayers:
    return SegmentLayers(tiles())


class TileGenerator:
    """A user's own: two numbers, the gray of the left half and that of the right half."""

    def __init__(self, off: float = 0.0) -> None:
        self.off = off

    def encode(self, picture: Tensor) -> Code:
        values = torch.stack([picture[..., :HALF].mean(), picture[..., HALF:].mean()]).double().cpu()
        sides = ("left half", "right half")
        return Code(values, tuple(Direction("gray", "style", side, 0.0, 1.0) for side in sides))

    def decode(self, code: Code, values: Tensor) -> Tensor:
        halves = torch.arange(SIDE) // HALF
        return (values[:, halves] + self.off).clamp(0, 1)[:, None, None, :].expand(-1, 1, SIDE, -1)


def halves(count: int, seed: int = 0) -> Tensor:
    """(count, 1, 12, 12) pictures of two grays, left and right."""
    draws = torch.rand(count, 2, generator=torch.Generator().manual_seed(seed))
    return draws[:, torch.arange(SIDE) // HALF][:, None, None, :].expand(-1, 1, SIDE, -1).contiguous()
