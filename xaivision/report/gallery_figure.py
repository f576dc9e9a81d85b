"""A figure of the prototypes of one class: the training input of each with its box, and what it says of the classes."""

from matplotlib.figure import Figure

from xaivision.core.errors import InputError
from xaivision.explainers.prototypes.gallery import PrototypeGallery
from xaivision.report.canvas import Canvas, Caption, Layout, frame
from xaivision.report.examples_figure import LINE_HEIGHT, LINE_WIDTH, draw_box, draw_profile, profiles
from xaivision.report.photo import photo_pixels, picture_layout
from xaivision.report.wording import counted, number, plain, signed

# More would be a wall; the page holds all.
MOST_SHOWN = 20
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
    inputs = gallery.sources.inputs
    layout = picture_layout(inputs[0], len(shown)) if gallery.pictures else Layout(len(shown), LINE_WIDTH, LINE_HEIGHT, widest=3)
    heading = [f"Prototypes of {plain(gallery.class_names[label])}", plain(gallery.model)]
    captions = [Caption(title_of(gallery, one), None, prototype_lines(gallery, one)) for one in shown]
    canvas = Canvas(layout, heading, captions, _statements(gallery, len(shown), len(chosen)))
    lines = None if gallery.pictures else profiles(inputs.mean(0), inputs)
    for cell, one in enumerate(shown):
        if lines is None:
            axes = canvas.axes(cell)
            axes.imshow(photo_pixels(inputs[one]), interpolation="nearest", aspect="equal")
            frame(axes)
            draw_box(axes, gallery.sources.boxes[one].tolist(), 0)
        else:
            draw_profile(canvas.axes(cell), lines, one)
    return canvas.figure


def title_of(gallery: PrototypeGallery, one: int) -> str:
    """`Prototype 3`, with the training input it is a place of."""
    return f"Prototype {one}: {'picture' if gallery.pictures else 'row'} {int(gallery.sources.rows[one])}"


def prototype_lines(gallery: PrototypeGallery, one: int) -> tuple[str, ...]:
    """What the prototype says of its class and, most, of another, and what its similarity rests on most."""
    own, weights = int(gallery.owners[one]), gallery.weights[one]
    said = [f"{signed(float(weights[own]))} for {plain(gallery.class_names[own])}"]
    others = weights.abs().clone()
    others[own] = 0
    other = int(others.argmax())
    if float(others[other]) > LEAST_SHARE * float(weights[own].abs()):
        said.append(f"{signed(float(weights[other]))} for {plain(gallery.class_names[other])}")
    if gallery.characteristics is None:
        return tuple(said)
    ranked = [f"{name} {number(score, 2)}" for name, score, _ in gallery.characteristics.ranked(one)[:3] if score > 0]
    return (*said, f"rests on {', '.join(ranked)}") if ranked else tuple(said)


def _statements(gallery: PrototypeGallery, shown: int, count: int) -> list[str]:
    what = "training picture; the box is around where it is most active" if gallery.pictures else "training row"
    rest = [f"{shown} of {counted(count, 'prototype')} are shown."] if shown < count else []
    scaled = "Each column goes from its smallest to its largest value among all prototypes, whose mean is gray."
    line = [] if gallery.pictures else [scaled]
    return [
        f"Each prototype is a place of a {what}." if gallery.pictures else "Each prototype is a training row.",
        f"Numbers: by how much the {gallery.score_unit} of a class grows with a point of similarity.",
        *line,
        *rest,
    ]
