"""Segments of a picture as layers: each can be moved, faded out and restyled over what is guessed to lie behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaivision.engines.imputation import imputed

# (C, H, W) pixels in [0, 1] of a layer, each with a new style.
Styled = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LayerEdit:
    """What is done to one segment: moved by whole pixels, `kept` of its opacity, its pixels `styled`."""

    down: int
    across: int
    kept: float
    styled: Styled


@dataclass(frozen=True, eq=False)
class Layers:
    """A `picture` (C, H, W) in [0, 1] and the `labels` (H, W) of its segments, both on the CPU.

    What lies behind a segment is filled in from its surroundings when it is first needed. Source of the filling: Rong et al.,
    2022, arXiv:2202.00449, without its noise.
    """

    picture: Tensor
    labels: Tensor
    _behind: dict[int, Tensor] = field(default_factory=dict, init=False)

    def behind(self, segment: int) -> Tensor:
        """(C, H, W) the picture without this segment."""
        if segment not in self._behind:
            self._behind[segment] = imputed(self.picture, self.labels != segment).clamp(0, 1)
        return self._behind[segment]

    def edited(self, edits: dict[int, LayerEdit]) -> Tensor:
        """(C, H, W) the picture with these segments edited: first all are taken out, then each is laid on top in its new form."""
        canvas = self.picture.clone()
        for segment in edits:
            mask = self.labels == segment
            canvas[:, mask] = self.behind(segment)[:, mask]
        for segment, edit in edits.items():
            mask = moved((self.labels == segment)[None], edit)[0]
            sprite = moved(edit.styled(self.picture), edit)
            canvas[:, mask] = torch.lerp(canvas[:, mask], sprite[:, mask], edit.kept)
        return canvas.clamp_(0, 1)


def moved(layer: Tensor, edit: LayerEdit) -> Tensor:
    """(C, H, W) the layer moved down and across; what comes in from outside is zero, what goes out is lost."""
    height, width = layer.shape[1:]
    out = torch.zeros_like(layer)
    down, across = edit.down, edit.across
    if abs(down) >= height or abs(across) >= width:
        return out
    out[:, max(0, down) : height + min(0, down), max(0, across) : width + min(0, across)] = layer[
        :, max(0, -down) : height + min(0, -down), max(0, -across) : width + min(0, -across)
    ]
    return out
