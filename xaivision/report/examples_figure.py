"""Figures of examples: the input and its neighbors, pictures as pictures and rows of tables as lines on common heights."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from xaivision.core.examples import Examples
from xaivision.report.canvas import Canvas, Caption, Layout, frame
from xaivision.report.example_words import likeness_words, score_words, sum_words
from xaivision.report.palette import HAIRLINE, INK, LINE_COLORS, Floats
from xaivision.report.photo import photo_pixels, picture_layout
from xaivision.report.wording import cost, headline, place, plain, whose_cost

LINE_WIDTH, LINE_HEIGHT = 3.0, 1.3
MOST_EXAMPLES = 9
MOSAIC = 4


@dataclass(frozen=True, eq=False)
class Profiles:
    """Heights in [0, 1] of the input (F,) and of the rows beside it (k, F); `statement` says how they were found."""

    row: Floats
    others: Floats
    statement: str


def profiles(row: Tensor, others: Tensor) -> Profiles:
    """Raw values where all of them are in [0, 1]; otherwise each column from its smallest to its largest value shown."""
    together = np.vstack([row.detach().double().cpu().numpy()[None], others.detach().double().cpu().numpy()])
    if together.min() >= 0 and together.max() <= 1:
        return Profiles(together[0], together[1:], "Lines show raw values from 0 to 1, a column of the table at each step.")
    low, high = together.min(0), together.max(0)
    spread = np.where(high > low, high - low, 1.0)
    heights = np.where(high > low, (together - low) / spread, 0.5)
    return Profiles(
        heights[0],
        heights[1:],
        "Lines show each column of the table from its smallest to its largest value among the rows shown.",
    )


def examples_figure(examples: Examples, index: int) -> Figure:
    """The input, then its examples, best first."""
    shown = min(MOST_EXAMPLES, examples.examples.shape[1])
    captions = [example_caption(examples, index, rank) for rank in range(shown)]
    images = examples.query.inputs.ndim == 4
    layout = (
        picture_layout(examples.query.inputs[index], shown + 1)
        if images
        else Layout(shown + 1, LINE_WIDTH, LINE_HEIGHT, widest=3)
    )
    canvas = Canvas(
        layout, _heading(examples, index), [_input_caption(examples, index), *captions], _statements(examples, index, shown)
    )
    if images:
        _draw_pictures(canvas, examples, index, shown)
    else:
        _draw_lines(canvas, profiles(examples.query.inputs[index], examples.examples[index, :shown]))
    return canvas.figure


def example_caption(examples: Examples, index: int, rank: int) -> Caption:
    """Where an example comes from, how alike it is, and what the model says of it."""
    lines = (*likeness_words(examples, index, rank), *score_words(examples, index, rank))
    return Caption(f"{rank + 1}. example {int(examples.indices[index, rank])}", None, lines)


def draw_mosaic(canvas: Canvas, number: int, examples: Examples, index: int) -> None:
    """Up to four examples of an image in one cell, best first, row by row."""
    pictures = [photo_pixels(one) for one in examples.examples[index, :MOSAIC]]
    side = 1 if len(pictures) == 1 else 2
    cell = canvas.axes(number)
    for rank, pixels in enumerate(pictures):
        axes = cell.inset_axes(((rank % side) / side, 1 - (rank // side + 1) / side, 1 / side, 1 / side))
        axes.set_axis_off()
        axes.imshow(pixels, interpolation="nearest", aspect="auto")
        frame(axes)


def draw_neighbors(canvas: Canvas, number: int, examples: Examples, index: int) -> None:
    """Up to four examples of a table row in one cell, one below the other, over the gray line of the input."""
    profile = profiles(examples.query.inputs[index], examples.examples[index, :MOSAIC])
    count = len(profile.others)
    cell = canvas.axes(number)
    for rank in range(count):
        axes = cell.inset_axes((0, 1 - (rank + 1) / count, 1, 0.92 / count))
        axes.set_axis_off()
        draw_profile(axes, profile, rank)


def draw_profile(axes: Axes, profile: Profiles, rank: int | None) -> None:
    """The input's line in gray and, unless it stands alone, the line of the example of this rank over it."""
    _line(axes, profile.row, "#8b949e" if rank is not None else INK, 1.6)
    if rank is not None:
        _line(axes, profile.others[rank], LINE_COLORS[0], 1.3)
    axes.set_xlim(-0.5, max(0.5, len(profile.row) - 0.5))
    axes.set_ylim(-0.06, 1.06)
    axes.axhline(0, color=HAIRLINE, lw=0.6, zorder=0)
    frame(axes)


def _line(axes: Axes, heights: Floats, color: str, width: float) -> None:
    # A single column has no line; the marker keeps it from vanishing.
    axes.plot(range(len(heights)), heights, color=color, lw=width, marker="." if len(heights) < 3 else "")


def _heading(examples: Examples, index: int) -> list[str]:
    return [f"{plain(examples.method)}: {headline(examples.query, index)}", *place(examples.query, index)]


def _input_caption(examples: Examples, index: int) -> Caption:
    return Caption("input", examples.verdicts[index].status, tuple(map(plain, examples.verdicts[index].reasons)))


def _statements(examples: Examples, index: int, shown: int) -> list[str]:
    held = examples.examples.shape[1]
    rest = [f"The first {shown} of {held} examples are shown."] if shown < held else []
    rest += sum_words(examples, index, shown)
    if examples.boxes is not None:
        rest.append("Boxes of one color are alike for the model: where in the input, and where in the example.")
    lines = (
        []
        if examples.query.inputs.ndim == 4
        else [profiles(examples.query.inputs[index], examples.examples[index, :shown]).statement + " The input is gray."]
    )
    return [*rest, *lines, cost(examples.diagnostics), *whose_cost(examples.query)]


def _draw_pictures(canvas: Canvas, examples: Examples, index: int, shown: int) -> None:
    for cell, image in enumerate([examples.query.inputs[index], *examples.examples[index, :shown]]):
        axes = canvas.axes(cell)
        axes.imshow(photo_pixels(image), interpolation="nearest", aspect="equal")
        frame(axes)
        for rank in range(shown) if cell == 0 else (cell - 1,):
            boxes = examples.boxes if cell == 0 else examples.example_boxes
            if boxes is not None:
                draw_box(axes, boxes[index, rank].tolist(), rank)


def draw_box(axes: Axes, box: list[int], rank: int) -> None:
    """Around the pixels of a box (top, left, bottom, right), in the color of its rank, with a light edge on dark pictures."""
    top, left, bottom, right = box
    corner, sides = (left - 0.5, top - 0.5), (right - left, bottom - top)
    color = LINE_COLORS[rank % len(LINE_COLORS)]
    axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor="white", linewidth=3.2))
    axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=color, linewidth=1.8))


def _draw_lines(canvas: Canvas, profile: Profiles) -> None:
    draw_profile(canvas.axes(0), profile, None)
    for rank in range(len(profile.others)):
        draw_profile(canvas.axes(rank + 1), profile, rank)
