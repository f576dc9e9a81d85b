"""Figures of explanations of table rows: for each method its strongest features as signed bars, on one symmetric scale."""

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.core.query import Query
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.examples_figure import dots_key, draw_neighbors
from xaivision.report.features import TOP, Bar, remainder, top_bars
from xaivision.report.lettering import shortened, width_of, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK
from xaivision.report.panel import Panel, cells_of, directions, draw_absence, panel_caption
from xaivision.report.scale import LARGEST, Scale, Scales, scales_for
from xaivision.report.view import View
from xaivision.report.wording import headline, place, whose_cost

CELL_WIDTH = 3.9
PITCH = 0.2
NAMES_WIDTH = 1.9
GUTTER = 0.08


def table_figure(query: Query, panels: Sequence[Panel], index: int, view: View, words: Sequence[str] = ()) -> Figure:
    """A panel for each method with its strongest features, their names and the row's values; `words` stand under the heading."""
    panels = cells_of(panels, index)
    scales = scales_for([panel.map for panel in panels if panel.map is not None], view.scaling, LARGEST)
    bars = [top_bars(query, index, panel.map, view.scaling) if panel.map else [] for panel in panels]
    rows = max(4, *map(len, bars), *(TOP for panel in panels if panel.examples))
    canvas = Canvas(
        Layout(len(panels), CELL_WIDTH, rows * PITCH, widest=3),
        [headline(query, index), *place(query, index), *words],
        [_caption(panel, scales, drawn) for panel, drawn in zip(panels, bars, strict=True)],
        [*table_statements(scales, any(bars)), *directions(panels), *whose_cost(query)],
    )
    for number, (panel, drawn) in enumerate(zip(panels, bars, strict=True)):
        if panel.absence:
            draw_absence(canvas, number, panel)
        elif panel.map is not None:
            draw_bars(canvas.axes(number), drawn, scales.of(panel.map), rows, panel.label)
        elif panel.examples is not None:
            draw_neighbors(canvas, number, panel.examples, index, rows)
    return canvas.figure


def table_statements(scales: Scales, drawn: bool) -> list[str]:
    """The sentences under a figure of bars."""
    if not drawn:
        return []
    if scales.shared is None:
        return ["Each method has a scale of its own, written below it: bars of two methods cannot be compared."]
    return [f"Bars: {scales.shared.unit}. {scales.shared.statement}"]


def _caption(panel: Panel, scales: Scales, drawn: list[Bar]) -> Caption:
    caption = panel_caption(panel, scales, CELL_WIDTH)
    rest = remainder(panel.map, drawn) if panel.map else ""
    key = dots_key(panel.examples) if panel.examples and not panel.map else ""
    return replace(caption, lines=tuple(filter(None, (rest, key, *caption.lines))))


def draw_bars(axes: Axes, bars: list[Bar], scale: Scale, rows: int, label: str) -> None:
    """Names and values at the left, bars from a common zero, each number on the free side of zero."""
    axes.set_label(label)
    zero, half = (NAMES_WIDTH + GUTTER + (CELL_WIDTH - NAMES_WIDTH - GUTTER) / 2), (CELL_WIDTH - NAMES_WIDTH - GUTTER) / 2
    axes.set_xlim(0, CELL_WIDTH)
    axes.set_ylim(rows, 0)
    axes.plot((zero, zero), (0, len(bars)), color=HAIRLINE, lw=0.8, zorder=3)
    for place_, bar in enumerate(bars):
        length = half * bar.length / scale.limit
        axes.add_patch(Rectangle((min(zero, zero + length), place_ + 0.16), abs(length), 0.68, fc=bar.color, lw=0))
        _label(axes, bar, (place_ + 0.72) / rows)
        side = -GUTTER if length > 0 else GUTTER
        at = ((zero + side) / CELL_WIDTH, 1 - (place_ + 0.72) / rows)
        write(axes, at, scale.tick(bar.length), CAPTION_SIZE, color=FAINT_INK, ha="right" if length > 0 else "left")


def _label(axes: Axes, bar: Bar, drop: float) -> None:
    """`name = value`, right-aligned before the bars; a long name gives way to its value."""
    value = shortened(f" = {bar.value}", NAMES_WIDTH / 2, CAPTION_SIZE) if bar.value else ""
    name = shortened(bar.name, NAMES_WIDTH - width_of(value, CAPTION_SIZE), CAPTION_SIZE)
    write(axes, (NAMES_WIDTH / CELL_WIDTH, 1 - drop), name + value, CAPTION_SIZE, ha="right", color=INK)
