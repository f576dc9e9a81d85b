"""A figure of one picture's attributes: a row for each, from low to high, and what the model calls each step."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.core.errors import InputError
from xaivision.evaluation.attribute_sheet import AttributeSheet
from xaivision.report.attribute_words import (
    attribute_name,
    company_words,
    doubts,
    effect_words,
    own_words,
    steps_of,
    turning_words,
)
from xaivision.report.canvas import Canvas, Caption, Layout
from xaivision.report.palette import LINE_COLORS
from xaivision.report.photo import DPI, draw_pixels, page_size, photo_pixels

# Pictures of strips are this share of the usual size on the page.
SMALLER = 0.55
TURNED = LINE_COLORS[1]


def attribute_figure(sheet: AttributeSheet, index: int = 0) -> Figure:
    """The strips of the picture at this `index` among those that are shown.

    Raises: InputError, where there is no such picture.
    """
    if not 0 <= index < len(sheet.shown):
        raise InputError(f"`index` must be from 0 to {len(sheet.shown) - 1}, one of the pictures shown. Got {index!r}.")
    row, strips = sheet.shown[index], sheet.strips[index]
    picture = sheet.answer.query.inputs[row]
    wide = 1 + max(len(strip.values) for strip in strips)
    width, height = (side * SMALLER / DPI for side in page_size(picture))
    captions: list[Caption] = []
    for place, strip in enumerate(strips):
        lines = (own_words(sheet, row), effect_words(sheet, place), f"goes with: {company_words(sheet, place)}")
        steps = [Caption(step.value, None, (step.called,)) for step in steps_of(sheet, strip, row)]
        captions += [Caption(attribute_name(sheet, place), None, lines), *steps]
        captions += [Caption("")] * (wide - 1 - len(steps))
    heading = [f"Attributes of a picture called {own_words(sheet, row)}", turning_words(sheet, row)]
    said = "The picture itself, then with one attribute from low to high; an orange frame: the model calls it another class."
    canvas = Canvas(Layout(wide * len(strips), width, height, widest=wide), heading, captions, [said, *doubts(sheet)])
    for place, strip in enumerate(strips):
        draw_pixels(canvas, place * wide, photo_pixels(picture), "picture")
        for at, step in enumerate(steps_of(sheet, strip, row), start=place * wide + 1):
            axes = draw_pixels(canvas, at, photo_pixels(step.picture), "turned" if step.turned else "step")
            if step.turned:
                _mark(axes)
    return canvas.figure


def _mark(axes: Axes) -> None:
    axes.add_artist(Rectangle((0, 0), 1, 1, transform=axes.transAxes, fc="none", ec=TURNED, lw=2.5, zorder=6, clip_on=False))
