"""Which methods explain, with which settings, and whether they are judged beside controls."""

from collections.abc import Sequence
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


def chosen_settings(page: str, methods: Sequence[str], usual: Sequence[str] = ()) -> tuple[tuple[str, ...], int]:
    """Settings as they were said, one a line, and the seed. `usual`: what the page says where nothing else was said.

    They stand in the field itself, and so in the address: what is asked is never hidden.
    """
    key = f"{page}_settings"
    asked_before = key in st.session_state
    before = st.session_state.get(key, st.query_params.get(key, ""))
    if (wanted := completed(before, methods, usual)) != before:
        st.session_state[key] = wanted
        if not asked_before:  # from then on the field writes the address itself
            st.query_params[key] = wanted
    text = st.text_area(
        "Settings",
        key=key,
        bind="query-params",
        placeholder="integrated_gradients.steps=64\nocclusion.window=32",
        help="One a line: method.setting=value, or metric.setting=value. The page Methods lists them.",
    )
    if (wanted := completed(text, methods, usual)) != text:
        st.rerun()  # what the address says comes before what stood in the field
    seed = st.number_input("Seed", min_value=0, max_value=2**31 - 1, value=0, key=f"{page}_seed", bind="query-params")
    return tuple(line.strip() for line in wanted.splitlines() if line.strip()), int(seed)


def completed(text: str, methods: Sequence[str], usual: Sequence[str]) -> str:
    """The text with a line for each usual setting of these methods that it does not name; those of other methods are left out."""
    lines = text.splitlines()
    unasked = {one for one in usual if _method(one) not in methods}
    named = {_setting(line, methods) for line in lines}
    added = [one for one in usual if one not in unasked and one.partition("=")[0] not in named]
    kept = [line for line in lines if line.strip() not in unasked]
    return "\n".join([*kept, *added]) if added or len(kept) != len(lines) else text


def _setting(line: str, methods: Sequence[str]) -> str:
    """`occlusion.window` of "occlusion.window=16", and of "window=16" where that is the one method."""
    name = line.partition("=")[0].strip()
    return f"{methods[0]}.{name}" if len(methods) == 1 and "." not in name else name


def _method(line: str) -> str:
    return line.partition(".")[0]
