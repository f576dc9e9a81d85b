"""The figure of a benchmark: the AUC of every method in every suite, as a number on its color."""

from math import isnan

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.suite_summary import MethodLine, method_lines
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, diverging
from xaivision.report.wording import plain

NAMES, CELL, PITCH, HEAD = 2.1, 1.2, 0.235, 0.3
# A map as good as chance has this; it is drawn white.
CHANCE = 0.5


def benchmark_figure(report: BenchmarkReport) -> Figure:
    """Methods down, best first, and controls below them; suites across. White is chance, red better, blue worse."""
    suites = [suite.name for suite in report.suites if any(row.suite == suite.name for row in report.rows)]
    lines = {
        suite: {one.method: one for one in method_lines([row for row in report.rows if row.suite == suite])} for suite in suites
    }
    names = _ordered(lines)
    width, height = NAMES + CELL * max(1, len(suites)), HEAD + PITCH * max(1, len(names))
    canvas = Canvas(
        Layout(1, width, height),
        ["Benchmarks with a known answer", "Area under ROC: does the map tell what is true from the rest?"],
        [Caption("", None, ())],
        [
            "White is chance. A star: clearly ahead of chance, the edge filter and the input's size in more than half of the "
            "questions. Gray names are controls."
        ],
    )
    axes = canvas.axes(0)
    for column, suite in enumerate(suites):
        middle = (NAMES + (column + 0.5) * CELL) / width
        write(axes, (middle, 1 - HEAD / height / 2), shortened(suite, CELL - 0.1, CAPTION_SIZE), CAPTION_SIZE, ha="center")
        for row, name in enumerate(names):
            corner = ((NAMES + column * CELL) / width, 1 - (HEAD + (row + 1) * PITCH) / height)
            _draw(axes, lines[suite].get(name), corner, (CELL / width, PITCH / height))
    controls = {name for found in lines.values() for name, one in found.items() if one.control}
    for row, name in enumerate(names):
        place = (NAMES / width - 0.012, 1 - (HEAD + (row + 0.5) * PITCH) / height)
        color = FAINT_INK if name in controls else INK
        write(
            axes,
            place,
            shortened(plain(name), NAMES - 0.15, CAPTION_SIZE),
            CAPTION_SIZE,
            ha="right",
            va="center_baseline",
            color=color,
        )
    return canvas.figure


def _ordered(lines: dict[str, dict[str, MethodLine]]) -> list[str]:
    """Methods by their mean over suites, then controls."""
    means: dict[str, list[float]] = {}
    controls = set()
    for found in lines.values():
        for name, one in found.items():
            means.setdefault(name, []).append(one.scores["auc"].mean)
            controls |= {name} if one.control else set()
    return sorted(means, key=lambda name: (name in controls, -float(np.nanmean(means[name])) if means[name] else 0.0, name))


def _draw(axes: object, line: MethodLine | None, corner: tuple[float, float], size: tuple[float, float]) -> None:
    value = float("nan") if line is None else line.scores["auc"].mean
    share = 0.0 if isnan(value) else (value - CHANCE) / (1 - CHANCE)
    color = diverging(np.array([0.62 * share]))[0]
    axes.add_patch(Rectangle(corner, *size, facecolor=tuple(color), edgecolor=HAIRLINE, lw=0.4))  # type: ignore[attr-defined]
    if line is None or isnan(value):
        return
    auc = line.scores["auc"]
    star = "*" if not line.control and 2 * auc.clear > auc.questions else ""
    middle = (corner[0] + size[0] / 2, corner[1] + size[1] / 2)
    write(axes, middle, f"{value:.2f}{star}", CAPTION_SIZE, ha="center", va="center_baseline", color=INK)  # type: ignore[arg-type]
