"""Ways to hide pixels that shap's image maskers know by name: the box blur, and inpainting by OpenCV."""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from xaivision.core.errors import InputError
from xaivision.core.extras import extra
from xaivision.core.sharing import fingerprint
from xaivision.engines.removals import Interpolation

BLUR = re.compile(r"blur\((\d+), ?(\d+)\)")
INPAINTINGS = {"inpaint_telea": "INPAINT_TELEA", "inpaint_ns": "INPAINT_NS"}
# Pixels around a hidden one that are looked at, as shap has it.
INPAINT_RADIUS = 3


def is_shaps_name(setting: object) -> bool:
    """Whether it is a name by which shap's image maskers know what to put in the place of pixels."""
    return isinstance(setting, str) and (setting in INPAINTINGS or BLUR.fullmatch(setting) is not None)


def box_blurred(images: Tensor, name: str) -> Tensor:
    """(B, C, H, W) means over windows of the width and height in "blur(width, height)", reflected at the borders.

    Raises: InputError, where a window is empty or reaches over the whole picture.
    """
    found = BLUR.fullmatch(name)
    width, height = (int(side) for side in found.groups()) if found else (0, 0)
    before = height // 2, width // 2
    if min(width, height) < 1 or before[0] >= images.shape[2] or before[1] >= images.shape[3]:
        raise InputError(
            f"`baseline` 'blur(width, height)' must have sides from 1 to less than twice those of the picture, "
            f"{tuple(images.shape[2:])}. Got {name!r}."
        )
    edges = (before[1], width - 1 - before[1], before[0], height - 1 - before[0])
    return F.avg_pool2d(F.pad(images, edges, mode="reflect"), (height, width), stride=1)


@dataclass(frozen=True, eq=False)
class Inpainting(Interpolation):
    """Hidden pixels are filled in from those around them by OpenCV; where none is left, with the picture's mean color.

    OpenCV sees 256 levels; pixels that are kept stay as they are.
    """

    name: str

    @cached_property
    def key(self) -> Hashable:
        return ("inpainting by OpenCV", self.name, fingerprint(self.one))

    def __call__(self, kept: Tensor) -> Tensor:
        return torch.stack([torch.where(mask, self.one, self._filled(mask)) for mask in kept])

    def _filled(self, kept: Tensor) -> Tensor:
        if not bool(kept.any()):
            return self.one.mean((1, 2), keepdim=True).expand_as(self.one)
        hidden = (~kept).cpu().numpy().astype("uint8")
        filled = [self._cv2.inpaint(part, hidden, INPAINT_RADIUS, self._flag) for part in self._levels]
        planes = [torch.from_numpy(part).reshape(*kept.shape, -1).movedim(2, 0) for part in filled]
        return torch.cat(planes).to(self.one) / 255

    @cached_property
    def _cv2(self) -> Any:
        return extra("cv2", "shap")

    @cached_property
    def _flag(self) -> int:
        return int(getattr(self._cv2, INPAINTINGS[self.name]))

    @cached_property
    def _levels(self) -> list[Any]:
        """The picture in 8 bits: three channels together, any other number one by one, as OpenCV takes them."""
        levels = (self.one * 255).round().clamp(0, 255).byte().cpu()
        together = [levels] if len(levels) == 3 else list(levels[:, None])
        return [part.movedim(0, 2).contiguous().numpy() for part in together]
