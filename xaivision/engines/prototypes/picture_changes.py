"""Changes of one property of whole pictures: hue, saturation, contrast, brightness, shape or texture."""

from collections.abc import Callable, Mapping
from math import ceil, pi
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from xaivision.engines.prototypes.patch_means import non_local_means

# (B, C, H, W) pictures in [0, 1], color or gray, to changed ones.
Change = Callable[[Tensor], Tensor]

HUE_TURN = 0.1
SATURATION = 0.7
CONTRAST = 0.45
BRIGHTNESS = 0.8
# A wave of 4 pixels with a period of 40, in a picture of 224; smaller ones get a smaller wave.
WAVE, WAVES, WAVE_SIDE = 4.0, 0.05, 224
# How different patches may be that are averaged, in pixel values. The paper's 4 of 255 is for photos with hardly any noise; by
# as little it smooths colors, which are left alone here: what takes the color from a square takes what its hue tells as well.
SMOOTHING = 0.18
LUMA = (0.299, 0.587, 0.114)


def hue(images: Tensor) -> Tensor:
    """Each color a tenth of a turn further, as bright and as saturated as before; gray stays exactly as it is."""
    if images.shape[1] != 3:
        return images.clone()
    turned, saturation, value = _hue_saturation_value(images)
    sixths = 6 * ((turned + HUE_TURN) % 1.0)
    found = []
    for offset in (5.0, 3.0, 1.0):
        place = (sixths + offset) % 6
        share = torch.minimum(place, 4 - place).clamp(0, 1)
        found.append(value - value * saturation * share)
    return torch.stack(found, 1)


def saturation(images: Tensor) -> Tensor:
    """Colors 30 % nearer to gray of their own brightness; gray stays exactly as it is."""
    if images.shape[1] != 3:
        return images.clone()
    # From differences between channels, which are exactly zero where the picture is gray.
    luma = torch.tensor(LUMA, dtype=images.dtype, device=images.device)
    color = torch.stack([torch.einsum("bchw,c->bhw", images[:, one, None] - images, luma) for one in range(3)], 1)
    return (images - (1 - SATURATION) * color).clamp(0, 1)


def contrast(images: Tensor) -> Tensor:
    """Less than half of each pixel's difference to the picture's mean brightness is left."""
    mean = brightness_of(images).mean((2, 3), keepdim=True)
    return (mean + CONTRAST * (images - mean)).clamp(0, 1)


def brightness(images: Tensor) -> Tensor:
    """A fifth darker."""
    return BRIGHTNESS * images


def shape(images: Tensor) -> Tensor:
    """Rows, then columns, moved along themselves by a wave, around the edge: lines bend, colors and fine texture stay."""
    height, width = images.shape[2:]
    rows, columns = _wave(height), _wave(width)
    bent = torch.stack([images[:, :, at].roll(shift, 2) for at, shift in enumerate(rows)], 2)
    return torch.stack([bent[:, :, :, at].roll(shift, 2) for at, shift in enumerate(columns)], 3)


def texture(images: Tensor) -> Tensor:
    """Fine structure of the brightness averaged away between alike patches, edges and colors kept: non-local means.

    Source: Buades, Coll, Morel, 2005, doi:10.1109/CVPR.2005.38.
    """
    brightness = brightness_of(images.detach())
    smooth = non_local_means(brightness, SMOOTHING)
    return (images.detach() + (smooth - brightness)).clamp(0, 1)


def brightness_of(images: Tensor) -> Tensor:
    """(B, 1, H, W) how bright each pixel is."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True)
    luma = torch.tensor(LUMA, dtype=images.dtype, device=images.device)
    return torch.einsum("bchw,c->bhw", images, luma)[:, None]


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "hue": hue,
        "shape": shape,
        "texture": texture,
        "contrast": contrast,
        "saturation": saturation,
        "brightness": brightness,
    }
)


def _wave(length: int) -> list[int]:
    """By how many pixels each row, or column, of a picture of this side is moved."""
    scale = length / WAVE_SIDE
    height = ceil(WAVE * scale)
    return [round(height * float(np.sin(pi * at * WAVES / scale))) for at in range(length)]


def _hue_saturation_value(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(B, H, W) three times, each in [0, 1]; gray has the hue 0."""
    value, top = images.max(1)
    spread = value - images.amin(1)
    gray = spread == 0
    safe = torch.where(gray, 1, spread)
    red, green, blue = images.unbind(1)
    candidates = torch.stack([(green - blue) / safe, 2 + (blue - red) / safe, 4 + (red - green) / safe], 1)
    turned = candidates.gather(1, top[:, None]).squeeze(1) / 6 % 1.0
    saturated = spread / torch.where(value == 0, 1, value)
    return torch.where(gray, 0, turned), saturated, value
