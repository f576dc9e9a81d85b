"""Boxes around places of a picture, each in the color of its rank: lines in a figure, pixels in a picture."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from xaivision.report.palette import LINE_COLORS, rgb_bytes
from xaivision.report.photo import Pixels

Box = Sequence[int]

WIDTH, EDGE = 1.8, 3.2
# Dashes of a box that lies where others lie, in widths of its line.
DASH = 3.0
# Pixels of a picture's width, and of a line on it that is still seen where a page shows the picture small.
FINE, THICK = 448, 6


def draw_box(axes: Axes, box: Box, rank: int) -> None:
    """Around the pixels of a box (top, left, bottom, right), in the color of its rank, with a light edge on dark pictures."""
    _draw(axes, box, rank, (1, 0))


def draw_boxes(axes: Axes, boxes: Sequence[Box]) -> None:
    """All boxes, in the colors of their ranks; those that lie in one place share its line dash by dash."""
    for rank, box in enumerate(boxes):
        _draw(axes, box, rank, _share(boxes, rank))


def boxed_pixels(pixels: Pixels, boxes: Sequence[Box], first: int = 0) -> Pixels:
    """The picture (H, W, 3), enlarged so that such a line is thin, with boxes in the colors of their ranks from `first`
    on; those that lie in one place share its line.
    """
    times = max(1, round(FINE / pixels.shape[1]))
    large: Pixels = np.repeat(np.repeat(pixels, times, 0), times, 1)
    for rank, box in enumerate(boxes):
        together, number = _share(boxes, rank)
        top, left, bottom, right = (times * side for side in box)
        inside = np.zeros(large.shape[:2], dtype=bool)
        inside[top:bottom, left:right] = True
        inside[top + THICK : bottom - THICK, left + THICK : right - THICK] = False
        rows, columns = np.nonzero(inside)
        mine = (rows + columns) // (4 * THICK) % together == number
        large[rows[mine], columns[mine]] = rgb_bytes(LINE_COLORS[(first + rank) % len(LINE_COLORS)])
    return large


def _share(boxes: Sequence[Box], rank: int) -> tuple[int, int]:
    """How many boxes lie where this one does, and which of them it is."""
    same = [other for other, box in enumerate(boxes) if list(box) == list(boxes[rank])]
    return len(same), same.index(rank)


def _draw(axes: Axes, box: Box, rank: int, share: tuple[int, int]) -> None:
    top, left, bottom, right = box
    corner, sides = (left - 0.5, top - 0.5), (right - left, bottom - top)
    color, (together, number) = LINE_COLORS[rank % len(LINE_COLORS)], share
    dashes = "solid" if together == 1 else (number * DASH, (DASH, (together - 1) * DASH))
    if number == 0:
        axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor="white", linewidth=EDGE))
    axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=color, linewidth=WIDTH, linestyle=dashes))
