"""Fidelity of a surrogate by the depth of a tree and by the number of features."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS
from xaivision.report.wording import counted
from xaivision.surrogates.study import SurrogateStudy

WIDTH, HEIGHT = 3.9, 2.9
# Shares of a plot's place that what stands around it takes.
LEFT, FOOT, HEAD = 0.14, 0.13, 0.15
# What is shown, and to which side its intervals stand: on one place they would hide each other.
SHOWN = (("r2", LINE_COLORS[0], -1), ("agreement", LINE_COLORS[2], 1))
BESIDE, LOWEST, LEARNED = 0.07, -0.5, (0, (4, 3))


def fidelity_figure(study: SurrogateStudy) -> Figure:
    """R2 and agreement by the depth of a tree, and by the number of features, with the chosen number marked."""
    canvas = Canvas(
        Layout(2, WIDTH, HEIGHT),
        ["What a larger surrogate would gain"],
        [Caption("By the depth of a tree", None, ()), Caption("By the number of features", None, ())],
        [
            f"Left: the {counted(study.k, 'chosen feature')}, in trees of other depths. Right: curves are of rows to learn "
            "from, held out in turn; at the dotted line, the chosen number, is what the surrogate and as many random features "
            "reach on the held-out rows.",
        ],
    )
    _draw_depths(dressed(canvas.axes(0), "depth"), study)
    _draw_counts(dressed(canvas.axes(1), "features"), study)
    return canvas.figure


def _draw_depths(plot: Axes, study: SurrogateStudy) -> None:
    depths = [point.depth for point in study.depths]
    shown: list[float] = []
    for name, color, aside in SHOWN:
        held = [getattr(point.held_out, name) for point in study.depths]
        learned = [getattr(point.learned, name).value for point in study.depths]
        for depth, one in zip(depths, held, strict=True):
            plot.plot((depth + aside * BESIDE,) * 2, one.interval, color=color, lw=1, alpha=0.7)
        plot.plot(depths, [one.value for one in held], color=color, marker="o", ms=3.5, lw=1.4, label=_named(name))
        plot.plot(depths, learned, color=color, lw=1, ls=LEARNED, alpha=0.8)
        shown += [*(bound for one in held for bound in one.interval), *(one.value for one in held), *learned]
    plot.set_xticks(depths)
    _fit(plot, shown)
    dashes = Line2D([], [], color=FAINT_INK, lw=1, ls=LEARNED, label="on the rows it learned from")
    _legend(plot, [dashes, _mark("|", 9, "95 % interval")])


def _draw_counts(plot: Axes, study: SurrogateStudy) -> None:
    counts, reach = [point.count for point in study.counts], max((point.count for point in study.counts), default=study.k)
    shown: list[float] = []
    plot.axvline(study.k, color=INK, lw=0.8, ls=(0, (1, 2)), zorder=1)
    for name, color, aside in SHOWN:
        curve, value = [getattr(point, name) for point in study.counts], getattr(study.fidelity, name).value
        plot.plot(counts, curve, color=color, marker="o", ms=3.5, lw=1.4, label=_named(name))
        plot.plot(study.k, value, color=color, marker="D", ms=6, mfc="white", ls="none", zorder=4)
        low, high = (getattr(study.random, name)).interval
        if low == low:
            place = study.k + aside * BESIDE * reach / 4
            plot.plot((place, place), (low, high), color=color, lw=5, alpha=0.45, solid_capstyle="butt", zorder=3)
        shown += [*curve, value, low, high]
    _fit(plot, shown)
    plot.xaxis.set_major_locator(MaxNLocator(integer=True))
    random = _mark("s", 5, "random, on held-out rows")
    random.set_alpha(0.45)
    _legend(plot, [_mark("D", 5, "chosen, on held-out rows"), random])


def _fit(plot: Axes, values: list[float]) -> None:
    """From the lowest of these to 1; not farther down than is of use."""
    known = [one for one in values if math.isfinite(one)]
    low = max(LOWEST, min(known, default=0.0))
    plot.set_ylim(low - 0.05 * (1 - low), 1 + 0.03 * (1 - low))


def dressed(axes: Axes, across: str, up: str = "", around: tuple[float, float, float] = (LEFT, FOOT, HEAD)) -> Axes:
    """A plot on bare axes, with its axes named; `around`: shares of the place that are left free at the left, below and above."""
    left, foot, head = around
    plot = axes.inset_axes((left, foot, 0.98 - left, 0.98 - head - foot))
    plot.set_xlabel(across, fontsize=CAPTION_SIZE, color=INK, parse_math=False)
    plot.set_ylabel(up, fontsize=CAPTION_SIZE, color=INK, parse_math=False)
    plot.tick_params(labelsize=CAPTION_SIZE, colors=FAINT_INK, length=2)
    for edge in ("top", "right"):
        plot.spines[edge].set_visible(False)
    for edge in ("left", "bottom"):
        plot.spines[edge].set_color(HAIRLINE)
    return plot


def _legend(plot: Axes, more: list[Line2D]) -> None:
    """The two curves, and below each what else is drawn; above the plot, where it hides nothing."""
    curves, _ = plot.get_legend_handles_labels()
    handles = [handle for pair in zip(curves, more, strict=True) for handle in pair]  # filled column by column
    legend = plot.legend(
        handles=handles,
        fontsize=CAPTION_SIZE,
        frameon=False,
        labelcolor=INK,
        loc="lower left",
        ncols=2,
        columnspacing=0.9,
        handlelength=1.5,
    )
    legend.set_bbox_to_anchor((-0.02, 0.98), transform=plot.transAxes)


def _mark(shape: str, size: float, label: str) -> Line2D:
    """Of either color: gray in the legend."""
    hollow = "white" if shape == "D" else FAINT_INK
    return Line2D([], [], color=FAINT_INK, ls="none", marker=shape, ms=size, mfc=hollow, label=label)


def _named(name: str) -> str:
    return {"r2": "R\N{SUPERSCRIPT TWO} of probabilities", "agreement": "share with the same class"}[name]
