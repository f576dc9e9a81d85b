"""Text in figures: measured before it is drawn, so that nothing overlaps, and never read as mathematics."""

from bisect import bisect_left
from functools import cache, lru_cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

from xaivision.report.palette import INK
from xaivision.report.wording import plain

# It comes with matplotlib, so a figure looks the same on every machine, whatever its settings file says.
FAMILY = "DejaVu Sans"
MISSING = "\N{WHITE SQUARE}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
POINTS_PER_INCH = 72
LINE_SPACING = 1.3
# Letters are drawn on whole dots: at 60 dots an inch a line comes out up to a tenth wider than its letters are.
ON_WHOLE_DOTS = 1.1
# No figure has room for more; measuring a name of a megabyte would take minutes.
LONGEST = 1500


def drawable(text: object) -> str:
    """The text with a box for each character that the font does not have."""
    known = _known_characters()
    shown = plain(text)
    shown = shown if len(shown) <= LONGEST else shown[:LONGEST] + ELLIPSIS
    return "".join(character if ord(character) in known else MISSING for character in shown)


@lru_cache(maxsize=8192)
def width_of(text: str, size: float, bold: bool = False) -> float:
    """Width in inches of one line at this size in points, as coarse as it may be drawn."""
    points, _, _ = text_to_path.get_text_width_height_descent(drawable(text), _font(size, bold), ismath=False)
    return ON_WHOLE_DOTS * float(points) / POINTS_PER_INCH


def line_height(size: float) -> float:
    """Height of one line in inches, in whole hundredths: at 100 dpi every picture then starts at a whole pixel."""
    return round(size * LINE_SPACING / POINTS_PER_INCH, 2)


def wrapped(text: object, width: float, size: float, bold: bool = False) -> list[str]:
    """The text in lines no wider than `width` inches; words that are too long for a line are broken."""
    lines: list[str] = []
    line = ""
    for word in filter(None, drawable(text).split(" ")):  # a no-break space stays
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width, size, bold)
        lines += full
    return [*lines, line] if line else lines


def at_most(lines: list[str], count: int, width: float, size: float) -> list[str]:
    """The first `count` lines, with an ellipsis where more were there."""
    if len(lines) <= count:
        return lines
    return [*lines[: count - 1], shortened(lines[count - 1] + ELLIPSIS, width, size)]


def shortened(text: object, width: float, size: float, bold: bool = False) -> str:
    """The text on one line no wider than `width` inches, with an ellipsis in its middle where it had to give."""
    shown = drawable(text)
    if width_of(shown, size, bold) <= width:
        return shown
    kept = bisect_left(range(1, len(shown)), True, key=lambda count: width_of(_middle_cut(shown, count), size, bold) > width)
    return _middle_cut(shown, kept)


def write(where: Figure | Axes, at: tuple[float, float], text: str, size: float, **style: Any) -> None:
    """Put text at a place given in the coordinates of the figure or the axes, in the one font of the house."""
    transform = where.transSubfigure if isinstance(where, Figure) else where.transAxes
    place = {"color": INK, "va": "baseline", "transform": transform, **style}
    place["fontproperties"] = _font(size, place.pop("bold", False))
    where.text(*at, drawable(text), parse_math=False, **place)


def _middle_cut(text: str, kept: int) -> str:
    """The text with `kept` of its characters left, two thirds of them from its start."""
    tail = kept // 3
    return f"{text[: kept - tail].rstrip()}{ELLIPSIS}{text[len(text) - tail :].lstrip()}"


def _pieces(word: str, width: float, size: float, bold: bool) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and width_of(pieces[-1] + character, size, bold) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


@cache
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(family=FAMILY, size=size, weight="bold" if bold else "normal")


@cache
def _known_characters() -> frozenset[int]:
    """Characters that both the regular and the bold face have."""
    faces = (get_font(findfont(_font(8.0, bold))) for bold in (False, True))
    first, second = (frozenset(face.get_charmap()) for face in faces)
    return first & second
