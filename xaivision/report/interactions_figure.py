"""The figure of interactions: what each has alone, a matrix of what every two do together, and the strongest pairs."""

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from xaivision.core.attribution import Attribution
from xaivision.report.borders import draw_borders
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.features import Bar
from xaivision.report.image_figure import BAR_ROOM, LINES_ARE_BORDERS, draw_bar
from xaivision.report.lettering import shortened, width_of, write
from xaivision.report.pairs import Pairs, pairs_of
from xaivision.report.palette import HAIRLINE, INK, diverging
from xaivision.report.panel import Panel, panel_caption, panel_of
from xaivision.report.photo import draw_pixels, map_pixels
from xaivision.report.scale import LARGEST, Scale, Scales, own_scale
from xaivision.report.shared_values import Labels
from xaivision.report.table_figure import CELL_WIDTH, PITCH, draw_bars
from xaivision.report.wording import headline, number, place, signed, whose_cost

ROWS = 16
HEIGHT = ROWS * PITCH
# Room for names before and under the matrix; numbers stand in its cells where they fit.
BEFORE, UNDER = 1.3, 0.75
MOST_NUMBERED = 6
NOT_ON_THE_SCALE = "#eef1f4"


def interactions_figure(attribution: Attribution, index: int) -> Figure:
    """One input's interactions, in the raw unit of its values; for pictures with the map that shows which segment is which."""
    query, panel, pairs = attribution.query, panel_of(attribution, index), pairs_of(attribution, index)
    picture = query.inputs.ndim == 4
    scale = Scale(max(pairs.limit, float(np.abs(pairs.alone).max())), query.unit, LARGEST, 0.0, 1)
    colors = Scale(pairs.limit, f"interaction of two, {query.unit}", LARGEST, 0.0, 1)
    bars = (pairs.alone_bars(), pairs.pair_bars())
    captions = _captions(panel, pairs, picture)
    canvas = Canvas(
        Layout(len(captions), CELL_WIDTH, HEIGHT, widest=2 if picture else 3),
        [headline(query, index), *place(query, index)],
        captions,
        [*_statements(pairs, scale, panel), *whose_cost(query)],
        BAR_ROOM if pairs.limit > 0 else 0.0,
    )
    first = _draw_map(canvas, attribution, index, panel, pairs) if picture else 0
    _bars(canvas.axes(first), bars[0], scale, "alone")
    _draw_matrix(canvas.axes(first + 1), pairs, colors)
    _bars(canvas.axes(first + 2), bars[1], scale, "strongest pairs")
    if pairs.limit > 0:
        draw_bar(canvas, Scales("shared_raw", colors, LARGEST))
    return canvas.figure


def _captions(panel: Panel, pairs: Pairs, picture: bool) -> list[Caption]:
    own = Scales("each", None, LARGEST)
    whole = panel_caption(panel, own, CELL_WIDTH)
    matrix = Caption("every two together", lines=(pairs.left_out,) if pairs.left_out else ())
    alone, strongest = Caption("each alone"), Caption("strongest pairs")
    if picture:
        return [whole, alone, matrix, strongest]
    lines = tuple(line for line in whole.lines if not line.startswith("own scale"))  # there is no map here
    return [replace(whole, title=f"{whole.title}: each alone", lines=lines), matrix, strongest]


def _statements(pairs: Pairs, scale: Scale, panel: Panel) -> list[str]:
    tiny = ["Numbers below a 100,000th of the largest are rounding, and drawn as zero."] if pairs.rounded else []
    if pairs.limit == 0:
        return ["No two interact here: what each has alone is all of it.", *tiny]
    said = [
        "An interaction is what two gain together beyond what each gains, all of it: half is in the share of each. Red: together "
        "they add more than alone; blue: less. On the diagonal of the matrix stands nothing: see the bars of each alone.",
        f"Bars: {scale.unit}, all on one symmetric scale up to {number(scale.limit)}. Colors of the matrix: up to the largest "
        "interaction; nothing is clipped.",
        *tiny,
    ]
    return [*said, LINES_ARE_BORDERS] if panel.map is not None and panel.map.segments is not None else said


def _bars(axes: Axes, bars: list[Bar], scale: Scale, label: str) -> None:
    axes.set_label(label)
    if bars:
        draw_bars(axes, bars, scale, ROWS, label)
    else:
        write(axes, (0.5, 0.9), "nothing", CAPTION_SIZE, ha="center")


def _draw_map(canvas: Canvas, attribution: Attribution, index: int, panel: Panel, pairs: Pairs) -> int:
    """The map in the first cell, with the numbers of the segments that the matrix names; how many cells that takes."""
    if panel.map is None:
        return 1
    pixels = map_pixels(attribution.query.inputs[index], panel.map.values, own_scale(panel.map, LARGEST))
    axes = draw_pixels(canvas, 0, pixels, panel.label)
    if panel.map.segments is not None:
        draw_borders(axes, panel.map.segments)
        for segment in pairs.named:
            _write_number(axes, segment, panel.map.segments)
    return 1


def _write_number(axes: Axes, segment: int, labels: Labels) -> None:
    """At the pixel of the segment that is nearest to its middle."""
    places = np.argwhere(labels == segment)
    row, column = places[np.square(places - places.mean(0)).sum(1).argmin()]
    at = ((column + 0.5) / labels.shape[1], 1 - (row + 0.5) / labels.shape[0])
    halo = [withStroke(linewidth=2, foreground="white")]
    write(axes, at, str(segment), CAPTION_SIZE, bold=True, ha="center", va="center", path_effects=halo, zorder=6)


def _draw_matrix(axes: Axes, pairs: Pairs, colors: Scale) -> None:
    axes.set_label("interactions")
    axes.set_xlim(0, CELL_WIDTH)
    axes.set_ylim(0, HEIGHT)
    shown = pairs.shown
    side = min(CELL_WIDTH - BEFORE, HEIGHT - UNDER) / len(shown)
    numbers = [signed(float(value)) for value in pairs.together[np.ix_(shown, shown)].ravel()]
    numbered = len(shown) <= MOST_NUMBERED and max(width_of(text, CAPTION_SIZE - 1) for text in numbers) < 0.95 * side
    for row, one in enumerate(shown):
        top = HEIGHT - (row + 1) * side
        name = shortened(pairs.names[one], BEFORE - 0.08, CAPTION_SIZE)
        write(axes, ((BEFORE - 0.06) / CELL_WIDTH, (top + side / 2) / HEIGHT), name, CAPTION_SIZE, ha="right", va="center")
        under = shortened(pairs.names[one], UNDER - 0.08, CAPTION_SIZE)
        at = ((BEFORE + (row + 0.5) * side) / CELL_WIDTH, (HEIGHT - len(shown) * side - 0.06) / HEIGHT)
        write(axes, at, under, CAPTION_SIZE, ha="center", va="top", rotation=90)
        for column, other in enumerate(shown):
            value = None if one == other else float(pairs.together[one, other])
            _draw_cell(axes, (BEFORE + column * side, top, side), value, colors, numbered)


def _draw_cell(axes: Axes, box: tuple[float, float, float], value: float | None, colors: Scale, numbered: bool) -> None:
    """One cell at (left, bottom, side) in inches; without a value it is no cell of the scale."""
    left, bottom, side = box
    shade = None if value is None else diverging(colors.share_of_limit(np.asarray(value)))
    fill = NOT_ON_THE_SCALE if shade is None else tuple(shade)
    axes.add_patch(Rectangle((left, bottom), side, side, fc=fill, ec=HAIRLINE, lw=0.6))
    if numbered and value is not None and shade is not None:
        ink = INK if float(shade @ np.array([0.299, 0.587, 0.114])) > 0.55 else "white"
        at = ((left + side / 2) / CELL_WIDTH, (bottom + side / 2) / HEIGHT)
        write(axes, at, signed(value), CAPTION_SIZE - 1, ha="center", va="center", color=ink)
