"""Cells of a figure that hold pictures: their size on the page, and how pixels get there."""

from torch import Tensor

from xaivision.report.canvas import MOST_COLUMNS, Canvas, Layout, frame
from xaivision.report.photo import Pixels, page_size

DPI = 100
MOST_PIXELS = 1300


def picture_layout(image: Tensor, cells: int) -> Layout:
    """Cells of this image's shape, in inches."""
    width, height = page_size(image)
    return Layout(cells, width / DPI, height / DPI, widest=min(MOST_COLUMNS, max(1, MOST_PIXELS // width)))


def draw_pixels(canvas: Canvas, index: int, pixels: Pixels, name: str) -> None:
    """Draw a picture into a cell; `name` labels its axes for whoever looks for it."""
    axes = canvas.axes(index)
    axes.set_label(name)
    axes.imshow(pixels, interpolation="nearest", aspect="equal")
    axes.set_anchor("NW")
    frame(axes)
