"""The tabs of a page: only the one that is looked at is drawn."""

from collections.abc import Callable, Mapping

import streamlit as st

Draw = Callable[[], None]


def drawn_tabs(page: str, named: Mapping[str, Draw], heads: Mapping[str, Draw] | None = None) -> None:
    """What each tab is called, and what draws it; which one is open is in the address.

    `heads`: the widgets at the top of a tab that are there whichever one is open: a widget that is not drawn is taken out of the
    address, and its value is forgotten.
    """
    shown = dict(zip(named, st.tabs(list(named), key=f"{page}_tab", on_change="rerun", bind="query-params"), strict=True))
    for name, head in (heads or {}).items():
        with shown[name]:
            head()
    for name, draw in named.items():
        if shown[name].open:
            with shown[name]:
                draw()
