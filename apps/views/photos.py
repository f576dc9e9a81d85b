"""Photos: why a classifier takes a photo for what it does, by many methods side by side."""

import streamlit as st

from desk.answers import answers
from desk.classes import chosen_classes, chosen_output
from desk.guesses import guesses_of, input_and_guesses
from desk.methods import chosen_judging, chosen_methods, chosen_settings
from desk.models import chosen_model
from desk.photo import chosen_photo
from desk.question import Question, Subject, asked
from desk.region import region
from desk.shared import leave_unless, watch

PAGE = "photos"
MODELS = ("efficientnet_lite0",)


def subject() -> Subject | None:
    """The model and the photo of the sidebar."""
    chosen = chosen_model(PAGE, MODELS, "image")
    if chosen is None:
        return None
    photo = chosen_photo(chosen[1])
    return None if photo is None else Subject(*chosen, photo.inputs, photo.title)


def question(about: Subject) -> Question:
    """The rest of the sidebar."""
    target, against = chosen_classes(PAGE, about.model, guesses_of(PAGE, about))
    methods = chosen_methods(PAGE, about.model)
    judged, steps = chosen_judging(PAGE)
    with st.expander("More"):
        output = chosen_output(PAGE, about.model, contrasted=against is not None)
        said, seed = chosen_settings(PAGE)
    return Question(target, against, output, methods, said, judged, steps, seed)


def page(about: Subject, wanted: Question) -> None:
    """The photo, and the answers below it."""
    input_and_guesses(PAGE, about)
    if not wanted.methods:
        st.info("Choose at least one method.")
        return
    job = watch(PAGE, (about.key, wanted), lambda job: asked(about, wanted, job))
    answers(PAGE, about, wanted, job, {"Region": lambda job: region(PAGE, about, job)})


st.title("Photos", anchor=False)
with st.sidebar:
    about = subject()
    if about is not None:
        leave_unless(PAGE, about.key)
        wanted = question(about)
if about is not None:
    page(about, wanted)
