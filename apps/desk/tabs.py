"""The tabs of a page: only the one that is looked at is drawn."""

from collections.abc import Callable, Mapping

import streamlit as st


def drawn_tabs(page: str, named: Mapping[str, Callable[[], None]]) -> None:
    """What each tab is called, and what draws it; which one is open is in the address."""
    shown = st.tabs(list(named), key=f"{page}_tab", on_change="rerun", bind="query-params")
    for tab, draw in zip(shown, named.values(), strict=True):
        if tab.open:
            with tab:
                draw()
