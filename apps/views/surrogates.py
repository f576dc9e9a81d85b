"""Surrogates: a small readable model that does nearly what a classifier does, how far to trust it, and where not."""

from functools import partial

import streamlit as st

from desk.progress import progress
from desk.shared import watch
from desk.surrogate_question import chosen_surrogate, study_of
from desk.surrogate_subject import chosen_subject
from desk.surrogate_told import tell_surrogate

PAGE = "surrogates"

st.title("Surrogates", anchor=False)
st.caption(
    "What small, readable model does nearly what this one does, and where does it not? Every number is of inputs that nothing "
    "was learned from, beside surrogates of as many features drawn at random."
)
subject = chosen_subject(PAGE)
if subject is not None:
    with st.sidebar:
        asked = chosen_surrogate(PAGE, subject)
    work = partial(study_of, subject, asked)
    progress(PAGE, watch(PAGE, (subject.key, asked), lambda _: work()), partial(tell_surrogate, PAGE))
