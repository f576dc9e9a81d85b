"""Segments of any picture as a generator: each can be moved, removed, made brighter or of another contrast."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.generator import Code, Direction
from xaivision.core.origin import told_settings
from xaivision.engines.layers import LayerEdit, Layers, moved
from xaivision.engines.segments import SegmentsSetting, segment_labels

# Directions of a segment, in their order; gray pictures have no saturation.
DOWN, ACROSS, REMOVAL, BRIGHTNESS, CONTRAST, SATURATION = range(6)
BRIGHTER = 0.5  # at most, of the range from black to white
STRONGER = 2.0  # contrast and saturation go from 2 to the power of minus this to its power


@dataclass(frozen=True, eq=False)
class SegmentLayers:
    """Codes of pictures in "position" (pixels), "removal" (what is behind is filled in) and "style" of each segment.

    `segments`: as for the methods that hide them. `reach`: how far a segment may move, as a share of the picture's sides.
    Style is brightness, contrast and, of pictures with three channels, saturation. With the values it comes with, a code is the
    picture to the last bit.
    """

    segments: SegmentsSetting = "slic"
    reach: float = 0.25

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if isinstance(self.reach, bool) or not isinstance(self.reach, int | float) or not 0 < self.reach <= 1:
            raise InputError(f"`reach` must be a number above 0 and up to 1. Got {self.reach!r}.")

    def encode(self, picture: Tensor) -> Code:
        """The code of a picture (C, H, W), all zeros: nothing is edited."""
        picture = picture.detach().cpu()
        labels = segment_labels(self.segments, picture[None]).labels[0]
        count = int(labels.max()) + 1
        directions = tuple(one for number in range(count) for one in self._directions(f"segment {number}", picture.shape))
        values = torch.zeros(len(directions), dtype=torch.float64, device="cpu")
        return Code(values, directions, Layers(picture, labels))

    def decode(self, code: Code, values: Tensor) -> Tensor:
        """(n, C, H, W) the picture with its segments edited as the values (n, D) say."""
        layers: Layers = code.memory
        each = len(code.directions) // (int(layers.labels.max()) + 1)
        return torch.stack([layers.edited(_edits(row.view(-1, each))) for row in values.detach().cpu().double()])

    def places(self, code: Code, values: Tensor) -> Tensor:
        """(2, H, W) the number of the edited segment that each pixel belongs to, before and after; -1 elsewhere. What is taken
        out is nowhere afterwards.
        """
        layers: Layers = code.memory
        edits = _edits(values.detach().cpu().double().view(int(layers.labels.max()) + 1, -1))
        found = torch.full((2, *layers.labels.shape), -1, dtype=torch.int64, device="cpu")
        for segment, edit in edits.items():
            own = layers.labels == segment
            found[0][own] = segment
            if edit.kept > 0:
                found[1][moved(own[None], edit)[0]] = segment
        return found

    def _directions(self, of: str, shape: torch.Size) -> tuple[Direction, ...]:
        down, across = (max(1, round(self.reach * side)) for side in shape[1:])
        place = [
            Direction("down", "position", of, -down, down, 1.0, unit="px", ways=("up", "down")),
            Direction("across", "position", of, -across, across, 1.0, unit="px", ways=("to the left", "to the right")),
        ]
        style = [
            Direction("removal", "removal", of, 0, 1),
            Direction("brightness", "style", of, -BRIGHTER, BRIGHTER),
            Direction("contrast", "style", of, -STRONGER, STRONGER, unit="octaves"),
            Direction("saturation", "style", of, -STRONGER, STRONGER, unit="octaves"),
        ]
        return (*place, *(style if shape[0] == 3 else style[:-1]))


def _edits(rows: Tensor) -> dict[int, LayerEdit]:
    """What is done to each segment, of numbers (K, 5 or 6); nothing where all are zero."""
    return {segment: _edit(rows[segment]) for segment in rows.any(1).nonzero().flatten().tolist()}


def _edit(row: Tensor) -> LayerEdit:
    numbers = row.tolist()

    def styled(pixels: Tensor) -> Tensor:
        out = pixels
        if numbers[CONTRAST]:
            middle = out.mean((1, 2), keepdim=True)
            out = middle + (out - middle) * 2 ** numbers[CONTRAST]
        if len(numbers) > SATURATION and numbers[SATURATION]:
            gray = out.mean(0, keepdim=True)
            out = gray + (out - gray) * 2 ** numbers[SATURATION]
        lit: Tensor = (out + numbers[BRIGHTNESS]).clamp(0, 1)
        return lit

    return LayerEdit(round(numbers[DOWN]), round(numbers[ACROSS]), 1 - numbers[REMOVAL], styled)
