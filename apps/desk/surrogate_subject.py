"""What a surrogate is to stand in for: a classifier of a table's rows, or of pictures of which named numbers are read."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from desk.models import chosen_name
from desk.shared import model
from desk.table import chosen_table
from desk.telling import say_error, say_nothing_yet
from xaivision import load_dataset
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.core.sharing import fingerprint
from xaivision.offers import PICTURE_RANKINGS, SURROGATE_RANKINGS, picture_features

OF = {"tables": "Rows of a table", "pictures": "Pictures"}
PICTURES = {"sonar48": "Small sonar scenes, 48 x 48", "digits": "Digits, 8 x 8"}


@dataclass(frozen=True, eq=False)
class SurrogateSubject:
    """A model under its name, what is learned from, how many `features` can be read, and what can rank them.

    `key`: tells it from every other.
    """

    name: str
    model: ClassifierAdapter
    data: Any
    features: int
    rankings: tuple[str, ...]
    key: tuple[str, ...]


def chosen_subject(page: str) -> SurrogateSubject | None:
    """That of the sidebar; None, with the reason on the page, where there is nothing to learn from."""
    with st.sidebar:
        of = st.selectbox("Classifier of", list(OF), format_func=lambda one: OF[one], key=f"{page}_of", bind="query-params")
        found = _pictures(page) if of == "pictures" else _table(page)
    if isinstance(found, str):
        st.info(found)
        return None
    if found is None:
        say_nothing_yet()
    return found


def _table(page: str) -> SurrogateSubject | str | None:
    table = chosen_table(page)
    if table is None:
        return None
    if table.background is None:
        return "A surrogate learns from rows: hand over a table of such in the sidebar, as CSV."
    key = (table.name, fingerprint(table.rows).hex())
    return SurrogateSubject(table.name, table.model, table.background, int(table.rows.shape[1]), SURROGATE_RANKINGS, key)


def _pictures(page: str) -> SurrogateSubject | None:
    data = st.selectbox("Set", list(PICTURES), format_func=lambda one: PICTURES[one], key=f"{page}_set", bind="query-params")
    name = chosen_name(f"{page}_network", data)
    try:
        found, pictures = model(name), load_dataset(data)
    except XaivisionError as error:
        say_error(error)
        return None
    return SurrogateSubject(name, found, pictures, picture_features(pictures), PICTURE_RANKINGS, (name, data))
