"""The page a figure is laid out on: a heading, a grid of equal cells and a footer, all measured in inches beforehand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from xaivision.report.badge import BADGE_MARKS, Badge
from xaivision.report.lettering import at_most, line_height, shortened, width_of, wrapped, write
from xaivision.report.palette import BADGE_COLORS, FAINT_INK, HAIRLINE, INK

MARGIN = 0.16
GAP = 0.26
HEADING_SIZE = 12.0
TITLE_SIZE = 9.0
CAPTION_SIZE = 7.5
TITLE_HEIGHT = 0.30
BADGE_HEIGHT = 0.18
MOST_COLUMNS = 5


@dataclass(frozen=True)
class Caption:
    """What stands around one cell's picture: title and verdict above, lines below."""

    title: str
    badge: Badge | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How many cells of which picture size, in inches; `widest` columns at most."""

    cells: int
    width: float
    height: float
    widest: int = MOST_COLUMNS

    @property
    def rows(self) -> int:
        return math.ceil(self.cells / self.widest)

    @property
    def columns(self) -> int:
        """As many as leave the fewest holes in the last row."""
        return math.ceil(self.cells / self.rows)


@dataclass(eq=False)
class Canvas:
    """A figure whose `heading` and `statements` (the footer) are wrapped to its width. Nothing is drawn by pyplot."""

    layout: Layout
    heading: Sequence[str]
    captions: Sequence[Caption]
    statements: Sequence[str] = ()
    bar_height: float = 0.0
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        self._captions = [_wrapped_lines(caption.lines, self.layout.width) for caption in self.captions]
        self._heading = _wrapped_heading(self.heading, self.inner_width)
        self._footer = _wrapped_lines(self.statements, self.inner_width)
        self.figure = Figure(figsize=(self.width, self.height), dpi=100, facecolor="white")
        self._write_heading()
        for index, caption in enumerate(self.captions):
            self._write_title(index, caption)
            self._write_lines(self._captions[index], self._left(index), self._picture_bottom(index) - 0.06)
        self._write_lines(self._footer, MARGIN, MARGIN + len(self._footer) * line_height(CAPTION_SIZE))

    @property
    def inner_width(self) -> float:
        """Width between the margins, in inches."""
        return self.layout.columns * (self.layout.width + GAP) - GAP

    @property
    def width(self) -> float:
        return self.inner_width + 2 * MARGIN

    @property
    def height(self) -> float:
        cells = sum(self._row_height(row) for row in range(self.layout.rows))
        return 2 * MARGIN + self._heading_height + cells + self.bar_height + self._footer_height

    def axes(self, index: int) -> Axes:
        """Bare axes on the picture of this cell, without ticks or frame."""
        return self.axes_at(self._left(index), self._picture_bottom(index), self.layout.width, self.layout.height)

    def bar_axes(self, width: float, height: float, drop: float) -> Axes:
        """Bare axes between cells and footer, at the left, `drop` inches below the last row."""
        bottom = MARGIN + self._footer_height + self.bar_height - drop - height
        return self.axes_at(MARGIN, bottom, width, height)

    def axes_at(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Bare axes at a place given in inches."""
        axes = self.figure.add_axes((left / self.width, bottom / self.height, width / self.width, height / self.height))
        axes.set_axis_off()
        return axes

    @property
    def _heading_height(self) -> float:
        return len(self._heading) * line_height(HEADING_SIZE) + 0.06

    @property
    def _footer_height(self) -> float:
        return len(self._footer) * line_height(CAPTION_SIZE) + 0.04

    def _row_height(self, row: int) -> float:
        in_row = self._captions[row * self.layout.columns : (row + 1) * self.layout.columns]
        longest = max(map(len, in_row), default=0)
        return TITLE_HEIGHT + self.layout.height + longest * line_height(CAPTION_SIZE) + GAP

    def _left(self, index: int) -> float:
        return MARGIN + (index % self.layout.columns) * (self.layout.width + GAP)

    def _picture_bottom(self, index: int) -> float:
        above = sum(self._row_height(row) for row in range(index // self.layout.columns))
        return self.height - MARGIN - self._heading_height - above - TITLE_HEIGHT - self.layout.height

    def _write(self, left: float, bottom: float, text: str, size: float, **style: object) -> None:
        write(self.figure, (left / self.width, bottom / self.height), text, size, **style)

    def _write_heading(self) -> None:
        for number, (line, strong) in enumerate(self._heading):
            bottom = self.height - MARGIN - (number + 0.8) * line_height(HEADING_SIZE)
            size = HEADING_SIZE if strong else TITLE_SIZE
            self._write(MARGIN, bottom, line, size, bold=strong, color=INK if strong else FAINT_INK)

    def _write_lines(self, lines: Sequence[str], left: float, top: float) -> None:
        for number, line in enumerate(lines):
            self._write(left, top - (number + 0.8) * line_height(CAPTION_SIZE), line, CAPTION_SIZE, color=FAINT_INK)

    def _write_title(self, index: int, caption: Caption) -> None:
        left, bottom = self._left(index), self._picture_bottom(index) + self.layout.height + 0.09
        badge = self._badge(left + self.layout.width, bottom, caption.badge) if caption.badge else 0.0
        room = self.layout.width - badge - 0.08
        self._write(left, bottom, shortened(caption.title, room, TITLE_SIZE, bold=True), TITLE_SIZE, bold=True)

    def _badge(self, right: float, bottom: float, badge: Badge) -> float:
        """Draw the verdict as a word in a pill that ends at `right`; its width in inches."""
        text = f"{BADGE_MARKS[badge]} {badge}"
        ink, fill = BADGE_COLORS[badge]
        width = width_of(text, CAPTION_SIZE, bold=True) + 0.14
        axes = self.axes_at(right - width, bottom - 0.055, width, BADGE_HEIGHT)
        axes.set_xlim(0, width)
        axes.set_ylim(0, BADGE_HEIGHT)
        box = f"round,pad=0,rounding_size={BADGE_HEIGHT * 0.4}"
        axes.add_patch(FancyBboxPatch((0.01, 0.01), width - 0.02, BADGE_HEIGHT - 0.02, boxstyle=box, fc=fill, ec=ink, lw=0.7))
        write(axes, (0.5, 0.48), text, CAPTION_SIZE, bold=True, color=ink, ha="center", va="center")
        return width


def empty(axes: Axes, reason: str, width: float, hatched: bool) -> None:
    """A cell without a picture: white and hatched for numbers that must not be shown, plain white for a blank map."""
    hatch = "////" if hatched else None
    axes.add_artist(
        Rectangle((0, 0), 1, 1, transform=axes.transAxes, fc="white", ec=HAIRLINE, lw=0.8, hatch=hatch, clip_on=False)
    )
    height = float(axes.bbox.height) / float(axes.figure.dpi)
    size = CAPTION_SIZE + 0.5
    step = line_height(size) / height
    lines = at_most(wrapped(reason, width - 0.5, size), max(1, int(0.85 / step)), width - 0.5, size)
    block = (len(lines) + 1) * step
    white = Rectangle((0.15 / width, 0.5 - block / 2), 1 - 0.3 / width, block, transform=axes.transAxes, fc="white", lw=0)
    axes.add_artist(white)
    for number, line in enumerate(lines):
        bottom = 0.5 + (len(lines) / 2 - number - 0.8) * step
        write(axes, (0.5, bottom), line, size, ha="center", color=FAINT_INK, zorder=4)


def frame(axes: Axes) -> None:
    """A hairline around a picture, so that white is seen to end."""
    axes.add_artist(Rectangle((0, 0), 1, 1, transform=axes.transAxes, fc="none", ec=HAIRLINE, lw=0.8, zorder=5, clip_on=False))


def _wrapped_lines(lines: Sequence[str], width: float) -> list[str]:
    return [piece for line in lines for piece in wrapped(line, width, CAPTION_SIZE)]


def _wrapped_heading(lines: Sequence[str], width: float) -> list[tuple[str, bool]]:
    """The first line in large bold letters, the others in small ones."""
    found: list[tuple[str, bool]] = []
    for number, line in enumerate(lines):
        strong = number == 0
        size = HEADING_SIZE if strong else TITLE_SIZE
        found += [(piece, strong) for piece in wrapped(line, width, size, bold=strong)]
    return found
