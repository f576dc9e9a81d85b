"""Traits of a picture that are not its object: level, color, border, grain. Each is a few numbers with fixed names.

Where it is known what to look past, `seen` (H, W) is False there: on the target and its shadow.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

# A channel that differs by more than this from the mean is color, not what JPEG leaves of gray.
COLORED = 0.04
# The border is so much of the shorter side, of so many pixels at least.
BORDER, THINNEST = 0.04, 2
# Grain is read off the calmest quarter of blocks of so many pixels.
BLOCK, CALMEST = 12, 0.25
GRAY_LEVELS = 256

PLACES = tuple(f"{row} {column}" for row in ("top", "middle", "bottom") for column in ("left", "center", "right"))
SIDES = ("top", "bottom", "left", "right")
BRIGHTNESS_TRAITS = ("mean gray",)
COLOR_TRAITS = ("share of colored pixels", "red less green", "green less blue")
BORDER_TRAITS = (*(f"mean gray, {side}" for side in SIDES), *(f"spread of gray, {side}" for side in SIDES))
GRAIN_TRAITS = (
    "spread of the calmest blocks",
    "spread over level of the calmest blocks",
    "likeness of neighbors across",
    "likeness of neighbors down",
    "darkest percent",
    "gray levels in use",
)


def brightness_traits(picture: Tensor, seen: Tensor) -> tuple[float, ...]:
    """The mean gray in [0, 1] of what is seen; NaN where nothing is."""
    return (float(_gray(picture)[seen].mean()),)


def color_traits(picture: Tensor, seen: Tensor) -> tuple[float, ...]:
    """How much of what is seen has color, and which; zeros for gray pictures."""
    if len(picture) != 3 or not bool(seen.any()):
        return (0.0, 0.0, 0.0)
    red, green, blue = picture.double()[:, seen]
    chroma = (picture.double() - picture.double().mean(0)).abs().amax(0)[seen]
    return float((chroma > COLORED).double().mean()), float((red - green).mean()), float((green - blue).mean())


def border(height: int, width: int) -> Tensor:
    """(H, W) bool: the outermost pixels, 4 % of the shorter side and at least 2 wide."""
    thick = border_width(height, width)
    ring = torch.ones(height, width, dtype=torch.bool, device="cpu")
    ring[thick : height - thick, thick : width - thick] = False
    return ring


def border_width(height: int, width: int) -> int:
    """In pixels, at most half of the shorter side."""
    return min(max(THINNEST, round(BORDER * min(height, width))), max(1, min(height, width) // 2))


def border_traits(picture: Tensor, seen: Tensor) -> tuple[float, ...]:
    """Level and spread of each side of the border; NaN where nothing of it is seen."""
    gray = _gray(picture).masked_fill(~seen, torch.nan)
    thick = border_width(*gray.shape)
    sides = (gray[:thick], gray[-thick:], gray[:, :thick], gray[:, -thick:])
    levels = [float(side.nanmean()) for side in sides]
    spreads = [float((side - level).square().nanmean().sqrt()) for side, level in zip(sides, levels, strict=True)]
    return (*levels, *spreads)


def place_shares(mask: Tensor) -> tuple[float, ...]:
    """The share that a mask (H, W) has of each ninth of the picture, row by row; see `PLACES`."""
    return tuple(adaptive_avg_pool2d(mask.double()[None, None], 3).flatten().tolist())


def grain_traits(picture: Tensor, seen: Tensor) -> tuple[float, ...]:
    """The grain where the picture is calmest, its noise floor, and how many gray levels it uses; NaN where nothing is seen.

    Blocks that are partly unseen do not count, nor do even ones, which are no echoes.
    """
    gray = _gray(picture)
    values = gray[seen].numpy()
    if not len(values):
        return (np.nan,) * len(GRAIN_TRAITS)
    floor, levels = np.quantile(values, 0.01), len(np.unique(np.round(values * (GRAY_LEVELS - 1)))) / GRAY_LEVELS
    blocks = _calmest(gray, seen)
    if not len(blocks):
        return (*(np.nan,) * 4, float(floor), levels)
    spread, level = blocks.std((1, 2)), blocks.mean((1, 2))
    ratio = spread / level.clamp_min(1 / GRAY_LEVELS)
    return (
        float(spread.mean()),
        float(ratio.mean()),
        _likeness(blocks[:, :, 1:], blocks[:, :, :-1]),
        _likeness(blocks[:, 1:], blocks[:, :-1]),
        float(floor),
        levels,
    )


def _gray(picture: Tensor) -> Tensor:
    return picture.detach().double().cpu().mean(0)


def _calmest(gray: Tensor, seen: Tensor) -> Tensor:
    """(n, BLOCK, BLOCK) blocks that are seen wholly, of those the quarter with the least spread; none where none is."""
    height, width = (extent // BLOCK * BLOCK for extent in gray.shape)
    if not height or not width:
        return gray.new_zeros(0, BLOCK, BLOCK)
    blocks, known = (part[:height, :width].unfold(0, BLOCK, BLOCK).unfold(1, BLOCK, BLOCK).flatten(0, 1) for part in (gray, seen))
    spread = blocks.std((1, 2))
    usable = known.flatten(1).all(1) & (spread > 1 / GRAY_LEVELS)
    order = spread.masked_fill(~usable, torch.inf).argsort(stable=True)
    return blocks[order[: -(-int(usable.sum()) // round(1 / CALMEST))]]


def _likeness(first: Tensor, second: Tensor) -> float:
    """The correlation of neighbors, each block about its own mean."""
    one, two = ((part - part.mean((1, 2), keepdim=True)).flatten() for part in (first, second))
    return float((one * two).sum() / (one.square().sum() * two.square().sum()).sqrt().clamp_min(1e-12))
