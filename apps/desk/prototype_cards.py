"""Prototypes as cards: what each is a place of, and inputs beside those that they are like."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from desk.component import component
from xaivision.report.gallery_page import Boxed, Case, ClassSection, Row

_prototypes = component("prototypes", '<div class="root"></div>', cards=True)


def class_cards(key: str, classes: Iterable[ClassSection]) -> None:
    """The prototypes of each class, its picture with a box at the left and what the box holds at the right."""
    sections = [
        {
            "name": one.name,
            "cards": [
                _card(shown.title, shown.lines, [shown.picture] if shown.picture else [], shown.row) for shown in one.shown
            ],
            "rest": "" if one.shown else "No prototype of this class is left.",
        }
        for one in classes
    ]
    _prototypes(key=key, data={"sections": sections})


def pair_cards(key: str, cases: Iterable[Case]) -> None:
    """Each input beside the training inputs that it is like, and what all others add."""
    sections = [
        {
            "name": case.heading,
            "cards": [_card(pair.lines[0], pair.lines[1:], pair.places or (), pair.row) for pair in case.pairs],
            "rest": case.rest,
        }
        for case in cases
    ]
    _prototypes(key=key, data={"sections": sections})


def _card(title: str, lines: Iterable[str], places: Iterable[Boxed], row: Row | None) -> dict[str, Any]:
    pictures = [{**asdict(one), "crop": one.crop} for one in places]
    return {"title": title, "lines": list(lines), "places": pictures, "row": None if row is None else asdict(row)}
