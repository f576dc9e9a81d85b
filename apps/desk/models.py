"""Which model: the one that the app was started with, or one of the named ones. No address and no upload names a factory."""

import os
from collections.abc import Sequence

import streamlit as st

from desk.shared import model
from desk.telling import say_error
from desk.uploads import as_uploaded
from xaivision.catalog import catalog
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.serving import MODEL_VARIABLE


def given_model() -> str | None:
    """The model that the app was started with."""
    return os.environ.get(MODEL_VARIABLE) or None


def chosen_model(page: str, names: Sequence[str], domain: str) -> tuple[str, ClassifierAdapter] | None:
    """The model of the selectbox under its name; None, with the reason on the page, where it cannot be had.

    The model that the app was started with comes first where it is of this domain.
    """
    given = given_model()
    offered = [*([given] if given is not None and model(given).domain == domain else []), *names]
    if not offered:
        st.info("No model fits this page. Start the app with one: xaivision app --model package.module:factory.")
        return None
    name = st.selectbox("Model", offered, key=f"{page}_model", bind="query-params", persist_state="session")
    return loaded_model(name)


def learned_from(name: str) -> str:
    """The named set of data that a named model has learned from; empty of any other model."""
    named = {card["name"] for card in catalog("models")["models"]}
    sets = [card["name"] for card in catalog("datasets")["datasets"] if name.startswith(f"{card['name']}_")]
    return sets[0] if sets and name in named else ""


def chosen_name(key: str, data: str) -> str:
    """The name of one of the models that were trained on this data, of the selectbox with this key."""
    names = [card["name"] for card in catalog("models")["models"] if card["name"].startswith(f"{data}_")]
    if st.session_state.get(key, names[0]) not in names:
        del st.session_state[key]
    name: str = st.selectbox("Model", names, key=key, bind="query-params", persist_state="session")
    return name


def loaded_model(name: str) -> tuple[str, ClassifierAdapter] | None:
    """The model under its name; None, with the reason on the page, where it cannot be had."""
    try:
        return name, model(name)
    except (XaivisionError, OSError) as error:
        say_error(as_uploaded(error, name))
        return None
