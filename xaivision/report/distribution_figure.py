"""A figure of what one class looks like to a classifier by distributions: its mean, draws, and what varies most."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from xaivision.explainers.prototypes.distribution_gallery import DistributionGallery
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS
from xaivision.report.photo import draw_pixels, photo_pixels, picture_layout
from xaivision.report.wording import MINUS, number, plain

# Inches: a line of a table, its width, and where names and the mean's values end.
PITCH, WIDE, NAMES_END, MEAN_END, GUTTER = 0.2, 6.4, 2.0, 2.7, 0.12
# Columns that are drawn, the most telling first, and how far the axis goes at least, in standard deviations.
MOST_COLUMNS, REACH = 15, 2.0


def distribution_figure(gallery: DistributionGallery, label: int) -> Figure:
    """One class: of pictures the decoded mean, draws and walks; of tables the columns of mean and draws.

    Raises: InputError, where there is no such class.
    """
    draw = _pictures if gallery.pictures else _columns
    return draw(gallery, gallery.checked(label))


def telling_columns(gallery: DistributionGallery, label: int) -> list[int]:
    """The columns in which the class's mean is furthest from that of the training rows."""
    order: list[int] = _apart(gallery, gallery.draws.means[label]).abs().argsort(descending=True, stable=True).tolist()
    return order[:MOST_COLUMNS]


def mixture_words(gallery: DistributionGallery, label: int) -> list[str]:
    """`A mixture of 2 parts: 62 %, 38 %.`, as a list of sentences; nothing where there is one part."""
    shares = gallery.draws.shares[label].tolist()
    if len(shares) == 1:
        return []
    return [f"A mixture of {len(shares)} parts: {', '.join(f'{share:.0%}' for share in shares)}. Mean and walks: the largest."]


def _pictures(gallery: DistributionGallery, label: int) -> Figure:
    known = gallery.draws
    named = [("mean", known.means[label])]
    named += [(f"draw {number_ + 1}", one) for number_, one in enumerate(known.draws[label])]
    for axis, walk in enumerate(known.traversals[label]):
        named += [(f"direction {axis + 1}: {_step(place, len(walk))}", one) for place, one in enumerate(walk)]
    if known.shares.shape[1] > 1:
        named += [(f"part {part + 1}", one) for part, one in enumerate(known.components[label])]
    statements = [
        "Decoded from the distribution of the class. Directions: those in which it varies most, in standard deviations.",
        *mixture_words(gallery, label),
    ]
    layout = picture_layout(known.means[label], len(named))
    canvas = Canvas(layout, _heading(gallery, label), [Caption(name) for name, _ in named], statements)
    for cell, (name, picture) in enumerate(named):
        draw_pixels(canvas, cell, photo_pixels(picture), name)
    return canvas.figure


def _step(place: int, count: int) -> str:
    """`−2`, of so many steps from two standard deviations below the mean to two above."""
    at = 4 * place / (count - 1) - 2 if count > 1 else 0.0
    return f"{at:+.2g}".replace("-", MINUS) if at else "0"


def _columns(gallery: DistributionGallery, label: int) -> Figure:
    columns = telling_columns(gallery, label)
    rows = len(columns) + 1
    left = len(gallery.draws.means[label]) - len(columns)
    statements = [
        "Large dots: the decoded mean. Small dots: decoded draws. Zero is the mean of the training rows, a step their standard "
        "deviation; columns furthest from it come first.",
        *([f"{left} more columns are nearer to it."] if left else []),
        *mixture_words(gallery, label),
    ]
    canvas = Canvas(Layout(1, WIDE, rows * PITCH), _heading(gallery, label), [Caption("columns")], statements)
    _draw_columns(canvas.axes(0), gallery, label, columns)
    return canvas.figure


def _draw_columns(axes: Axes, gallery: DistributionGallery, label: int, columns: list[int]) -> None:
    mean, draws = _apart(gallery, gallery.draws.means[label]), _apart(gallery, gallery.draws.draws[label])
    limit = max(REACH, float(mean[columns].abs().max()), float(draws[:, columns].abs().max()))
    rows, middle, half = len(columns) + 1, (MEAN_END + WIDE) / 2, (WIDE - MEAN_END) / 2 - 3 * GUTTER
    names = gallery.columns or tuple(f"feature {column}" for column in range(len(mean)))
    axes.set_xlim(0, WIDE)
    axes.set_ylim(rows, 0)
    axes.plot((middle, middle), (1, rows), color=HAIRLINE, lw=0.8, zorder=1)
    write(axes, (MEAN_END / WIDE, 1 - 0.72 / rows), "mean", CAPTION_SIZE, ha="right", color=FAINT_INK)
    for share, text in ((-1, number(-limit, 2)), (0, "0"), (1, number(limit, 2))):
        write(axes, ((middle + share * half) / WIDE, 1 - 0.72 / rows), text, CAPTION_SIZE, ha="center", color=FAINT_INK)
    for place, column in enumerate(columns, start=1):
        height = 1 - (place + 0.72) / rows
        name, value = shortened(plain(names[column]), NAMES_END, CAPTION_SIZE), float(gallery.draws.means[label, column])
        write(axes, (NAMES_END / WIDE, height), name, CAPTION_SIZE, ha="right", color=INK)
        write(axes, (MEAN_END / WIDE, height), number(value, 4), CAPTION_SIZE, ha="right", color=INK)
        axes.plot((middle - half, middle + half), (place + 0.5,) * 2, color=HAIRLINE, lw=0.5, zorder=1)
        at = (middle + half * draws[:, column] / limit).tolist()
        axes.plot(at, [place + 0.5] * len(at), "o", color=LINE_COLORS[4], markersize=3.5, markeredgewidth=0, zorder=2)
        axes.plot(middle + half * float(mean[column]) / limit, place + 0.5, "o", color=LINE_COLORS[0], markersize=6, zorder=3)


def _apart(gallery: DistributionGallery, rows: Tensor) -> Tensor:
    """(..., F) how far rows are from the mean of the training rows, in standard deviations."""
    assert gallery.means is not None and gallery.spread is not None  # noqa: S101, PT018 - tables have them
    apart: Tensor = (rows - gallery.means).double() / gallery.spread.double()
    return apart


def _heading(gallery: DistributionGallery, label: int) -> list[str]:
    return [f"Prototype of {plain(gallery.class_names[label])}", plain(gallery.model)]
