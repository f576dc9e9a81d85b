"""Colors that say the sign and hide nothing: blue below zero, white at zero, red above, readable by color-blind eyes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xaivision.report.badge import Badge

Floats = NDArray[np.float64]

# ColorBrewer's RdBu with its middle set to pure white, so that "nothing" and "paper" are the same thing.
POSITIVE_ANCHORS = ("#ffffff", "#f4a582", "#d6604d", "#b2182b", "#67001f")
NEGATIVE_ANCHORS = ("#ffffff", "#92c5de", "#4393c3", "#2166ac", "#053061")

# How much of the paper's white an input gives up when it lies under a map: enough to see shapes, too little to pass for color.
INK_OF_THE_PHOTO = 0.3

# Okabe and Ito's categorical colors without yellow, which paper swallows; from the ninth line on they repeat, dashed.
LINE_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8a5a00", "#5b4db1", "#444444")
LINE_DASHES: tuple[str, ...] = ("", "6 2.5", "1.5 2")

INK = "#1b1f24"
FAINT_INK = "#57606a"
HAIRLINE = "#d0d7de"

# (text and border, fill)
BADGE_COLORS: dict[Badge, tuple[str, str]] = {
    "ok": ("#0a5c52", "#d5f0ea"),
    "control": ("#4d5864", "#e9edf2"),
    "warn": ("#7a4a00", "#ffe9c2"),
    "refuse": ("#8a1538", "#fbdbe4"),
}


def diverging(shares: NDArray[np.floating]) -> Floats:
    """(..., 3) colors in [0, 1] of shares of the scale in [-1, 1]; zero is exactly white, the rest takes the end colors."""
    places = np.linspace(-1, 1, 2 * len(POSITIVE_ANCHORS) - 1)
    anchors = np.stack([_rgb(color) for color in (*NEGATIVE_ANCHORS[::-1], *POSITIVE_ANCHORS[1:])])
    bounded = np.clip(np.asarray(shares, dtype=np.float64), -1, 1)
    return np.stack([np.interp(bounded, places, anchors[:, channel]) for channel in range(3)], axis=-1)


def over_photo(photo: Floats, shares: Floats, ink: float = INK_OF_THE_PHOTO) -> Floats:
    """(H, W, 3) colors of the shares (H, W) over a faded gray version of the photo (H, W, 3); zero leaves the photo alone.

    The colors multiply the photo, so white is transparent and there is no second, hidden scale of opacity. `ink`: as `faded`.
    """
    return faded(photo, ink)[..., None] * diverging(shares)


def faded(photo: Floats, ink: float = INK_OF_THE_PHOTO) -> Floats:
    """(H, W) lightness in [1 - ink, 1] of a photo (H, W, 3); with an `ink` of 0 it is gone, with 1 it is as dark as it is."""
    gray: Floats = photo @ np.array([0.299, 0.587, 0.114])
    return 1 - ink * (1 - gray)


def line_style(position: int) -> tuple[str, str]:
    """Color and SVG dash pattern of the line at this position; eight colors times three patterns."""
    return LINE_COLORS[position % len(LINE_COLORS)], LINE_DASHES[position // len(LINE_COLORS) % len(LINE_DASHES)]


def hexadecimal(color: Sequence[float] | Floats) -> str:
    """`#rrggbb` of a color in [0, 1]."""
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in color)


def rgb_bytes(color: str) -> NDArray[np.uint8]:
    """(3,) bytes of `#rrggbb`."""
    return np.rint(255 * _rgb(color)).astype(np.uint8)


def _rgb(color: str) -> Floats:
    return np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)], dtype=np.float64) / 255
