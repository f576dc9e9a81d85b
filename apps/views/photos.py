"""Photos: why a classifier takes a photo for what it does, by many methods side by side."""

import streamlit as st

from desk.answers import MoreTabs, answers
from desk.guesses import input_and_guesses
from desk.in_words import in_words
from desk.models import chosen_model
from desk.photo import chosen_photo
from desk.question import Question, Subject, asked
from desk.region import region
from desk.shared import leave_unless, watch
from desk.sidebar import chosen_question
from desk.telling import say_nothing_yet

PAGE = "photos"
WORDS = f"{PAGE}_words"
MODELS = ("efficientnet_lite0",)
# As many steps as completeness needs may be 511 here, half a minute on one core. The verdict says how far these are from it.
USUAL_SETTINGS = ("integrated_gradients.steps=64",)


def subject() -> Subject | None:
    """The model and the photo of the sidebar."""
    chosen = chosen_model(PAGE, MODELS, "image")
    if chosen is None:
        return None
    photo = chosen_photo(chosen[1])
    return None if photo is None else Subject(*chosen, photo.inputs, photo.title, source=photo.source)


def page(about: Subject, wanted: Question) -> None:
    """The photo, and the answers below it."""
    input_and_guesses(PAGE, about)
    if not wanted.methods:
        st.info("Choose at least one method.")
        return
    job = watch(PAGE, (about.key, wanted), lambda job: asked(about, wanted, job))
    more: MoreTabs = {
        "Region": lambda job: region(PAGE, about, job),
        "In words": lambda _: in_words(WORDS, about, wanted, "photo"),
    }
    answers(PAGE, about, wanted, job, more)


st.title("Photos", anchor=False)
with st.sidebar:
    about = subject()
    if about is not None:
        for one in (PAGE, WORDS):
            leave_unless(one, about.key)
        wanted = chosen_question(PAGE, about, USUAL_SETTINGS)
if about is not None:
    page(about, wanted)
else:
    say_nothing_yet()
