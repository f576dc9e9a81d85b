"""Attributes on disk: a page for people, a figure for each picture shown, and the numbers for machines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.attribute_sheet import AttributeSheet
from xaivision.report.attribute_figure import attribute_figure
from xaivision.report.attribute_page import attribute_page
from xaivision.report.attribute_words import doubts
from xaivision.report.cards import Picture
from xaivision.report.figure import png
from xaivision.report.html import MOST_IN_A_FRAGMENT
from xaivision.report.markup import png_uri
from xaivision.report.rendering import rendered
from xaivision.report.wording import plain

PAGE, NUMBERS = "attributes.html", "attributes.json"
SCHEMA = "xaivision.attributes/1"


def write_attributes(sheet: AttributeSheet, folder: str | Path, titles: Sequence[str] = ()) -> tuple[Path, ...]:
    """Paths of `attributes.html`, `attributes.json` and a PNG for each picture shown, in a folder that is made where it is
    missing; `titles`: the names of all pictures.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = json.dumps(attribute_summary(sheet, titles), indent=1, allow_nan=False) + "\n"
    figures = {f"attributes_{index}.png": png(attribute_figure(sheet, index)) for index in range(len(sheet.shown))}
    files = {PAGE: attribute_html(sheet, titles).encode(), NUMBERS: numbers.encode(), **figures}
    return tuple(write_whole(folder / name, content) for name, content in files.items())


def attribute_html(sheet: AttributeSheet, titles: Sequence[str] = ()) -> str:
    """The page as text: it needs no network and runs no script."""
    version = library_versions().get("xaivision", "")
    return rendered("attributes.html.j2", page=attribute_page(sheet, titles), version=version)


def attribute_fragment(sheet: AttributeSheet) -> str:
    """What a notebook shows: the figures of the first pictures."""
    shown = sheet.shown[:MOST_IN_A_FRAGMENT]
    figures = [
        Picture(png_uri(png(attribute_figure(sheet, index))), f"Attributes of picture {row}") for index, row in enumerate(shown)
    ]
    hidden = len(sheet.shown) - len(shown)
    return rendered(
        "fragment.html.j2",
        title=f"{len(sheet.attributes.numbers)} attributes of {plain(sheet.model)}",
        verdict=None,
        pictures=figures,
        notes=tuple(doubts(sheet)),
        hidden=f"{hidden} more pictures are not shown here; `show` draws them." if hidden else "",
        headings=(),
        rows=(),
    )


def attribute_summary(sheet: AttributeSheet, titles: Sequence[str] = ()) -> dict[str, Any]:
    """The sheet as values that JSON can hold; null where there is no number."""
    found, answer = sheet.attributes, sheet.answer
    names = answer.query.class_names
    edits = answer.edits or (("",),) * len(answer.query)
    return {
        "schema": SCHEMA,
        "model": sheet.model,
        "pictures": len(answer.query),
        "validity": sheet.validity,
        "preserved": sheet.preserved,
        "divergence": sheet.divergence,
        "attributes": [
            {
                "number": number,
                "of": one.of,
                "name": one.name,
                "effect": float(found.effects[place]),
                "turned_so_far": float(found.flips[place]),
                "correlations": {
                    name: None if values[place].isnan() else float(values[place]) for name, values in sheet.correlations.items()
                },
            }
            for place, (number, one) in enumerate(zip(found.numbers, found.directions, strict=True))
        ],
        "counterfactuals": [
            {
                "picture": titles[row] if row < len(titles) else str(row),
                "found": bool(answer.found[row].any()),
                "goal": names[goal] if names else goal,
                "edits": edits[row][0],
            }
            for row, goal in enumerate(answer.goals.tolist())
        ],
    }
