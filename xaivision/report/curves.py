"""Figures of deletion and insertion curves: how the score moves as features go or come, next to the band of the controls."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xaivision.core.errors import InputError
from xaivision.evaluation.comparison import Comparison
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import FAMILY, shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE
from xaivision.report.removal_plot import Curve, CurvePlot, curve_plots
from xaivision.report.wording import headline, number, place

WIDTH, HEIGHT = 4.2, 2.9
LEFT, BOTTOM = 0.45, 0.42
LEGEND_WIDTH, LEGEND_PITCH = 2.1, 0.19


def curves_figure(comparison: Comparison, index: int = 0) -> Figure:
    """For one input a plot for each metric with curves, and one legend.

    Raises: InputError, where there is no such input, or no metric of this comparison keeps curves.
    """
    if not 0 <= index < len(comparison.query):
        raise InputError(f"`index` must be from 0 to {len(comparison.query) - 1}. Got {index}.")
    plots = curve_plots(comparison, index)
    if not plots:
        asked = ", ".join(comparison.scores) or "no metric"
        raise InputError(f"A comparison by `deletion` or `insertion` is needed, since these keep curves. Got {asked}.")
    captions = [Caption(plot.metric, None, (f"area under a curve: {plot.unit}",)) for plot in plots]
    canvas = Canvas(
        Layout(len(plots), WIDTH, HEIGHT, widest=3),
        [headline(comparison.query, index), *place(comparison.query, index)],
        captions,
        bar_height=_legend_rows(plots) * LEGEND_PITCH,
    )
    for cell, plot in enumerate(plots):
        _draw(canvas, cell, plot)
    _legend(canvas, plots)
    return canvas.figure


def _draw(canvas: Canvas, cell: int, plot: CurvePlot) -> None:
    axes = canvas.axes(cell).inset_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - LEFT / WIDTH, 1 - BOTTOM / HEIGHT))
    axes.set_label(plot.metric)
    _dress(axes, plot)
    if plot.low is not None and plot.high is not None:
        axes.fill_between(_places(len(plot.low)), plot.low, plot.high, color=HAIRLINE, lw=0, zorder=1)
    for curve in plot.curves:
        axes.plot(_places(len(curve.heights)), curve.heights, color=curve.color, lw=1.6, ls=_dashes(curve), zorder=3)


def _dress(axes: Axes, plot: CurvePlot) -> None:
    """Axes with three numbers a side, a faint grid, and words instead of symbols."""
    low, high = plot.limits
    axes.set_facecolor("white")
    axes.set_xlim(0, 1)
    axes.set_ylim(low - 0.02 * (high - low), high + 0.02 * (high - low))
    axes.grid(color=HAIRLINE, lw=0.5)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    heights = [low + share * (high - low) for share in (0, 0.25, 0.5, 0.75, 1)]
    axes.set_yticks(heights, [number(height, 2) for height in heights])
    axes.tick_params(labelsize=CAPTION_SIZE, labelcolor=FAINT_INK, labelfontfamily=FAMILY, length=0)
    for spine in axes.spines.values():
        spine.set_color(HAIRLINE)
    write(axes, (1, -0.15), plot.progress, CAPTION_SIZE, ha="right", color=FAINT_INK)


def _legend(canvas: Canvas, plots: tuple[CurvePlot, ...]) -> None:
    """All lines by name, and the band, in columns below the plots."""
    entries = _entries(plots)
    columns, height = _legend_columns(plots), _legend_rows(plots) * LEGEND_PITCH
    width = columns * LEGEND_WIDTH
    axes = canvas.bar_axes(width, height, drop=0.0)
    axes.set_label("legend")
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    for position, (label, curve) in enumerate(entries):
        left, top = (position % columns) * LEGEND_WIDTH, (position // columns + 0.5) * LEGEND_PITCH
        if curve is None:
            axes.fill_between((left, left + 0.35), top - 0.06, top + 0.06, color=HAIRLINE, lw=0)
        else:
            axes.plot((left, left + 0.35), (top, top), color=curve.color, lw=1.8, ls=_dashes(curve))
        text = shortened(label, LEGEND_WIDTH - 0.5, CAPTION_SIZE)
        write(axes, ((left + 0.43) / width, 1 - (top + 0.035) / height), text, CAPTION_SIZE)


def _entries(plots: tuple[CurvePlot, ...]) -> list[tuple[str, Curve | None]]:
    """What the legend names; None is the band of the controls."""
    named: dict[str, Curve | None] = {curve.label: curve for plot in plots for curve in plot.curves}
    if any(plot.low is not None for plot in plots):
        named["between the controls"] = None
    return list(named.items())


def _legend_columns(plots: tuple[CurvePlot, ...]) -> int:
    return max(1, int(min(3, len(plots)) * WIDTH / LEGEND_WIDTH))


def _legend_rows(plots: tuple[CurvePlot, ...]) -> int:
    return -(-len(_entries(plots)) // _legend_columns(plots))


def _places(count: int) -> list[float]:
    """Where the steps lie: evenly, as removal takes equal shares."""
    return [step / max(1, count - 1) for step in range(count)]


def _dashes(curve: Curve) -> str | tuple[float, tuple[float, ...]]:
    return (0.0, tuple(float(part) / 1.4 for part in curve.dashes.split())) if curve.dashes else "-"
