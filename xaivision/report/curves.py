"""Deletion and insertion curves: how the score moves as features go or come, next to the band that the controls span."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.query import Query
from xaivision.core.scores import Scores
from xaivision.evaluation.comparison import Comparison
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.figure import checked_index
from xaivision.report.lettering import FAMILY, shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, Floats, line_style
from xaivision.report.signed_map import refused
from xaivision.report.wording import headline, number, place, plain

WIDTH, HEIGHT = 4.2, 2.9
LEFT, BOTTOM = 0.45, 0.42
LEGEND_WIDTH, LEGEND_PITCH = 2.1, 0.19


@dataclass(frozen=True, eq=False)
class Curve:
    """One method's curve, with the color and the dash pattern that it keeps in every plot of its comparison.

    `shares`: how much is done at each of the `heights`, from 0 to 1; counts of features are whole, so steps may be uneven.
    """

    label: str
    shares: Floats
    heights: Floats
    color: str
    dashes: str


@dataclass(frozen=True, eq=False)
class Band:
    """The lowest and the highest control at each of the `shares`."""

    shares: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class CurvePlot:
    """Curves over the share of features done, from 0 to 1, and the band of the controls, where there are any.

    `unit`: that of the area under a curve. `height`: what runs up the vertical axis, of which class; empty where the metric's
    value is no mean of it.
    """

    metric: str
    unit: str
    curves: tuple[Curve, ...]
    band: Band | None = None
    height: str = ""

    @property
    def progress(self) -> str:
        """What runs along the horizontal axis."""
        known = {
            "deletion": "of the features taken away",
            "insertion": "of the features put in",
            "robust_fidelity": "of the elements are the part",
            "f_fidelity": "of the elements are the part",
        }
        return known.get(self.metric, "of the steps")

    @property
    def limits(self) -> tuple[float, float]:
        """What the vertical axis runs over: 0 to 1 where everything is inside, else what is needed."""
        band = [] if self.band is None else [self.band.low, self.band.high]
        together = np.concatenate([curve.heights for curve in self.curves] + band)
        found = together[np.isfinite(together)]
        low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high if high > low else low + 1)


def curve_plots(comparison: Comparison, index: int) -> tuple[CurvePlot, ...]:
    """A plot for each metric that keeps curves; refused explanations have none."""
    plots = (_plot(comparison, metric, index) for metric in comparison.scores)
    return tuple(plot for plot in plots if plot.curves)


def curves_figure(comparison: Comparison, index: int = 0) -> Figure:
    """For one input a plot for each metric with curves, and one legend.

    Raises: InputError, where there is no such input, or no metric of this comparison keeps curves.
    """
    index = checked_index(comparison.query, index)
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


def _plot(comparison: Comparison, metric: str, index: int) -> CurvePlot:
    rows = comparison.scores[metric]
    shown = {label: _points(rows[label], index) for label in rows if not refused(comparison.explanations[label], index)}
    methods = [label for label in comparison.explanations if label not in comparison.controls]
    curves = tuple(
        Curve(plain(label), *points, *line_style(methods.index(label)))
        for label in methods
        if (points := shown.get(label)) is not None
    )
    controls = [points for label in comparison.controls if (points := shown.get(label)) is not None]
    unit = plain(next((rows[label].unit for label in rows), ""))
    return CurvePlot(plain(metric), unit, curves, _band(controls), _height(unit, comparison.query, index))


def _height(unit: str, query: Query, index: int) -> str:
    """`probability of cat`, where an area is `mean probability over the share of ...`."""
    followed, over, _ = unit.partition(" over the share of ")
    if not (over and followed.startswith("mean ")):
        return ""
    of, rivals = plain(query.target_names()[index]), query.against_names()
    # A probability is of one class, whatever it is held against; a difference is of two.
    rather = f" rather than {plain(rivals[index])}" if rivals is not None and "difference" in followed else ""
    return f"{followed.removeprefix('mean ')} of {of}{rather}"


def _points(scores: Scores, index: int) -> tuple[Floats, Floats] | None:
    """Shares and heights of one input's curve; where a metric does not say its shares, its steps are taken as even."""
    if scores.curves is None:
        return None
    heights = _numbers(scores.curves[index])
    return np.linspace(0, 1, len(heights)) if scores.curve_shares is None else _numbers(scores.curve_shares), heights


def _numbers(curve: Tensor) -> Floats:
    return curve.detach().double().cpu().numpy()


def _band(controls: list[tuple[Floats, Floats]]) -> Band | None:
    """Lowest and highest control at each step; nothing where controls were measured with different steps."""
    if not controls or any(not np.array_equal(shares, controls[0][0]) for shares, _ in controls):
        return None
    heights = [heights for _, heights in controls]
    return Band(controls[0][0], np.min(heights, axis=0), np.max(heights, axis=0))


def _draw(canvas: Canvas, cell: int, plot: CurvePlot) -> None:
    axes = canvas.axes(cell).inset_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - LEFT / WIDTH, 1 - BOTTOM / HEIGHT))
    axes.set_label(plot.metric)
    _dress(axes, plot)
    if plot.band is not None:
        axes.fill_between(plot.band.shares, plot.band.low, plot.band.high, color=HAIRLINE, lw=0, zorder=1)
    for curve in plot.curves:
        axes.plot(curve.shares, curve.heights, color=curve.color, lw=1.6, ls=_dashes(curve), zorder=3)


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
    if any(plot.band is not None for plot in plots):
        named["between the controls"] = None
    return list(named.items())


def _legend_columns(plots: tuple[CurvePlot, ...]) -> int:
    return max(1, int(min(3, len(plots)) * WIDTH / LEGEND_WIDTH))


def _legend_rows(plots: tuple[CurvePlot, ...]) -> int:
    return -(-len(_entries(plots)) // _legend_columns(plots))


def _dashes(curve: Curve) -> str | tuple[float, tuple[float, ...]]:
    return (0.0, tuple(float(part) / 1.4 for part in curve.dashes.split())) if curve.dashes else "-"
