"""The cards of a web page: one for each method and input, with a picture, bars, examples or the reason why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass

from xaivision.core.examples import Examples
from xaivision.core.query import Query
from xaivision.report.borders import outlined
from xaivision.report.examples_figure import MOSAIC, example_caption, profiles
from xaivision.report.features import Bar, remainder, top_bars
from xaivision.report.markup import data_uri, profile_points
from xaivision.report.palette import INK_OF_THE_PHOTO
from xaivision.report.panel import Panel
from xaivision.report.photo import bar_pixels, map_pixels, photo_pixels
from xaivision.report.scale import Scale, Scales, limits_of_each, scaled_values
from xaivision.report.wording import headline


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
class Sample:
    """One example: a picture, or the points of its line over those of the input's."""

    title: str
    lines: tuple[str, ...]
    picture: Picture | None = None
    points: str = ""
    behind: str = ""


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
    return [_card(query, panel, index, scales, ink) for panel in panels]


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
    if panel.examples is not None:
        return Card(panel, panel.lines, samples=tuple(_samples(panel.examples, index)))
    assert panel.map is not None  # noqa: S101 - what has neither absence nor examples has a map
    scale = scales.of(panel.map)
    own = () if scales.shares_one(panel.map) else (limits_of_each(scale),)
    if query.inputs.ndim == 4:
        pixels = map_pixels(query.inputs[index], scaled_values(panel.map, scales.scaling), scale, ink)
        pixels = pixels if panel.map.segments is None else outlined(pixels, panel.map.segments)
        return Card(panel, (*own, *panel.lines), picture=Picture(data_uri(pixels), f"Map by {panel.label}: {panel.answer}"))
    bars = top_bars(query, index, panel.map, scales.scaling)
    rest = tuple(filter(None, (remainder(panel.map, bars),)))
    return Card(panel, (*rest, *own, *panel.lines), bars=tuple(_drawn(bar, scale) for bar in bars))


def _drawn(bar: Bar, scale: Scale) -> DrawnBar:
    half = 50 * abs(bar.length) / scale.limit
    start = 50.0 if bar.length > 0 else 50 - half
    return DrawnBar(
        bar.name, bar.value, scale.tick(bar.length), round(start, 2), round(half, 2), "positive" if bar.length > 0 else "negative"
    )


def _samples(examples: Examples, index: int) -> list[Sample]:
    shown = examples.examples[index, :MOSAIC]
    captions = [example_caption(examples, index, rank) for rank in range(len(shown))]
    if examples.query.inputs.ndim == 4:
        uris = [Picture(data_uri(photo_pixels(one)), caption.title) for one, caption in zip(shown, captions, strict=True)]
        return [Sample(caption.title, caption.lines, picture=uri) for caption, uri in zip(captions, uris, strict=True)]
    profile = profiles(examples.query.inputs[index], shown)
    behind = profile_points(profile.row)
    return [
        Sample(caption.title, caption.lines, points=profile_points(line), behind=behind)
        for caption, line in zip(captions, profile.others, strict=True)
    ]
