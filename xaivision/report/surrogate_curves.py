"""Pictures of how far a surrogate can be trusted: fidelity by depth and by features, and where it disagrees."""

from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS, Floats
from xaivision.report.surrogate_words import conditions_text
from xaivision.report.wording import counted, plain
from xaivision.surrogates.disagreement import Region
from xaivision.surrogates.study import SurrogateStudy

WIDTH, HEIGHT, FOOT, HEAD = 3.9, 2.9, 0.13, 0.08
# Letters of a line on the map: a region may be narrow.
LETTERS = 20
# Left, right, bottom, top.
Sides = tuple[float, float, float, float]
AGREES, DISAGREES, KNOWN = "#8c959f", LINE_COLORS[1], LINE_COLORS[0]


def fidelity_figure(study: SurrogateStudy) -> Figure:
    """R2 and agreement by the depth of a tree, and by the number of features, with the chosen number marked."""
    canvas = Canvas(
        Layout(2, WIDTH, HEIGHT),
        ["What a larger surrogate would gain"],
        [Caption("By the depth of a tree", None, ()), Caption("By the number of features", None, ())],
        [
            f"Left: the {counted(study.k, 'chosen feature')}; lines are 95 % intervals on held-out rows, dashed is what was "
            "learned from. Right: rows that were held out in turn, of those to learn from; the mark is the chosen number. On "
            "held-out rows, as at the left: diamonds, what the chosen features reach, and pale bars, as many random ones.",
        ],
    )
    _draw_depths(_plot(canvas.axes(0), "depth"), study)
    _draw_counts(_plot(canvas.axes(1), "features"), study)
    return canvas.figure


def disagreement_figure(study: SurrogateStudy) -> Figure:
    """Held-out rows by the two features that regions of disagreement are told by, with the regions and their rates."""
    first, second = _axes_of(study)
    labels = study.surrogate.model.probabilities(study.held_out.rows).argmax(1)
    apart = labels != study.held_out.labels
    canvas = Canvas(
        Layout(1, 5.6, 4.2),
        [
            "Where the surrogate disagrees with the black box",
            f"{int(apart.sum())} of {len(apart)} held-out rows; shaded by the share of disagreement in each region",
        ],
        [Caption("Held-out rows", None, ())],
        [
            "Orange crosses disagree, gray dots agree. Regions were found on other rows; their numbers are shares of the "
            "held-out rows there.",
        ],
    )
    names = study.held_out.names
    plot = _plot(canvas.axes(0), plain(names[first]), plain(names[second]) if second != first else "")
    rows = study.held_out.rows.astype(np.float64)
    across, up = rows[:, first], rows[:, second] if second != first else np.zeros(len(rows))
    _limits(plot, across, up)
    _draw_regions(plot, study, (first, second))
    plot.scatter(across[~apart], up[~apart], s=9, color=AGREES, alpha=0.55, linewidths=0, zorder=3)
    plot.scatter(across[apart], up[apart], s=34, color=DISAGREES, marker="x", linewidths=1.4, zorder=4)
    return canvas.figure


def _draw_depths(plot: Axes, study: SurrogateStudy) -> None:
    depths = [point.depth for point in study.depths]
    for name, color in (("r2", LINE_COLORS[0]), ("agreement", LINE_COLORS[2])):
        held = [getattr(point.held_out, name) for point in study.depths]
        for depth, one in zip(depths, held, strict=True):
            plot.plot((depth, depth), one.interval, color=color, lw=1, alpha=0.7)
        plot.plot(depths, [one.value for one in held], color=color, marker="o", ms=3.5, lw=1.4, label=_named(name))
        learned = [getattr(point.learned, name).value for point in study.depths]
        plot.plot(depths, learned, color=color, lw=1, ls=(0, (4, 3)), alpha=0.8)
    plot.set_xticks(depths)
    _legend(plot)


def _draw_counts(plot: Axes, study: SurrogateStudy) -> None:
    counts = [point.count for point in study.counts]
    for name, color in (("r2", LINE_COLORS[0]), ("agreement", LINE_COLORS[2])):
        plot.plot(
            counts, [getattr(point, name) for point in study.counts], color=color, marker="o", ms=3.5, lw=1.4, label=_named(name)
        )
        plot.plot(study.k, getattr(study.fidelity, name).value, color=color, marker="D", ms=6, mfc="none", ls="none", zorder=4)
        low, high = (getattr(study.random, name)).interval
        if low == low:
            plot.plot((study.k, study.k), (low, high), color=color, lw=5, alpha=0.35, solid_capstyle="butt")
    plot.axvline(study.k, color=INK, lw=0.8, ls=(0, (1, 2)))
    low = min(0.0, *(point.r2 for point in study.counts if point.r2 == point.r2)) if study.counts else 0.0
    plot.set_ylim(max(low, -0.5) - 0.03, 1.03)
    plot.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(plot)


def _draw_regions(plot: Axes, study: SurrogateStudy, features: tuple[int, int]) -> None:
    """The regions as rectangles. Those that a third feature tells apart are one, with a line of words for each."""
    limits = (*plot.get_xlim(), *plot.get_ylim())
    together: dict[Sides, list[Region]] = {}
    for region in study.regions:
        together.setdefault(_sides(region, features, limits), []).append(region)
    for (left, right, bottom, top), parts in together.items():
        rows = sum(part.rows for part in parts)
        rate = sum(part.rate.value * part.rows for part in parts if part.rows) / max(1, rows)
        plot.add_patch(
            Rectangle(
                (left, bottom), right - left, top - bottom, fc=DISAGREES, alpha=0.06 + 0.5 * rate, ec=HAIRLINE, lw=0.8, zorder=1
            )
        )
        said = "\n".join(_said(study, part, features) for part in parts)
        box = {"fc": "white", "alpha": 0.75, "lw": 0, "pad": 1}  # words are read over the points
        at, side = (left, "left") if len(parts) > 1 else ((left + right) / 2, "center")
        words: dict[str, Any] = {"fontsize": CAPTION_SIZE, "color": INK, "zorder": 5, "bbox": box, "parse_math": False}
        plot.text(at, top, said, ha=side, va="top", **words)


def _sides(region: Region, features: tuple[int, int], limits: Sides) -> Sides:
    """Left, right, bottom and top of a region within the limits of the plot."""
    (left, right, bottom, top), (first, second) = limits, features
    for condition in region.conditions:
        low = -np.inf if condition.low is None else condition.low
        high = np.inf if condition.high is None else condition.high
        if condition.feature == first:
            left, right = max(left, low), min(right, high)
        elif condition.feature == second:
            bottom, top = max(bottom, low), min(top, high)
    return left, right, bottom, top


def _said(study: SurrogateStudy, region: Region, features: tuple[int, int]) -> str:
    """How often, and where as far as the axes do not show it."""
    said = f"{100 * region.rate.value:.0f} % of {region.rows}" if region.rows else "no row"
    unseen = [one for one in region.conditions if one.feature not in features]
    return fill(f"{said} where {conditions_text(study, unseen)}", LETTERS) if unseen else said


def _axes_of(study: SurrogateStudy) -> tuple[int, int]:
    """The two features that regions are told by, or the two most important ones."""
    told = [condition.feature for region in study.regions for condition in region.conditions]
    order = [*dict.fromkeys(told), *study.surrogate.features]
    distinct = list(dict.fromkeys(order))
    return distinct[0], distinct[1] if len(distinct) > 1 else distinct[0]


def _limits(plot: Axes, across: Floats, up: Floats) -> None:
    for values, setter in ((across, plot.set_xlim), (up, plot.set_ylim)):
        low, high = float(np.min(values)), float(np.max(values))
        room = 0.04 * (high - low) or 0.5
        setter(low - room, high + room)


def _plot(axes: Axes, across: str, up: str = "") -> Axes:
    plot = axes.inset_axes((0.14, FOOT, 0.84, 0.98 - HEAD - FOOT))
    plot.set_xlabel(across, fontsize=CAPTION_SIZE, color=INK, parse_math=False)
    plot.set_ylabel(up, fontsize=CAPTION_SIZE, color=INK, parse_math=False)
    plot.tick_params(labelsize=CAPTION_SIZE, colors=FAINT_INK, length=2)
    for edge in ("top", "right"):
        plot.spines[edge].set_visible(False)
    for edge in ("left", "bottom"):
        plot.spines[edge].set_color(HAIRLINE)
    return plot


def _legend(plot: Axes) -> None:
    """Above the plot, where it hides no interval."""
    legend = plot.legend(fontsize=CAPTION_SIZE, frameon=False, labelcolor=INK, loc="lower left", ncols=2, columnspacing=1.2)
    legend.set_bbox_to_anchor((-0.02, 0.98), transform=plot.transAxes)


def _named(name: str) -> str:
    return {"r2": "R\N{SUPERSCRIPT TWO} of probabilities", "agreement": "share with the same class"}[name]
