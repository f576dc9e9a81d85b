"""Two maps in one frame, with an edge between them that is dragged or moved by the arrow keys."""

from typing import Any

from desk.component import component
from desk.view import plain_picture
from xaivision.report.cards import Card

_wipe = component(
    "wipe",
    """<div class="root">
  <div class="names"><span></span><span></span></div>
  <div class="pair"><div class="over"><img></div><img><div class="edge"></div></div>
  <input type="range" min="0" max="100" value="50">
</div>""",
)


def wipe(page: str, inputs: Any, left: Card, right: Card) -> None:
    """Both cards must hold pictures."""
    told = {}
    for side, card in (("left", left), ("right", right)):
        assert card.picture is not None  # noqa: S101 - the page offers cards with pictures only
        told[side] = {"label": card.panel.label, **plain_picture(card.picture, inputs)}
    _wipe(key=f"{page}_wipe", data=told)
