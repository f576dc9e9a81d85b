"""Figures of examples: the input and its neighbors, pictures as pictures and rows of tables column by column."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from xaivision.core.examples import Examples
from xaivision.report.badge import BADGE_MARKS
from xaivision.report.boxes import draw_box, draw_boxes
from xaivision.report.canvas import Canvas, Caption, Layout, frame
from xaivision.report.column_pairs import column_pairs
from xaivision.report.column_pairs_figure import PITCH, WIDE, draw_dots, draw_pairs
from xaivision.report.example_words import likeness_words, score_words, sum_words
from xaivision.report.palette import Floats
from xaivision.report.photo import photo_pixels, picture_layout
from xaivision.report.wording import cost, headline, place, plain, whose_cost

# A line is flat where two rows are alike; so many spreads of a column take it to the edge.
EDGE = 3.0
MOST_EXAMPLES = 9
MOSAIC = 4
# What the first of `LINE_COLORS` are called.
DOT_NAMES = ("blue", "orange", "green", "pink")


@dataclass(frozen=True, eq=False)
class Profiles:
    """Heights in [0, 1] of the input (F,) and of the rows beside it (k, F); `statement` says how they were found."""

    row: Floats
    others: Floats
    statement: str


def profiles(row: Tensor, others: Tensor, spread: Tensor | None = None) -> Profiles:
    """Where the columns' spread (F,) is known, how far the others are from the row, which is then flat. Else raw values where
    all of them are in [0, 1]; otherwise each column from its smallest to its largest value shown.
    """
    if spread is not None:
        apart = ((others - row) / spread).detach().double().cpu().numpy()
        heights = 0.5 + apart.clip(-EDGE, EDGE) / (2 * EDGE)
        return Profiles(np.full(heights.shape[1], 0.5), heights, "Lines show by how many standard deviations a column differs.")
    together = np.vstack([row.detach().double().cpu().numpy()[None], others.detach().double().cpu().numpy()])
    if together.min() >= 0 and together.max() <= 1:
        return Profiles(together[0], together[1:], "Lines show raw values from 0 to 1, a column of the table at each step.")
    low, high = together.min(0), together.max(0)
    reach = np.where(high > low, high - low, 1.0)
    heights = np.where(high > low, (together - low) / reach, 0.5)
    return Profiles(
        heights[0],
        heights[1:],
        "Lines show each column of the table from its smallest to its largest value among the rows shown.",
    )


def examples_figure(examples: Examples, index: int) -> Figure:
    """The input, then its examples, best first."""
    shown = min(MOST_EXAMPLES, examples.examples.shape[1])
    captions = [example_caption(examples, index, rank) for rank in range(shown)]
    heading, statements = _heading(examples, index), _statements(examples, index, shown)
    if examples.query.inputs.ndim != 4:
        return _figure_of_rows(examples, index, captions, ([*heading, *_verdict(examples, index)], statements))
    layout = picture_layout(examples.query.inputs[index], shown + 1)
    if examples.boxes is not None:
        statements.append("Boxes of one color are alike for the model: where in the input, and where in the example.")
    canvas = Canvas(layout, heading, [_input_caption(examples, index), *captions], statements)
    _draw_pictures(canvas, examples, index, shown)
    return canvas.figure


def _figure_of_rows(examples: Examples, index: int, captions: list[Caption], words: tuple[list[str], list[str]]) -> Figure:
    """A panel for each example: its columns beside those of the input, those first that differ most."""
    found = column_pairs(examples, index, len(captions))
    rows = len(found.shown[0]) + 1
    heading, statements = words
    canvas = Canvas(Layout(len(captions), WIDE, rows * PITCH, widest=3), heading, captions, [*found.statements, *statements])
    for rank, pairs in enumerate(found.shown):
        draw_pairs(canvas.axes(rank), pairs, found.limit, ("this row", f"row {int(examples.indices[index, rank])}"))
    return canvas.figure


def example_caption(examples: Examples, index: int, rank: int) -> Caption:
    """Where an example comes from, how alike it is, and what the model says of it."""
    lines = (*likeness_words(examples, index, rank), *score_words(examples, index, rank))
    return Caption(f"{rank + 1}. example {int(examples.indices[index, rank])}", None, lines)


def draw_mosaic(canvas: Canvas, number: int, examples: Examples, index: int) -> None:
    """Up to four examples of an image in one cell, best first, row by row, with their boxes where they have such."""
    pictures = [photo_pixels(one) for one in examples.examples[index, :MOSAIC]]
    side = 1 if len(pictures) == 1 else 2
    cell = canvas.axes(number)
    for rank, pixels in enumerate(pictures):
        axes = cell.inset_axes(((rank % side) / side, 1 - (rank // side + 1) / side, 1 / side, 1 / side))
        axes.set_axis_off()
        axes.imshow(pixels, interpolation="nearest", aspect="auto")
        frame(axes)
        if examples.example_boxes is not None:
            draw_box(axes, examples.example_boxes[index, rank].tolist(), rank)


def draw_neighbors(canvas: Canvas, number: int, examples: Examples, index: int, rows: int) -> None:
    """Up to four examples of a table row in one cell of so many lines, a dot each: how far the row is from it in each column."""
    shown = min(MOSAIC, examples.examples.shape[1])
    draw_dots(canvas.axes(number), column_pairs(examples, index, shown, rows), canvas.layout.width, rows)


def dots_key(examples: Examples) -> str:
    """Which color is which example, and what a dot says."""
    named = list(zip(DOT_NAMES, range(1, 1 + min(MOSAIC, examples.examples.shape[1])), strict=False))
    colors = ", ".join(f"{rank} {name}" for name, rank in named)
    return f"a dot for each example ({colors}): by how much this row is higher, in {column_pairs(examples, 0, 1, 1).unit}"


def _heading(examples: Examples, index: int) -> list[str]:
    return [f"{plain(examples.method)}: {headline(examples.query, index)}", *place(examples.query, index)]


def _input_caption(examples: Examples, index: int) -> Caption:
    return Caption("input", examples.verdicts[index].status, tuple(map(plain, examples.verdicts[index].reasons)))


def _statements(examples: Examples, index: int, shown: int) -> list[str]:
    held = examples.examples.shape[1]
    rest = [f"The first {shown} of {held} examples are shown."] if shown < held else []
    rest += sum_words(examples, index, shown)
    return [*rest, cost(examples.diagnostics), *whose_cost(examples.query)]


def _verdict(examples: Examples, index: int) -> list[str]:
    """The verdict in words, as a list of lines."""
    verdict = examples.verdicts[index]
    return [
        ": ".join([f"{BADGE_MARKS[verdict.status]} {verdict.status}", *filter(None, ["; ".join(map(plain, verdict.reasons))])])
    ]


def _draw_pictures(canvas: Canvas, examples: Examples, index: int, shown: int) -> None:
    for cell, image in enumerate([examples.query.inputs[index], *examples.examples[index, :shown]]):
        axes = canvas.axes(cell)
        axes.imshow(photo_pixels(image), interpolation="nearest", aspect="equal")
        frame(axes)
        if examples.boxes is not None and cell == 0:
            draw_boxes(axes, examples.boxes[index, :shown].tolist())
        if examples.example_boxes is not None and cell > 0:
            draw_box(axes, examples.example_boxes[index, cell - 1].tolist(), cell - 1)
