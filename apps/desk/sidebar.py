"""The part of the sidebar that every page which asks about an input has."""

from collections.abc import Sequence

import streamlit as st

from desk.classes import chosen_classes, chosen_output
from desk.guesses import guesses_of
from desk.methods import chosen_judging, chosen_methods, chosen_settings
from desk.question import Question, Subject


def chosen_question(page: str, about: Subject, usual: Sequence[str] = ()) -> Question:
    """The class, the methods and what else is asked, each by a widget under the page's own key.

    `usual`: settings that the page gives where the visitor gives none.
    """
    target, against = chosen_classes(page, about.model, guesses_of(about))
    methods = chosen_methods(page, about.model, ("background",) if about.background is not None else ())
    judged, steps = chosen_judging(page)
    with st.expander("More"):
        output = chosen_output(page, about.model, contrasted=against is not None)
        said, seed = chosen_settings(page, methods, usual)
    return Question(target, against, output, methods, said, judged, steps, seed)
