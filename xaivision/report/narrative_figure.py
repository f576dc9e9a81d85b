"""Figures of narratives about pictures: the picture, its map with the points, the outlined region, and the words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from xaivision.core.narrative import Narrative
from xaivision.report.borders import draw_borders
from xaivision.report.canvas import GAP, TITLE_SIZE, Canvas, Caption, Layout
from xaivision.report.drawn_marks import OUTLINE, draw_outline
from xaivision.report.fading import faded_outside
from xaivision.report.image_figure import BAR_ROOM, draw_bar, image_statements
from xaivision.report.lettering import wrapped
from xaivision.report.palette import LINE_COLORS
from xaivision.report.panel import Panel, draw_absence, panel_caption, panel_of
from xaivision.report.photo import draw_pixels, map_pixels, photo_pixels, picture_layout
from xaivision.report.scale import Scales, scaled_values, scales_for
from xaivision.report.wording import cost, headline, place, plain, whose_cost

PICTURES = {"photo": "photo", "sonar": "sonar picture"}
COUNTER = LINE_COLORS[0]
POINT_IS = "The circle is the point of most evidence that the region starts from."
POINTS_ARE = "The circles are the points of most evidence that the region starts from, the first of them the largest."
COUNTERS_ARE = (
    "Orange circles are points of most evidence that the region starts from, blue ones of counter-evidence that it leaves."
)
# In points of type; and the share of a side that is near an edge.
NUMBER_SIZE, NEAR_EDGE = 7.5, 0.12


def narrative_figure(told: Narrative, index: int) -> Figure:
    """One picture on its way to words, left to right, the words above."""
    query = told.query
    words = _words(told.text[index], picture_layout(query.inputs[index], 3))
    return _drawn(told, index, [headline(query, index), *place(query, index), *words])


def narrative_pictures(told: Narrative, index: int, widest: int = 3) -> Figure:
    """The same without any words above: for pages, where they are text. `widest`: pictures side by side, 1 on narrow screens."""
    return _drawn(told, index, [], widest)


def _drawn(told: Narrative, index: int, heading: Sequence[str], widest: int = 3) -> Figure:
    query, image = told.query, told.query.inputs[index]
    record: Mapping[str, Any] = told.evidence[index] if told.evidence else {}
    panel = panel_of(told.attribution, index)
    scales = scales_for([panel.map] if panel.map is not None else [], "shared_raw")
    layout = picture_layout(image, 3)
    layout = replace(layout, widest=min(widest, layout.widest))
    drawn, points = panel.map is not None and not panel.map.blank, point_list(record)
    canvas = Canvas(
        layout,
        heading,
        [
            Caption(PICTURES.get(str(record.get("wording")), "picture")),
            panel_caption(panel, scales, layout.width),
            region_caption(told, index, record),
        ],
        [*image_statements(scales, drawn, False), *_point_words(points), cost(told.diagnostics), *whose_cost(query)],
        BAR_ROOM if drawn else 0.0,
    )
    draw_pixels(canvas, 0, photo_pixels(image), "input")
    _draw_map(canvas, panel, scales, told, index)
    _draw_region(canvas, told, index)
    for axes in canvas.figure.axes:
        if axes.get_label() in (panel.label, "region") and drawn:
            mark_points(axes, points)
    if drawn:
        draw_bar(canvas, scales)
    return canvas.figure


def point_list(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The points of a record; none where there are none."""
    found: Sequence[Mapping[str, Any]] = stage_of(record, "points").get("points", [])
    return found


def stage_of(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a record says of a stage; nothing where it is no record of stages."""
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def _words(text: str, layout: Layout) -> list[str]:
    """In lines that end before the pictures do."""
    width = layout.columns * (layout.width + GAP) - GAP
    return wrapped(plain(text).replace(" %", "\N{NO-BREAK SPACE}%"), width, TITLE_SIZE)


def region_caption(told: Narrative, index: int, record: Mapping[str, Any]) -> Caption:
    """What the region holds, and the doubts about it."""
    region, verdict = stage_of(record, "region"), told.verdicts[index]
    lines = [plain(reason) for reason in verdict.reasons] if verdict.status == "warn" else []
    if "mass" in region:
        lines[:0] = _region_lines(region)
    title = "outlined region" if bool(told.regions[index].any()) else "no region"
    return Caption(title, verdict.status, tuple(lines))


def _region_lines(region: Mapping[str, Any]) -> list[str]:
    """What the region holds of picture and map, in how many pieces, and what it was before it was cut down."""
    lines = [
        f"{100 * region['area']:.0f} % of the picture, {100 * region['mass']:.0f} % of the evidence for the class in the map"
    ]
    if region.get("pieces", 1) > 1:
        lines.append(f"in {region['pieces']} pieces")
    if "outline" in region:
        lines.append(f"cut down from {100 * region['outline']['area']:.1f} % of the picture")
    return lines


def mark_points(axes: Axes, points: Sequence[Mapping[str, Any]]) -> None:
    """Circles on the points, x across and y down, with a light edge on dark pictures; several are numbered from 1."""
    for number, point in enumerate(points, start=1):
        color = OUTLINE if point["positive"] else COUNTER
        for edge, width in (("white", 3.4), (color, 1.8)):
            axes.plot([point["column"]], [point["row"]], "o", ms=8, mfc="none", mec=edge, mew=width, clip_on=False)
        if len(points) > 1:
            axes.annotate(
                str(number),
                (point["column"], point["row"]),
                _beside(axes, point),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=NUMBER_SIZE,
                color=color,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )


def _beside(axes: Axes, point: Mapping[str, Any]) -> tuple[float, float]:
    """Right above the point, in points of type; left of it or below where the picture ends there."""
    columns, rows = max(axes.get_xlim()), max(axes.get_ylim())
    right = 1 if point["column"] < (1 - NEAR_EDGE) * columns else -1
    above = 1 if point["row"] > NEAR_EDGE * rows else -1
    return (NUMBER_SIZE * right, NUMBER_SIZE * above)


def _draw_map(canvas: Canvas, panel: Panel, scales: Scales, told: Narrative, index: int) -> None:
    if panel.absence or panel.map is None:
        draw_absence(canvas, 1, panel)
        return
    values = scaled_values(panel.map, scales.scaling)
    pixels = map_pixels(told.query.inputs[index], values, scales.of(panel.map))
    axes = draw_pixels(canvas, 1, pixels, panel.label)
    if panel.map.segments is not None:
        draw_borders(axes, panel.map.segments)


def _draw_region(canvas: Canvas, told: Narrative, index: int) -> None:
    """The picture, faded outside the region, whose outline is drawn over it."""
    image, inside = told.query.inputs[index], told.regions[index].cpu().numpy().astype(bool)
    if not inside.any():
        draw_pixels(canvas, 2, photo_pixels(image), "region")
        return
    axes = draw_pixels(canvas, 2, faded_outside(image, inside), "region")
    draw_outline(axes, inside)


def _point_words(points: Sequence[Mapping[str, Any]]) -> list[str]:
    if not points:
        return []
    if not all(point["positive"] for point in points):
        return [COUNTERS_ARE]
    return [POINT_IS] if len(points) == 1 else [POINTS_ARE]
