"""What the page of attributes shows, in the form its template takes: all foreign text made plain."""

from collections.abc import Sequence
from dataclasses import dataclass

from xaivision.evaluation.attribute_sheet import AttributeSheet
from xaivision.report.attribute_words import (
    attribute_name,
    company_words,
    doubts,
    own_words,
    steps_of,
    summary_words,
    turning_words,
)
from xaivision.report.cards import Picture
from xaivision.report.markup import cell_colors, data_uri
from xaivision.report.photo import photo_pixels
from xaivision.report.wording import number, plain, signed


@dataclass(frozen=True)
class ShownStep:
    """A picture of a strip, with its lines and whether the model calls it another class."""

    picture: Picture
    value: str
    called: str
    turned: bool


@dataclass(frozen=True)
class ShownStrip:
    """One attribute of one picture."""

    name: str
    steps: tuple[ShownStep, ...]


@dataclass(frozen=True)
class Case:
    """One picture with its strips; `turned`: the nearest one that the attributes lead to, where there is one."""

    anchor: str
    title: str
    heading: str
    picture: Picture
    strips: tuple[ShownStrip, ...]
    words: str
    turned: Picture | None


@dataclass(frozen=True)
class AttributePage:
    """The whole page. `rows`: for each attribute its name and numbers; `company`: the correlations with their colors."""

    title: str
    facts: Sequence[tuple[str, str]]
    doubts: Sequence[str]
    rows: tuple[tuple[str, str, str, str], ...]
    heads: tuple[str, ...]
    company: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]
    cases: tuple[Case, ...]


def attribute_page(sheet: AttributeSheet, titles: Sequence[str] = ()) -> AttributePage:
    """The page's contents."""
    found = sheet.attributes
    places = range(len(found.numbers))
    rows = tuple(
        (
            attribute_name(sheet, place),
            number(float(found.effects[place])),
            f"{float(found.flips[place]):.0%}",
            company_words(sheet, place),
        )
        for place in places
    )
    company = tuple(
        (attribute_name(sheet, place), tuple(_cell(float(values[place])) for values in sheet.correlations.values()))
        for place in places
    )
    cases = tuple(_case(sheet, index, titles) for index in range(len(sheet.shown)))
    heads = tuple(map(plain, sheet.correlations))
    return AttributePage("Attributes", summary_words(sheet), doubts(sheet), rows, heads, company, cases)


def _cell(value: float) -> tuple[str, str, str]:
    return ("\N{EN DASH}", "", "") if value != value else (signed(value, 2), *cell_colors(value))


def _case(sheet: AttributeSheet, index: int, titles: Sequence[str]) -> Case:
    row = sheet.shown[index]
    title = plain(titles[row]) if row < len(titles) else f"Picture {row}"
    answer, own = sheet.answer, own_words(sheet, row)
    turned = None
    if bool(answer.found[row].any()):
        turned = Picture(data_uri(photo_pixels(answer.counterfactuals[row, 0])), f"{title}, changed. {turning_words(sheet, row)}")
    strips = tuple(_strip(sheet, index, place, title) for place in range(len(sheet.attributes.numbers)))
    picture = Picture(data_uri(photo_pixels(answer.query.inputs[row])), f"{title}, called {own}")
    return Case(f"picture-{row}", title, f"called {own}", picture, strips, turning_words(sheet, row), turned)


def _strip(sheet: AttributeSheet, index: int, place: int, title: str) -> ShownStrip:
    name = attribute_name(sheet, place)
    steps = [
        ShownStep(
            Picture(data_uri(photo_pixels(step.picture)), f"{title} with {name} at {step.value}: called {step.called}"),
            step.value,
            step.called,
            step.turned,
        )
        for step in steps_of(sheet, sheet.strips[index][place], sheet.shown[index])
    ]
    return ShownStrip(name, tuple(steps))
