"""Where a surrogate disagrees with its black box: held-out rows by two features, and the regions of disagreement."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, width_of
from xaivision.report.palette import HAIRLINE, INK, LINE_COLORS, Floats
from xaivision.report.surrogate_curves import LEFT, dressed
from xaivision.report.surrogate_words import region_sentence
from xaivision.report.wording import plain
from xaivision.surrogates.disagreement import Region
from xaivision.surrogates.study import SurrogateStudy

WIDTH, HEIGHT = 5.6, 4.2
# Shares of the place that the names of categories take, at the left and tilted below, and the most inches of one.
WIDE_LEFT, HIGH_FOOT, LOW_FOOT, LONGEST_NAME = 0.27, 0.25, 0.1, 1.0
# How far points of one category are spread to both sides, and the steps of even sequences by which they are.
SPREAD, STEPS = 0.3, (0.754877666, 0.569840291)
# Left, right, bottom, top.
Sides = tuple[float, float, float, float]
AGREES, DISAGREES = "#8c959f", LINE_COLORS[1]


def disagreement_figure(study: SurrogateStudy) -> Figure:
    """Held-out rows by the two features that regions of disagreement are told by, with the regions by their numbers."""
    first, second = _axes_of(study)
    labels = study.surrogate.model.probabilities(study.held_out.rows).argmax(1)
    apart = labels != study.held_out.labels
    known = [_categories(study, column) for column in (first, second)]
    spread = " Points of one category are spread, so that none hides another." if any(known) else ""
    canvas = Canvas(
        Layout(1, WIDTH, HEIGHT),
        ["Where the surrogate disagrees with the black box", f"{int(apart.sum())} of {len(apart)} held-out rows"],
        [Caption("Held-out rows", None, ())],
        [
            *(f"{number}: {region_sentence(study, region)}" for number, region in enumerate(study.regions, 1)),
            "Shares of the held-out rows there that disagree, by which regions are shaded; they were found on other rows. Orange "
            f"crosses disagree, gray dots agree.{spread}",
        ],
    )
    names = [plain(study.held_out.names[column]) for column in (first, second)]
    around = (WIDE_LEFT if known[1] else LEFT, HIGH_FOOT if _tilted(known[0]) else LOW_FOOT, 0.0)
    plot = dressed(canvas.axes(0), names[0], names[1] if second != first else "", around)
    across, up = _places(study, first, 0), _places(study, second, 1) if second != first else np.zeros(len(apart))
    _scale(plot, across, up, known)
    _draw_regions(plot, study, (first, second))
    plot.scatter(across[~apart], up[~apart], s=9, color=AGREES, alpha=0.55, linewidths=0, zorder=3)
    plot.scatter(across[apart], up[apart], s=34, color=DISAGREES, marker="x", linewidths=1.4, zorder=4)
    return canvas.figure


def _draw_regions(plot: Axes, study: SurrogateStudy, features: tuple[int, int]) -> None:
    """The regions as rectangles, numbered at the top left. Those that a third feature tells apart are one, with both numbers."""
    limits = (*plot.get_xlim(), *plot.get_ylim())
    together: dict[Sides, list[tuple[int, Region]]] = {}
    for number, region in enumerate(study.regions, 1):
        together.setdefault(_sides(region, features, limits), []).append((number, region))
    box = {"fc": "white", "ec": HAIRLINE, "alpha": 0.9, "lw": 0.8, "boxstyle": "round,pad=0.25"}
    for (left, right, bottom, top), parts in together.items():
        rows = sum(part.rows for _, part in parts)
        rate = sum(part.rate.value * part.rows for _, part in parts if part.rows) / max(1, rows)
        plot.add_patch(
            Rectangle((left, bottom), right - left, top - bottom, fc=DISAGREES, alpha=0.06 + 0.5 * rate, lw=0, zorder=1)
        )
        plot.plot((left, right, right, left, left), (bottom, bottom, top, top, bottom), color=HAIRLINE, lw=0.8, zorder=2)
        plot.annotate(
            ", ".join(str(number) for number, _ in parts),
            (left, top),
            (5, -5),
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=CAPTION_SIZE,
            color=INK,
            zorder=5,
            bbox=box,
        )


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


def _axes_of(study: SurrogateStudy) -> tuple[int, int]:
    """The two features that regions are told by, or the two most important ones."""
    told = [condition.feature for region in study.regions for condition in region.conditions]
    distinct = list(dict.fromkeys([*told, *study.surrogate.features]))
    return distinct[0], distinct[1] if len(distinct) > 1 else distinct[0]


def _categories(study: SurrogateStudy, column: int) -> tuple[str, ...]:
    return tuple(map(plain, study.surrogate.category_names[column])) if study.surrogate.category_names else ()


def _places(study: SurrogateStudy, column: int, axis: int) -> Floats:
    """(n,) where the held-out rows are drawn: codes of categories evenly spread around themselves, by the row's number."""
    values = study.held_out.rows[:, column].astype(np.float64)
    if not _categories(study, column):
        return values
    found: Floats = values + SPREAD * (2 * ((np.arange(len(values)) + 0.5) * STEPS[axis] % 1) - 1)
    return found


def _scale(plot: Axes, across: Floats, up: Floats, known: list[tuple[str, ...]]) -> None:
    """Limits around the points; categories by their names, each with a place of its own."""
    plot.set_xlim(*_limits(across, known[0]))
    plot.set_ylim(*_limits(up, known[1]))
    for axis, names in zip((plot.xaxis, plot.yaxis), known, strict=True):
        if names:
            axis.set_ticks(range(len(names)), _shown(names), parse_math=False)
    if _tilted(known[0]):
        for label in plot.get_xticklabels():
            label.set(rotation=35, ha="right", rotation_mode="anchor")


def _limits(values: Floats, names: tuple[str, ...]) -> tuple[float, float]:
    if names:
        return -0.5, len(names) - 0.5
    low, high = float(np.min(values)), float(np.max(values))
    room = 0.04 * (high - low) or 0.5
    return low - room, high + room


def _shown(names: tuple[str, ...]) -> list[str]:
    return [shortened(name, LONGEST_NAME, CAPTION_SIZE) for name in names]


def _tilted(names: tuple[str, ...]) -> bool:
    """Whether these names are too long to stand beside each other below the plot."""
    return any(width_of(name, CAPTION_SIZE) + 0.1 > 0.6 * WIDTH / len(names) for name in _shown(names))
