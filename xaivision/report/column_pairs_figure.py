"""Rows of tables side by side in a figure: values in words, and bars or dots of how far they are apart."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from xaivision.report.canvas import CAPTION_SIZE
from xaivision.report.column_pairs import ColumnPair, ColumnPairs
from xaivision.report.lettering import shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS

# Inches: a row, a panel, and where names and both values end.
PITCH, WIDE = 0.2, 4.4
NAMES_END, HERE_END, THERE_END = 1.6, 2.22, 2.84
GUTTER = 0.06


def draw_pairs(axes: Axes, pairs: tuple[ColumnPair, ...], limit: float, titles: tuple[str, str]) -> None:
    """A line for each column: its name, both values under their `titles`, and a bar; the panel has one line more, the first."""
    rows = len(pairs) + 1
    zero, half = (THERE_END + WIDE) / 2 + GUTTER, (WIDE - THERE_END) / 2 - GUTTER
    axes.set_xlim(0, WIDE)
    axes.set_ylim(rows, 0)
    axes.plot((zero, zero), (1, rows), color=HAIRLINE, lw=0.8, zorder=3)
    heads = ((HERE_END, titles[0]), (THERE_END, titles[1]), (WIDE, "difference"))
    for end, text in heads:
        _right(axes, end, 0, rows, text, FAINT_INK)
    for place, pair in enumerate(pairs, start=1):
        length = half * pair.apart / limit
        axes.add_patch(Rectangle((min(zero, zero + length), place + 0.16), abs(length), 0.68, fc=LINE_COLORS[0], lw=0))
        _right(axes, NAMES_END, place, rows, shortened(pair.name, NAMES_END, CAPTION_SIZE), INK)
        for end, start, text in ((HERE_END, NAMES_END, pair.here), (THERE_END, HERE_END, pair.there)):
            _right(axes, end, place, rows, shortened(text, end - start - GUTTER, CAPTION_SIZE), INK)
        side, align = (-GUTTER, "right") if length > 0 else (GUTTER, "left")
        write(axes, ((zero + side) / WIDE, _drop(place, rows)), pair.told, CAPTION_SIZE, color=FAINT_INK, ha=align)


def draw_dots(axes: Axes, found: ColumnPairs, width: float, rows: int) -> None:
    """A line for each column with this row's value, and a dot for each example, by how far this row is from it."""
    zero, half = (NAMES_END + width) / 2 + GUTTER, (width - NAMES_END) / 2 - 3 * GUTTER
    axes.set_xlim(0, width)
    axes.set_ylim(rows, 0)
    lines = list(zip(*found.shown, strict=True))
    axes.plot((zero, zero), (0, len(lines)), color=HAIRLINE, lw=0.8, zorder=1)
    for place, line in enumerate(lines):
        label = shortened(f"{line[0].name} = {line[0].here}", NAMES_END, CAPTION_SIZE)
        write(axes, (NAMES_END / width, _drop(place, rows)), label, CAPTION_SIZE, ha="right", color=INK)
        axes.plot((zero - half, zero + half), (place + 0.5,) * 2, color=HAIRLINE, lw=0.5, zorder=1)
        for rank, pair in enumerate(line):
            color = LINE_COLORS[rank % len(LINE_COLORS)]
            at = zero + half * pair.apart / found.limit
            axes.plot(at, place + 0.5, "o", color=color, markersize=5, markeredgecolor="white", markeredgewidth=0.5, zorder=3)


def _right(axes: Axes, end: float, place: int, rows: int, text: str, color: str) -> None:
    write(axes, (end / WIDE, _drop(place, rows)), text, CAPTION_SIZE, ha="right", color=color)


def _drop(place: int, rows: int) -> float:
    """The height of a line's text as a share of the axes."""
    return 1 - (place + 0.72) / rows
