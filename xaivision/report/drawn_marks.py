"""Marks drawn: the objects of a picture that something is said of are outlined, with their numbers."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from xaivision.report.borders import FINE, border_lines
from xaivision.report.marks import NONE
from xaivision.report.palette import LINE_COLORS
from xaivision.report.photo import DPI, Pixels
from xaivision.report.shared_values import Labels

OUTLINE = LINE_COLORS[1]
# Widths of a line and of the white behind it, and the size of numbers, in points.
LINE, WHITE, NUMBER_SIZE, HALO = 1.8, 3.2, 9.0, 3.0
# In a picture that a page shrinks numbers are written so much larger.
IN_A_PAGE = 1.7
NUMBERS_ARE = "Orange lines and numbers: the segments that the words name."


def draw_marks(axes: Axes, marked: Labels | None, size: float = NUMBER_SIZE) -> None:
    """Outline each object of a map of marks (H, W) in axes that show its picture, and write its number into it, in points."""
    for number in [] if marked is None else np.unique(marked[marked != NONE]).tolist():
        assert marked is not None  # noqa: S101 - there is a number
        inside = marked == number
        draw_outline(axes, inside)
        down, across = _deepest(inside)
        axes.annotate(
            str(number),
            (across, down),
            ha="center",
            va="center",
            fontsize=size,
            fontweight="bold",
            color=OUTLINE,
            path_effects=[withStroke(linewidth=HALO, foreground="white")],
            zorder=4,
        ).set_label("number of a segment")


def draw_outline(axes: Axes, inside: NDArray[np.bool_]) -> None:
    """A line around a region (H, W), with white behind it so that it is seen on any picture."""
    lines = border_lines(np.pad(inside, 1).astype(np.int64)) - 1
    for color, width in (("white", WHITE), (OUTLINE, LINE)):
        axes.add_collection(LineCollection(list(lines), colors=color, linewidths=width, capstyle="projecting"), autolim=False)


def marked_figure(pixels: Pixels, marked: Labels | None) -> Figure:
    """The picture (H, W, 3) alone, large enough for thin lines, with its marks: for pages."""
    height, width = pixels.shape[:2]
    across = max(1, round(FINE / width)) * width / DPI
    figure = Figure(figsize=(across, across * height / width), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(pixels, interpolation="nearest", aspect="auto")
    draw_marks(axes, marked, IN_A_PAGE * NUMBER_SIZE)
    return figure


def _deepest(inside: NDArray[np.bool_]) -> tuple[int, int]:
    """The pixel of a region that is farthest from what is outside."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    down, across = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(down), int(across)
