"""Inputs and maps of images as pictures of 8-bit colors, their size on the page, and how they get into the cells of a figure."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from xaivision.report.canvas import MOST_COLUMNS, Canvas, Layout, frame
from xaivision.report.palette import INK_OF_THE_PHOTO, Floats, diverging, over_photo
from xaivision.report.scale import Scale

Pixels = NDArray[np.uint8]

BAR_STEPS = 512
# Pixels of a picture's width on the page, where the image allows it: 224 is what most models see.
USUAL_WIDTH, WIDEST = 224, 320
TALLEST, FLATTEST = 1.6, 0.4
DPI = 100
MOST_PIXELS = 1300


def page_size(image: Tensor) -> tuple[int, int]:
    """Width and height of an image on the page, in pixels: a whole multiple of its own size where that fits."""
    height, width = image.shape[-2:]
    shown = max(1, round(USUAL_WIDTH / width)) * width
    shown = shown if shown <= WIDEST else USUAL_WIDTH
    return shown, round(shown * min(TALLEST, max(FLATTEST, height / width)))


def photo(image: Tensor) -> Floats:
    """(H, W, 3) colors in [0, 1] of an image (C, H, W); gray stays gray, and so do images of two or more than three channels."""
    planes = image.detach().double().cpu().clamp(0, 1).numpy()
    if len(planes) != 3:
        planes = np.repeat(planes.mean(0, keepdims=True), 3, axis=0)
    return np.ascontiguousarray(planes.transpose(1, 2, 0))


def photo_pixels(image: Tensor) -> Pixels:
    """(H, W, 3) bytes of an image (C, H, W)."""
    return _bytes(photo(image))


def map_pixels(image: Tensor, values: Floats, scale: Scale, ink: float = INK_OF_THE_PHOTO) -> Pixels:
    """(H, W, 3) bytes of a map over its faded input; plain white where the map is zero everywhere. `ink`: of the photo."""
    if not values.any():
        return np.full((*values.shape, 3), 255, dtype=np.uint8)
    return _bytes(over_photo(photo(image), scale.share_of_limit(values), ink))


def bar_pixels() -> Pixels:
    """(1, n, 3) bytes of the color bar, from the negative limit to the positive one, white in its middle."""
    return _bytes(diverging(np.linspace(-1, 1, BAR_STEPS + 1))[None])


def picture_layout(image: Tensor, cells: int) -> Layout:
    """Cells of this image's shape, in inches."""
    width, height = page_size(image)
    return Layout(cells, width / DPI, height / DPI, widest=min(MOST_COLUMNS, max(1, MOST_PIXELS // width)))


def draw_pixels(canvas: Canvas, index: int, pixels: Pixels, name: str) -> Axes:
    """Draw a picture into a cell; the axes, which `name` labels for whoever looks for them."""
    axes = canvas.axes(index)
    axes.set_label(name)
    axes.imshow(pixels, interpolation="nearest", aspect="equal")
    axes.set_anchor("NW")
    frame(axes)
    return axes


def _bytes(colors: Floats) -> Pixels:
    return np.rint(colors * 255).astype(np.uint8)
