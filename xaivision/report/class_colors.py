"""A color for each class, and the legend that names them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from xaivision.report.canvas import CAPTION_SIZE
from xaivision.report.lettering import shortened, width_of, write
from xaivision.report.palette import LINE_COLORS

# The colors of lines, then those that are farthest from all before them and from paper, to usual eyes and to green-blind ones
# (each at least 26 apart in CIELAB).
FURTHER = (
    *("#ffd100", "#740017", "#74e8e8", "#b946ff", "#0017b9", "#b9d146"),
    *("#e8465d", "#8b0074", "#ffb9b9", "#00e874", "#0000ff", "#e82eb9"),
)
COLORS = (*LINE_COLORS, *FURTHER)
CLASSES = len(COLORS)
# Inches: of a line of the legend, of a swatch, of the gap behind an entry, and the most of its words.
PITCH, SWATCH, GAP, WIDEST = 0.19, 0.16, 0.2, 2.2


def class_color(number: int) -> str:
    """The color of the class of this number; after `CLASSES` they repeat."""
    return COLORS[number % CLASSES]


def legend_height(names: Sequence[str], width: float) -> float:
    """Inches that the legend of these classes takes below a picture of this width."""
    return PITCH * (1 + max(line for line, _ in _places(names, width))) if names else 0.0


def draw_legend(axes: Axes, names: Sequence[str], width: float) -> None:
    """A swatch and a name for each class, in lines; the axes are `width` wide and as high as `legend_height` says."""
    height = legend_height(names, width)
    axes.set_label("classes")
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    for number, (name, (line, left)) in enumerate(zip(names, _places(names, width), strict=True)):
        top = (line + 0.5) * PITCH
        axes.add_patch(Rectangle((left, top - 0.06), SWATCH, 0.12, fc=class_color(number), lw=0))
        words = shortened(name, WIDEST, CAPTION_SIZE)
        write(axes, ((left + SWATCH + 0.06) / width, 1 - (top + 0.035) / height), words, CAPTION_SIZE)


def _places(names: Sequence[str], width: float) -> list[tuple[int, float]]:
    """The line and the left end of each entry."""
    found: list[tuple[int, float]] = []
    line, left = 0, 0.0
    for name in names:
        needs = SWATCH + 0.06 + min(WIDEST, width_of(name, CAPTION_SIZE))
        if left and left + needs > width:
            line, left = line + 1, 0.0
        found.append((line, left))
        left += needs + GAP
    return found
