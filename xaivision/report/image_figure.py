"""Figures of image explanations: the input first, then a panel for each method, all maps on one symmetric scale."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from xaivision.core.query import Query
from xaivision.report.borders import draw_borders
from xaivision.report.boxes import draw_boxes
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, frame
from xaivision.report.drawn_marks import draw_marks
from xaivision.report.examples_figure import MOSAIC, draw_mosaic
from xaivision.report.lettering import write
from xaivision.report.palette import FAINT_INK
from xaivision.report.panel import Panel, cells_of, directions, draw_absence, panel_caption
from xaivision.report.photo import bar_pixels, draw_pixels, map_pixels, photo_pixels, picture_layout
from xaivision.report.scale import Scales, scaled_values, scales_for
from xaivision.report.view import View
from xaivision.report.wording import headline, place, whose_cost

BAR_WIDTH, BAR_HEIGHT, BAR_ROOM = 3.4, 0.13, 0.62
PIXELS_ARE_SHOWN_AS_THEY_ARE = "Pixels are drawn as they are, without smoothing; channels are summed."
LINES_ARE_BORDERS = "Thin lines are the borders of segments; the pixels of one share its value evenly."


def image_figure(query: Query, panels: Sequence[Panel], index: int, view: View, words: Sequence[str] = ()) -> Figure:
    """One input, then its maps; `words` stand under the heading."""
    image = query.inputs[index]
    panels = cells_of(panels, index)
    scales = scales_for([panel.map for panel in panels if panel.map is not None], view.scaling, view.percentile)
    drawn = [panel for panel in panels if panel.map is not None and not panel.map.blank]
    layout = picture_layout(image, len(panels) + 1)
    canvas = Canvas(
        layout,
        [headline(query, index), *place(query, index), *words],
        [Caption("input"), *(panel_caption(panel, scales, layout.width) for panel in panels)],
        [*image_statements(scales, bool(drawn), outlined(panels)), *directions(panels), *whose_cost(query)],
        BAR_ROOM if drawn else 0.0,
    )
    draw_pixels(canvas, 0, photo_pixels(image), "input")
    for number, panel in enumerate(panels, start=1):
        _draw_panel(canvas, number, panel, (image, scales, view.ink), index)
    if drawn:
        draw_bar(canvas, scales)
    return canvas.figure


def image_statements(scales: Scales, drawn: bool, outlined: bool = False) -> list[str]:
    """The sentences under a figure of maps; `outlined`: the borders of segments are drawn over one."""
    if not drawn:
        return []
    lines = [LINES_ARE_BORDERS] if outlined else []
    if scales.shared is None:
        own = "Each map has a scale of its own, written below it: colors of two maps cannot be compared."
        return [own, PIXELS_ARE_SHOWN_AS_THEY_ARE, *lines]
    return [scales.shared.statement, PIXELS_ARE_SHOWN_AS_THEY_ARE, *lines]


def outlined(panels: Sequence[Panel]) -> bool:
    """Whether the borders of segments are drawn over any of these maps."""
    return any(panel.map is not None and panel.map.segments is not None and not panel.absence for panel in panels)


def draw_bar(canvas: Canvas, scales: Scales) -> None:
    """The color bar, with the numbers at its ends and its unit above."""
    width = min(BAR_WIDTH, canvas.inner_width)
    axes = canvas.bar_axes(width, BAR_HEIGHT, drop=0.24)
    axes.set_label("color bar")
    axes.imshow(bar_pixels(), aspect="auto", interpolation="nearest", extent=(-1, 1, 0, 1))
    frame(axes)
    unit = scales.shared.unit if scales.shared else "raw value"
    write(axes, (0, 1.45), unit, CAPTION_SIZE, color=FAINT_INK)
    for share, align in ((-1.0, "left"), (0.0, "center"), (1.0, "right")):
        text = scales.shared.tick(share * scales.shared.limit) if scales.shared else _own_tick(share)
        write(axes, ((share + 1) / 2, -0.35), text, CAPTION_SIZE, ha=align, va="top")


def _own_tick(share: float) -> str:
    return {-1.0: "\N{MINUS SIGN}limit", 0.0: "0", 1.0: "+limit"}[share]


def _draw_panel(canvas: Canvas, number: int, panel: Panel, under: tuple[Tensor, Scales, float], index: int) -> None:
    if panel.absence:
        draw_absence(canvas, number, panel)
    elif panel.map is not None:
        image, scales, ink = under
        pixels = map_pixels(image, scaled_values(panel.map, scales.scaling), scales.of(panel.map), ink)
        axes = draw_pixels(canvas, number, pixels, panel.label)
        if panel.map.segments is not None:
            draw_borders(axes, panel.map.segments)
        draw_marks(axes, panel.map.marked)
        if panel.boxes is not None:
            draw_boxes(axes, panel.boxes[index, :MOSAIC].tolist())
    elif panel.turned is not None:
        draw_marks(draw_pixels(canvas, number, photo_pixels(panel.turned.picture), panel.label), panel.turned.marked)
    elif panel.examples is not None:
        draw_mosaic(canvas, number, panel.examples, index)
