"""The grid of maps: a card for each method, with its verdict and the reasons, what it cost, and a large view on a click."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from desk.component import component
from desk.view import Wall, plain_picture
from xaivision.report.badge import BADGE_MARKS
from xaivision.report.cards import Card, Sample

# Nothing speaks against a map by itself; that it beats controls, nobody has asked yet.
OWN = "own: ok"

_gallery = component("gallery", '<div class="root"><div class="cards"></div><div></div></div>', cards=True)


def gallery(page: str, inputs: Any, shown: Wall, waiting: Sequence[str] = (), *, judged: bool = True) -> None:
    """The cards, and an empty one for each method that has not answered yet.

    `judged`: they were held against controls; a verdict from before is the map's own, and says so.
    """
    _gallery(key=f"{page}_gallery", data=gallery_data(inputs, shown, waiting, judged=judged))


def gallery_data(inputs: Any, shown: Wall, waiting: Sequence[str] = (), *, judged: bool = True) -> dict[str, Any]:
    """What the component draws, as plain values."""
    bar = shown.bar
    return {
        "cards": [*(_card(inputs, card, judged) for card in shown.cards), *map(_waiting, waiting)],
        "wide": inputs.ndim != 4,
        "bar": None if bar is None else {**asdict(bar.picture), "low": bar.low, "high": bar.high, "unit": bar.unit},
        "statements": list(shown.statements),
    }


def _card(inputs: Any, card: Card, judged: bool) -> dict[str, Any]:
    panel = card.panel
    told_already = bool(card.absence) and panel.verdict.status == "refuse"
    return {
        "label": panel.label,
        "badge": panel.badge,
        "mark": BADGE_MARKS[panel.badge],
        "word": panel.badge if judged or panel.badge != "ok" else OWN,
        "picture": None if card.picture is None else plain_picture(card.picture, inputs),
        "bars": [asdict(bar) for bar in card.bars],
        "samples": [_sample(one) for one in card.samples],
        "absence": card.absence,
        "reasons": [] if told_already else list(panel.verdict.reasons),
        "lines": list(card.lines),
        "notes": list(panel.remarks),
    }


def _sample(one: Sample) -> dict[str, Any]:
    return {**asdict(one), "lines": list(one.lines), "columns": [asdict(pair) for pair in one.columns]}


def _waiting(name: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"picture": None, "bars": [], "samples": [], "reasons": [], "lines": [], "notes": []}
    told = {"badge": "waiting", "mark": "\N{HORIZONTAL ELLIPSIS}", "word": "waiting", "absence": "asking the model"}
    return {"label": name, **told, **empty}
