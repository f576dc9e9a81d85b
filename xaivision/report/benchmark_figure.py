"""The figure of a benchmark: the AUC of every method in every suite, as a number on its color; a panel a definition of truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.data.known_answers.known_set import Definition
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.decimals import decimals
from xaivision.report.benchmark_suite import ToldLine, ToldSuite, definitions, told_suites
from xaivision.report.canvas import CAPTION_SIZE, TITLE_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, diverging
from xaivision.report.wording import UNDEFINED, plain

# Inches: a panel's title, the heads of its columns, its names and cells, what parts groups of methods, and panels.
TITLE, HEAD, NAMES, CELL, PITCH, PART, APART = 0.3, 0.3, 2.1, 1.2, 0.235, 0.1, 0.5
# A map as good as chance has this; it is drawn white.
CHANCE = 0.5
FOOTER = (
    "White is chance, hatched was not asked. A star: clearly ahead of chance, the edge filter and the input's size in more than "
    "half of the questions. In parentheses: over fewer questions or inputs than were asked. Best mean first within each group, "
    "which answered the same questions; groups and panels are not to be compared. Gray names are controls."
)


@dataclass(frozen=True)
class Panel:
    """All suites of one definition of truth; `groups`: names of methods that answered the same questions, best first."""

    suites: tuple[ToldSuite, ...]
    groups: tuple[tuple[str, ...], ...]

    @property
    def width(self) -> float:
        """In inches."""
        return NAMES + CELL * len(self.suites)

    @property
    def height(self) -> float:
        """In inches."""
        return TITLE + HEAD + PITCH * sum(map(len, self.groups)) + PART * (len(self.groups) - 1)


@dataclass(frozen=True)
class _Place:
    """Axes that are as wide and high as these inches, to be drawn on from their upper left corner."""

    axes: Axes
    width: float
    height: float

    def at(self, left: float, top: float) -> tuple[float, float]:
        """The same place in shares of the axes."""
        return left / self.width, 1 - top / self.height

    def write(self, left: float, top: float, text: str, size: float = CAPTION_SIZE, **style: object) -> None:
        """Text whose middle is this far down."""
        write(self.axes, self.at(left, top), text, size, va="center_baseline", **style)

    def box(self, left: float, top: float, **style: object) -> None:
        """A cell of the table with this upper left corner."""
        corner = self.at(left, top + PITCH)
        self.axes.add_patch(Rectangle(corner, CELL / self.width, PITCH / self.height, edgecolor=HAIRLINE, lw=0.4, **style))  # type: ignore[arg-type]


def benchmark_figure(report: BenchmarkReport, definition: Definition | None = None) -> Figure:
    """Methods down, suites across, each definition of truth in a panel of its own, or the one panel that is named.

    White is chance, red better, blue worse.
    """
    told = [one for one in told_suites(report) if definition in (None, one.definition)]
    panels = [_panel([one for one in told if one.definition == kind]) for kind in definitions(told)]
    width = sum(one.width for one in panels) + APART * (len(panels) - 1) if panels else NAMES + CELL
    height = max((one.height for one in panels), default=TITLE)
    canvas = Canvas(
        Layout(1, width, height),
        ["Benchmarks with a known answer", "Area under ROC: does the map tell what is true from the rest?"],
        [Caption("", None, ())],
        [FOOTER],
    )
    place, left = _Place(canvas.axes(0), width, height), 0.0
    for panel in panels:
        _draw_panel(place, left, panel)
        left += panel.width + APART
    return canvas.figure


def _panel(suites: Sequence[ToldSuite]) -> Panel:
    """Groups by the questions and inputs that were answered, the largest first, controls last."""
    found: dict[tuple[bool, frozenset[tuple[str, str, int]]], list[str]] = {}
    lines = [line for suite in suites for line in suite.lines]
    for name in dict.fromkeys(line.line.method for line in lines):
        own = [line for line in lines if line.line.method == name]
        answered = frozenset(one for line in own for one in _answered(line))
        found.setdefault((own[0].line.control, answered), []).append(name)
    means = {name: _mean([line for line in lines if line.line.method == name]) for names in found.values() for name in names}
    order = sorted(found, key=lambda key: (key[0], -len(key[1]), sum(one[2] for one in key[1]), sorted(key[1])))
    return Panel(tuple(suites), tuple(tuple(sorted(found[key], key=lambda name: (-means[name], name))) for key in order))


def _answered(line: ToldLine) -> set[tuple[str, str, int]]:
    """Set and model of each question with an AUC, and of how many of its inputs there is none."""
    return {
        (row.set_name, row.model_name, row.undefined) for row in line.rows if row.score == "auc" and row.undefined < row.inputs
    }


def _mean(lines: Sequence[ToldLine]) -> float:
    """The mean over suites; below all others where nothing is defined."""
    means = [line.line.scores["auc"].mean for line in lines if not isnan(line.line.scores["auc"].mean)]
    return float(np.mean(means)) if means else -1.0


def _draw_panel(place: _Place, left: float, panel: Panel) -> None:
    place.write(left, TITLE / 2, f"Truth by {panel.suites[0].definition}", TITLE_SIZE, bold=True)
    lines = [{one.line.method: one for one in suite.lines} for suite in panel.suites]
    columns = [left + NAMES + CELL * number for number in range(len(panel.suites))]
    for column, suite in zip(columns, panel.suites, strict=True):
        head = shortened(plain(suite.suite.name), CELL - 0.1, CAPTION_SIZE)
        place.write(column + CELL / 2, TITLE + HEAD / 2, head, ha="center")
    top = TITLE + HEAD
    for group in panel.groups:
        for name in group:
            found = [one.get(name) for one in lines]
            color = FAINT_INK if any(one.line.control for one in found if one) else INK
            shown = shortened(plain(name), NAMES - 0.15, CAPTION_SIZE)
            place.write(left + NAMES - 0.1, top + PITCH / 2, shown, ha="right", color=color)
            for column, one in zip(columns, found, strict=True):
                _draw_cell(place, column, top, one)
            top += PITCH
        top += PART


def _draw_cell(place: _Place, left: float, top: float, told: ToldLine | None) -> None:
    value = float("nan") if told is None else told.line.scores["auc"].mean
    if told is None or isnan(value):
        place.box(left, top, facecolor="#f2f4f6", hatch="//////")
        if told is not None:
            place.write(left + CELL / 2, top + PITCH / 2, UNDEFINED, ha="center", color=FAINT_INK)
        return
    color = diverging(np.array([0.62 * (value - CHANCE) / (1 - CHANCE)]))[0]
    place.box(left, top, facecolor=tuple(color))
    place.write(left + CELL / 2, top + PITCH / 2, _cell_text(told), ha="center")


def _cell_text(told: ToldLine) -> str:
    """The mean, a star where it is clearly ahead, and parentheses where it is over fewer questions or inputs."""
    auc, control = told.line.scores["auc"], told.line.control
    star = "*" if not control and 2 * auc.clear > auc.questions else ""
    value = decimals(auc.mean, 2)
    return f"{value if told.whole else f'({value})'}{star}"
