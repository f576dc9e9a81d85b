"""The cards of methods, controls and metrics, and the widgets that choose among them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from desk.telling import as_text
from xaivision.catalog import COST_NOTE, full_cards

SHELVES = {"methods": "Methods", "controls": "Controls", "metrics": "Metrics and sanity checks"}
DOMAINS = {"image": "pictures", "tabular": "tables"}
A_PAGE = 12
# What a card says, under these words, in this order.
FACTS = {"answers": "Answers", "misleads": "Misleads", "cost": "Cost", "source": "Source"}

Card = dict[str, Any]


@st.cache_data(show_spinner=False)
def cards_of(name: str) -> list[Card]:
    """Every card of a shelf, as `xaivision list` has them."""
    return full_cards(name)[name]


def chosen_cards(page: str) -> list[Card]:
    """The cards that fit what was typed and chosen."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        name = st.segmented_control(
            "Shelf",
            list(SHELVES),
            default="methods",
            required=True,
            format_func=lambda one: SHELVES[one],
            key=f"{page}_shelf",
            bind="query-params",
        )
        domains = st.pills(
            "For",
            list(DOMAINS),
            selection_mode="multi",
            format_func=lambda one: DOMAINS[one],
            key=f"{page}_for",
            bind="query-params",
        )
        cards = cards_of(name or "methods")
        needs = sorted({card["needs"] for card in cards})
        needed = st.pills("Needs the model's", needs, selection_mode="multi", key=f"{page}_needs", bind="query-params")
    words = st.text_input(
        "Search", key=f"{page}_search", bind="query-params", placeholder="baseline, Shapley, segments, ...", live=True
    )
    return [card for card in cards if _fits(card, domains, needed, words or "")]


def shelf(cards: Sequence[Card]) -> None:
    """The cards in a grid, page by page."""
    if not cards:
        st.info("No card fits. Take a filter away.")
        return
    st.caption(f"{len(cards)} cards. {COST_NOTE}")
    pages = -(-len(cards) // A_PAGE)
    place = st.pagination(pages, key=f"shelf_page_{pages}") if pages > 1 else 1
    grid = st.grid(columns="auto", min_column_width=330, border=True)
    for card in cards[(place - 1) * A_PAGE : place * A_PAGE]:
        with grid.cell():
            _card(card)


def _card(card: Card) -> None:
    st.markdown(f"#### {as_text(card['name'])}")
    domains = " and ".join(DOMAINS[one] for one in card["domains"])
    told = [domains, f"needs {card['needs']}"]
    if "higher_is_better" in card:
        told.append("higher is better" if card["higher_is_better"] else "lower is better")
    st.caption(as_text(" · ".join(told)))
    for fact, word in FACTS.items():
        if card.get(fact):
            st.markdown(f"**{word}** {as_text(card[fact])}")
    if card["settings"]:
        with st.popover("Settings", type="tertiary"):
            st.code("\n".join(card["settings"]), language=None, wrap_lines=True)


def _fits(card: Card, domains: Sequence[str], needed: Sequence[str], words: str) -> bool:
    if domains and not set(domains) & set(card["domains"]):
        return False
    if needed and card["needs"] not in needed:
        return False
    text = " ".join(str(card.get(fact, "")) for fact in ("name", *FACTS)).casefold().replace("_", " ")
    return all(word in text for word in words.casefold().replace("_", " ").split())
