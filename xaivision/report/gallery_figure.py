"""A figure of the prototypes of one class: the training input of each with its box, and what it says of the classes."""

import torch
from matplotlib.figure import Figure

from xaivision.core.errors import InputError
from xaivision.explainers.prototypes.characteristics import Characteristics
from xaivision.explainers.prototypes.gallery import PrototypeGallery
from xaivision.report.boxes import draw_box
from xaivision.report.canvas import Canvas, Caption, Layout, frame
from xaivision.report.column_pairs import ColumnPair, prototype_columns
from xaivision.report.column_pairs_figure import PITCH, WIDE, draw_pairs
from xaivision.report.photo import photo_pixels, picture_layout
from xaivision.report.wording import counted, listed, number, plain, signed

# More would be a wall; the page holds all.
MOST_SHOWN = 20
# Columns of a row, and half of a bar's room in standard deviations where none differs more.
MOST_COLUMNS, WIDEST = 8, 2.0
# What is said of another class counts from this share of what is said of the own one.
LEAST_SHARE = 0.01


def gallery_figure(gallery: PrototypeGallery, label: int) -> Figure:
    """The prototypes of the class, those first that say most for it.

    Raises: InputError, where there is no such class, or it has none.
    """
    chosen = gallery.of_class(label)
    if not chosen:
        raise InputError(f"The class must have prototypes. {gallery.class_names[label]!r} has none.")
    shown = chosen[:MOST_SHOWN]
    heading = [f"Prototypes of {plain(gallery.class_names[label])}", plain(gallery.model)]
    captions = [Caption(title_of(gallery, one), None, prototype_lines(gallery, one)) for one in shown]
    draw = _pictures if gallery.pictures else _rows
    layout = picture_layout(gallery.sources.inputs[0], len(shown)) if gallery.pictures else _layout_of_rows(gallery, len(shown))
    canvas = Canvas(layout, heading, captions, _statements(gallery, len(shown), len(chosen)))
    draw(canvas, gallery, shown)
    return canvas.figure


def _pictures(canvas: Canvas, gallery: PrototypeGallery, shown: list[int]) -> None:
    for cell, one in enumerate(shown):
        axes = canvas.axes(cell)
        axes.imshow(photo_pixels(gallery.sources.inputs[one]), interpolation="nearest", aspect="equal")
        frame(axes)
        draw_box(axes, gallery.sources.boxes[one].tolist(), 0)


def _layout_of_rows(gallery: PrototypeGallery, count: int) -> Layout:
    lines = 1 + min(MOST_COLUMNS, gallery.sources.inputs.shape[1])
    return Layout(count, WIDE, lines * PITCH, widest=3)


def _rows(canvas: Canvas, gallery: PrototypeGallery, shown: list[int]) -> None:
    """Each row beside the mean of the training rows, where it differs most from it."""
    found = [columns_of(gallery, one) for one in shown]
    limit = max(WIDEST, *(abs(pair.apart) for pairs in found for pair in pairs))
    for cell, pairs in enumerate(found):
        draw_pairs(canvas.axes(cell), pairs, limit, ("this row", "mean"))


def columns_of(gallery: PrototypeGallery, one: int) -> tuple[ColumnPair, ...]:
    """The columns in which a training row differs most from the mean of all."""
    assert gallery.means is not None and gallery.spread is not None  # noqa: S101, PT018 - tables have them
    return prototype_columns(gallery.columns, gallery.sources.inputs[one], gallery.means, gallery.spread, MOST_COLUMNS)


def title_of(gallery: PrototypeGallery, one: int) -> str:
    """`Prototype 3`, with the training input it is a place of."""
    return f"Prototype {one}: {'picture' if gallery.pictures else 'row'} {int(gallery.sources.rows[one])}"


def prototype_lines(gallery: PrototypeGallery, one: int) -> tuple[str, ...]:
    """What the prototype says of its class and, most, of another, and what it rests on more than any other prototype."""
    own, weights = int(gallery.owners[one]), gallery.weights[one]
    said = [f"{signed(float(weights[own]))} for {plain(gallery.class_names[own])}"]
    others = weights.abs().clone()
    others[own] = 0
    other = int(others.argmax())
    if float(others[other]) > LEAST_SHARE * float(weights[own].abs()):
        said.append(f"{signed(float(weights[other]))} for {plain(gallery.class_names[other])}")
    if gallery.characteristics is None:
        return tuple(said)
    return (*said, *_stands_out(gallery.characteristics, one))


def _stands_out(found: Characteristics, one: int) -> tuple[str, ...]:
    """Under which changes it falls more than any other prototype does: changes are not compared with each other."""
    most = found.overall.nan_to_num(-torch.inf).argmax(0).tolist()
    mine = [place for place, best in enumerate(most) if best == one and float(found.overall[one, place]) > 0]
    if not mine or len(found.overall) == 1:
        return ()
    named = [f"{plain(found.changes[place])} ({number(float(found.overall[one, place]), 2)})" for place in mine]
    return (f"of all prototypes it falls most with {listed(named)}",)


def _statements(gallery: PrototypeGallery, shown: int, count: int) -> list[str]:
    what = "training picture; the box is around where it is most active" if gallery.pictures else "training row"
    rest = [f"{shown} of {counted(count, 'prototype')} are shown."] if shown < count else []
    scaled = "Bars: by how many standard deviations of a column the row is above the mean of the training rows."
    line = [] if gallery.pictures else [scaled]
    return [
        f"Each prototype is a place of a {what}." if gallery.pictures else "Each prototype is a training row.",
        f"Numbers: by how much the {gallery.score_unit} of a class grows with a point of similarity.",
        *line,
        *rest,
    ]
