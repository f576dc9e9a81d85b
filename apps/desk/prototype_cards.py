"""Prototypes as cards: what each is a place of, and inputs beside those that they are like."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, NamedTuple

from desk.component import component
from xaivision.report.cards import DrawnPair
from xaivision.report.gallery_page import Boxed, Case, ClassSection, Row


class _Row(NamedTuple):
    """A row of a table: as a line, and where its columns are known, those beside another row's, which is called so."""

    line: Row | None
    columns: tuple[DrawnPair, ...]
    beside: str


_prototypes = component("prototypes", '<div class="root"></div>', cards=True)


def class_cards(key: str, classes: Iterable[ClassSection]) -> None:
    """The prototypes of each class, its picture with a box at the left and what the box holds at the right."""
    sections = [
        {
            "name": one.name,
            "cards": [
                _card(shown.title, shown.lines, [shown.picture] if shown.picture else [], _Row(shown.row, shown.columns, "mean"))
                for shown in one.shown
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
            "cards": [
                _card(pair.lines[0], pair.lines[1:], pair.places or (), _Row(pair.row, pair.columns, "training row"))
                for pair in case.pairs
            ],
            "rest": case.rest,
        }
        for case in cases
    ]
    _prototypes(key=key, data={"sections": sections})


def _card(title: str, lines: Iterable[str], places: Iterable[Boxed], row: _Row) -> dict[str, Any]:
    return {
        "title": title,
        "lines": list(lines),
        "places": [{**asdict(one), "crop": one.crop} for one in places],
        "row": None if row.line is None else asdict(row.line),
        "columns": [asdict(one) for one in row.columns],
        "beside": row.beside,
    }
