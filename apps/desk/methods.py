"""Which methods explain, with which settings, and whether they are judged beside controls."""

from dataclasses import dataclass

import streamlit as st

from xaivision.core.classifier import ClassifierAdapter
from xaivision.fitting_methods import fitting_methods, usual_methods


@dataclass(frozen=True)
class Choice:
    """The methods, their settings as the command line takes them, whether they are judged, the points of a curve, the seed."""

    methods: tuple[str, ...]
    said: tuple[str, ...]
    judged: bool
    steps: int
    seed: int


def chosen_methods(page: str, model: ClassifierAdapter, given: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Any of the methods that fit the model and need no setting but those `given`; the usual few at first."""
    fitting, key = fitting_methods(model, given), f"{page}_methods"
    if not set(st.session_state.get(key, ())) <= set(fitting):
        del st.session_state[key]  # those of another model: the usual ones of this one take their place
    chosen = st.multiselect(
        "Methods",
        fitting,
        default=usual_methods(model, given),
        key=key,
        bind="query-params",
        persist_state="session",
        help="All that fit this model. The page Methods says what each answers, when it misleads and what it costs.",
    )
    return tuple(chosen)


def chosen_judging(page: str) -> tuple[bool, int]:
    """Whether maps are judged beside controls, and how many points the curves have."""
    judged = st.toggle(
        "Judge beside controls",
        value=True,
        key=f"{page}_judge",
        bind="query-params",
        help="Deletion and insertion for every map, its reversed ranking and controls that ignore the model. "
        "The maps are there before; the verdicts follow.",
    )
    steps = st.select_slider(
        "Points of a curve", [8, 16, 32, 64], value=16, key=f"{page}_steps", bind="query-params", disabled=not judged
    )
    return judged, steps


def chosen_settings(page: str) -> tuple[tuple[str, ...], int]:
    """Settings as they were said, one a line, and the seed."""
    text = st.text_area(
        "Settings",
        key=f"{page}_settings",
        bind="query-params",
        placeholder="integrated_gradients.steps=64\nocclusion.window=32",
        help="One a line: method.setting=value, or metric.setting=value. The page Methods lists them.",
    )
    seed = st.number_input("Seed", min_value=0, max_value=2**31 - 1, value=0, key=f"{page}_seed", bind="query-params")
    return tuple(line.strip() for line in text.splitlines() if line.strip()), int(seed)
