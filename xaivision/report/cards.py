"""The cards of a web page: one for each method and input, with a picture, bars, examples or the reason why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass

from xaivision.core.examples import Examples
from xaivision.core.query import Query
from xaivision.report.borders import outlined
from xaivision.report.boxes import boxed_pixels
from xaivision.report.column_pairs import ColumnPair, column_pairs
from xaivision.report.drawn_marks import marked_figure
from xaivision.report.examples_figure import MOSAIC, example_caption, profiles
from xaivision.report.features import Bar, remainder, top_bars
from xaivision.report.figure import png
from xaivision.report.markup import data_uri, png_uri, profile_points
from xaivision.report.palette import INK_OF_THE_PHOTO
from xaivision.report.panel import Panel, cells_of
from xaivision.report.photo import Pixels, bar_pixels, map_pixels, photo_pixels
from xaivision.report.scale import Scale, Scales, limits_of_each, scaled_values
from xaivision.report.shared_values import Labels
from xaivision.report.wording import headline

# Columns of an example in a card; the figure of its method has more.
MOST_IN_A_CARD = 8


@dataclass(frozen=True)
class Picture:
    """A picture inside the page and the words for those who cannot see it."""

    uri: str
    alt: str


@dataclass(frozen=True)
class DrawnBar:
    """A bar as shares of its row in percent: where it starts, how long it is; `text` is its number."""

    name: str
    value: str
    text: str
    start: float
    length: float
    sign: str


@dataclass(frozen=True)
class DrawnPair:
    """A column of two rows: their values in words, and a bar of how far the first is above the second, in percent of its cell."""

    name: str
    here: str
    there: str
    text: str
    start: float
    length: float


@dataclass(frozen=True)
class Sample:
    """One example: a picture, or its columns beside those of the input, and the points of its line over the input's."""

    title: str
    lines: tuple[str, ...]
    picture: Picture | None = None
    points: str = ""
    behind: str = ""
    columns: tuple[DrawnPair, ...] = ()


@dataclass(frozen=True)
class Card:
    """One method's answer for one input; exactly one of `picture`, `bars`, `samples` and `absence` is filled."""

    panel: Panel
    lines: tuple[str, ...]
    picture: Picture | None = None
    bars: tuple[DrawnBar, ...] = ()
    samples: tuple[Sample, ...] = ()
    absence: str = ""


def cards_of(query: Query, panels: Sequence[Panel], index: int, scales: Scales, ink: float = INK_OF_THE_PHOTO) -> list[Card]:
    """A card for each panel; `ink`: how much of the photo shows under its maps, from 0 to 1."""
    return [_card(query, panel, index, scales, ink) for panel in cells_of(panels, index)]


def input_picture(query: Query, index: int) -> Picture | None:
    """The input as a picture, where it is one."""
    if query.inputs.ndim != 4:
        return None
    return Picture(data_uri(photo_pixels(query.inputs[index])), f"Input picture. Explained: {headline(query, index)}.")


def color_bar(scales: Scales) -> Picture:
    """The color bar with its numbers in words."""
    ends = (
        [scales.shared.tick(sign * scales.shared.limit) for sign in (-1, 1)]
        if scales.shared
        else ["minus the limit", "the limit"]
    )
    return Picture(data_uri(bar_pixels()), f"Color bar: blue at {ends[0]}, white at zero, red at {ends[1]}.")


def _card(query: Query, panel: Panel, index: int, scales: Scales, ink: float) -> Card:
    if panel.absence:
        return Card(panel, panel.lines, absence=panel.absence)
    if panel.turned is not None:
        uri = _marked_uri(photo_pixels(panel.turned.picture), panel.turned.marked)
        return Card(panel, panel.lines, picture=Picture(uri, f"{panel.label}: {'; '.join(panel.lines)}"))
    if panel.map is None:
        assert panel.examples is not None  # noqa: S101 - what has neither absence nor map has examples
        said = () if panel.said else panel.lines
        if query.inputs.ndim != 4:
            said = (*column_pairs(panel.examples, index, MOSAIC, MOST_IN_A_CARD).statements, *said)
        return Card(panel, said, samples=tuple(_samples(panel.examples, index)))
    scale = scales.of(panel.map)
    own = () if scales.shares_one(panel.map) else (limits_of_each(scale),)
    if query.inputs.ndim == 4:
        pixels = map_pixels(query.inputs[index], scaled_values(panel.map, scales.scaling), scale, ink)
        pixels = pixels if panel.map.segments is None else outlined(pixels, panel.map.segments)
        pixels = pixels if panel.boxes is None else boxed_pixels(pixels, panel.boxes[index, :MOSAIC].tolist())
        shown = Picture(_marked_uri(pixels, panel.map.marked), f"Map by {panel.label}: {panel.answer}")
        return Card(panel, (*own, *panel.lines), picture=shown)
    bars = top_bars(query, index, panel.map, scales.scaling)
    rest = tuple(filter(None, (remainder(panel.map, bars),)))
    return Card(panel, (*rest, *own, *panel.lines), bars=tuple(_drawn(bar, scale) for bar in bars))


def _marked_uri(pixels: Pixels, marked: Labels | None) -> str:
    return data_uri(pixels) if marked is None else png_uri(png(marked_figure(pixels, marked)))


def _drawn(bar: Bar, scale: Scale) -> DrawnBar:
    half = 50 * abs(bar.length) / scale.limit
    start = 50.0 if bar.length > 0 else 50 - half
    return DrawnBar(
        bar.name, bar.value, scale.tick(bar.length), round(start, 2), round(half, 2), "positive" if bar.length > 0 else "negative"
    )


def drawn_pairs(pairs: Sequence[ColumnPair], limit: float) -> tuple[DrawnPair, ...]:
    """The pairs with their bars, of which one as long as the limit fills half of its cell."""
    halves = [(pair, 50 * abs(pair.apart) / limit) for pair in pairs]
    return tuple(
        DrawnPair(pair.name, pair.here, pair.there, pair.told, round(50 - half if pair.apart < 0 else 50.0, 2), round(half, 2))
        for pair, half in halves
    )


def _samples(examples: Examples, index: int) -> list[Sample]:
    shown = examples.examples[index, :MOSAIC]
    captions = [example_caption(examples, index, rank) for rank in range(len(shown))]
    if examples.query.inputs.ndim == 4:
        uris = [Picture(data_uri(_sample_pixels(examples, index, rank)), caption.title) for rank, caption in enumerate(captions)]
        return [Sample(caption.title, caption.lines, picture=uri) for caption, uri in zip(captions, uris, strict=True)]
    profile = profiles(examples.query.inputs[index], shown, examples.spread)
    behind, found = profile_points(profile.row), column_pairs(examples, index, len(shown), MOST_IN_A_CARD)
    return [
        Sample(caption.title, caption.lines, None, profile_points(line), behind, drawn_pairs(pairs, found.limit))
        for caption, line, pairs in zip(captions, profile.others, found.shown, strict=True)
    ]


def _sample_pixels(examples: Examples, index: int, rank: int) -> Pixels:
    """The example with its box, where it has one."""
    pixels = photo_pixels(examples.examples[index, rank])
    boxes = examples.example_boxes
    return pixels if boxes is None else boxed_pixels(pixels, [boxes[index, rank].tolist()], rank)
