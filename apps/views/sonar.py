"""Sonar: pictures of the seafloor in which it is known what an explanation should find."""

from dataclasses import replace
from functools import partial

import streamlit as st

from desk.answers import MoreTabs, answers
from desk.guesses import input_and_guesses
from desk.in_words import in_words
from desk.masked import MASS, RANK, masked
from desk.models import chosen_model, loaded_model
from desk.progress import progress
from desk.question import Question, Subject, asked
from desk.region import region
from desk.scene import Shown, chosen_scene, doubts_about
from desk.shared import leave_unless, watch
from desk.shortcut_question import chosen_search, searched
from desk.shortcut_told import tell_shortcuts
from desk.sidebar import chosen_question
from desk.trained import uploaded_model

PAGE = "sonar"
WORDS = f"{PAGE}_words"
MODELS = ("sonar48_convnet",)


def subject() -> tuple[Subject, Shown] | None:
    """The model, the scene and the mask of the sidebar."""
    chosen = chosen_model(PAGE, MODELS, "image")
    with st.expander("A classifier of your own"):
        trained = uploaded_model(PAGE)
    if trained is not None:
        chosen = loaded_model(trained)
    shown = None if chosen is None else chosen_scene(PAGE, chosen[1])
    if chosen is None or shown is None:
        return None
    about = Subject(*chosen, shown.inputs, shown.title, source=shown.source)
    if shown.masks:
        which = st.selectbox("Mask", list(shown.masks), key=f"{PAGE}_mask", bind="query-params")
        about = replace(
            about,
            metrics={name: {"masks": shown.masks[which]} for name in (MASS, RANK)},
            source=None if shown.source is None else replace(shown.source, masks=f"masks[{which!r}]"),
        )
    return about, shown


def page(about: Subject, shown: Shown, wanted: Question) -> None:
    """The picture, what lies there, and the answers below it."""
    input_and_guesses(PAGE, about, doubts=doubts_about(about.name, shown))
    if shown.kind:
        st.text(f"What lies there: {shown.kind}")
    if not wanted.methods:
        st.info("Choose at least one method.")
        return
    job = watch(PAGE, (about.key, wanted), lambda job: asked(about, wanted, job))
    more: MoreTabs = {"Mask": lambda job: masked(PAGE, about, job)} if about.metrics else {}
    more["Region"] = lambda job: region(PAGE, about, job)
    more["In words"] = lambda _: in_words(WORDS, about, wanted, "sonar")
    answers(PAGE, about, wanted, job, more)


def one_picture() -> None:
    """A picture, and why a model takes it for what it does."""
    with st.sidebar:
        found = subject()
        if found is not None:
            for one in (PAGE, WORDS):
                leave_unless(one, found[0].key)
            wanted = chosen_question(PAGE, found[0])
    if found is None:
        st.info("Choose a model and a picture in the sidebar.")
    else:
        page(*found, wanted)


def whole_set() -> None:
    """Whether the class of a whole set follows from something that is not the object."""
    st.caption(
        "Does the class follow from frame, file, color, border, marks, brightness or grain, rather than from the object? And "
        "does a model go by it?"
    )
    with st.sidebar:
        asked = chosen_search(PAGE)
    if asked is not None:
        job = watch(f"{PAGE}_shortcuts", ("shortcuts", asked), lambda _: searched(asked))
        progress(f"{PAGE}_shortcuts", job, partial(tell_shortcuts, f"{PAGE}_shortcuts"))
    else:
        st.info("Choose in the sidebar what is to be searched.")


ASKED = {"picture": ("One picture", one_picture), "set": ("Shortcuts of a set", whole_set)}

st.title("Sonar", anchor=False)
with st.sidebar:
    about = st.segmented_control(
        "About",
        list(ASKED),
        default="picture",
        required=True,
        format_func=lambda one: ASKED[one][0],
        key=f"{PAGE}_about",
        bind="query-params",
        persist_state="session",
    )
ASKED[about][1]()
