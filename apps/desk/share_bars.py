"""Shares with their intervals, a line each, as the shortcut report draws them."""

from collections.abc import Sequence
from dataclasses import asdict

from desk.component import component
from xaivision.report.shortcut_page import WIDTH, Bar

_bars = component("share_bars", '<div class="root"><div class="scroll" tabindex="0"><table></table></div></div>', cards=True)


def share_bars(key: str, name: str, bars: Sequence[Bar], tick: float = 0.0) -> None:
    """`name`: what the shares are of. `tick`: where chance, or the share of the area, lies; none at zero."""
    if bars:
        _bars(key=key, data={"name": name, "bars": list(map(asdict, bars)), "tick": tick, "width": WIDTH})
