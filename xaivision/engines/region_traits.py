"""What a marked region of a picture looks like, in numbers: where it lies, how large it is, how bright, which colors."""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.mask_pieces import mask_pieces

# The surroundings of a region are as thick as this share of the shorter side.
RING = 0.08
# A gray level that differs by more than so much reads as lighter or darker.
COLORED = 0.06
# Hues in degrees: where each name begins, going round.
HUES = (
    (0, "red"),
    (15, "orange"),
    (45, "yellow"),
    (70, "green"),
    (160, "turquoise"),
    (195, "blue"),
    (255, "purple"),
    (320, "red"),
)
GRAYS = ((0.0, "black"), (0.18, "dark gray"), (0.42, "gray"), (0.66, "light gray"), (0.86, "white"))


class RegionTraits(NamedTuple):
    """Shares of the picture: `area`, the center (`row`, `column`) of the largest of the `pieces` it is in, and the sides of the
    box around all of it (`height`, `width`).

    `level`: its mean gray in [0, 1], `around`: that of a ring about it, NaN where there is none. `colors`: what share of its
    pixels has each basic color, most first; empty where the picture is gray.
    """

    area: float
    row: float
    column: float
    height: float
    width: float
    level: float
    around: float
    colors: dict[str, float]
    pieces: int


def region_traits(image: Tensor, mask: Tensor) -> RegionTraits:
    """The traits of the region `mask` (H, W) of an image (C, H, W) in [0, 1].

    Raises: InputError, where the mask is empty or of another size.
    """
    inside = checked_mask(image, mask)
    gray, (height, width) = gray_of(image), inside.shape
    rows, columns = inside.nonzero(as_tuple=True)
    pieces, near = mask_pieces(inside), ring_of(inside)
    row, column = (pieces.largest.nonzero().double().mean(0) + 0.5).tolist()
    return RegionTraits(
        float(inside.double().mean()),
        row / height,
        column / width,
        int(rows.max() - rows.min() + 1) / height,
        int(columns.max() - columns.min() + 1) / width,
        float(gray[inside].mean()),
        float(gray[near].mean()) if bool(near.any()) else float("nan"),
        color_shares(image, inside),
        pieces.count,
    )


def checked_mask(image: Tensor, mask: Tensor) -> Tensor:
    """The mask as (H, W) bool on the CPU.

    Raises: InputError, where it is empty or of another size.
    """
    inside = mask.detach().cpu().bool()
    if inside.shape != image.shape[1:]:
        raise InputError(f"A mask must have the picture's size, {tuple(image.shape[1:])}. Got {tuple(inside.shape)}.")
    if not bool(inside.any()):
        raise InputError("There must be a region to describe. Got an empty mask.")
    return inside


def gray_of(image: Tensor) -> Tensor:
    """(H, W) float64 on the CPU: the mean of the channels."""
    return image.detach().double().cpu().mean(0)


def ring_of(inside: Tensor) -> Tensor:
    """(H, W) bool: what lies within a twelfth of the shorter side of the region, and outside it."""
    thick = max(1, round(RING * min(inside.shape)))
    grown = torch.nn.functional.max_pool2d(inside.double()[None, None], 2 * thick + 1, stride=1, padding=thick)[0, 0] > 0
    return grown & ~inside


def color_shares(image: Tensor, inside: Tensor) -> dict[str, float]:
    """What share of the region's pixels each basic color name has, most first; empty where the picture has no color."""
    planes = image.detach().double().cpu()
    if len(planes) != 3 or float((planes.amax(0) - planes.amin(0)).max()) <= COLORED:
        return {}
    names = _color_names(planes[:, inside])
    counts = {name: names.count(name) / len(names) for name in set(names)}
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _color_names(colors: Tensor) -> list[str]:
    """A basic color name for each column of (3, n): grays where there is little color, brown for dark orange."""
    high, low = colors.amax(0), colors.amin(0)
    spread, level = high - low, (high + low) / 2
    hue = _hue(colors, high, spread)
    saturation = spread / (1 - (2 * level - 1).abs()).clamp_min(1e-9)
    rows = zip(hue.tolist(), saturation.tolist(), level.tolist(), spread.tolist(), strict=True)
    return [_name(*row) for row in rows]


def _name(hue: float, saturation: float, level: float, spread: float) -> str:
    if level < 0.09 or (level < 0.15 and spread < 0.12):
        return "black"
    if level > 0.94 or spread < COLORED or saturation < 0.14:
        return next(name for start, name in reversed(GRAYS) if level >= start)
    warm = next(name for start, name in reversed(HUES) if hue >= start)
    if warm in ("orange", "yellow") and hue < 52:
        return "beige" if level > 0.66 and saturation < 0.6 else "brown" if level < 0.5 or saturation < 0.45 else warm
    if warm == "red":
        return "brown" if hue < 15 and level < 0.35 and saturation < 0.6 else "pink" if level > 0.62 else "red"
    return warm


def _hue(colors: Tensor, high: Tensor, spread: Tensor) -> Tensor:
    """(n,) degrees; 0 where there is no color."""
    red, green, blue = colors
    safe = spread.clamp_min(1e-9)
    sixths = torch.where(
        high == red,
        ((green - blue) / safe) % 6,
        torch.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return sixths * 60
