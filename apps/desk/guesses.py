"""What the model takes an input for: its first classes with their probabilities, beside the input itself."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from desk.classes import known_classes
from desk.component import component
from desk.question import Subject
from desk.shared import memory
from desk.telling import as_text, say_error, say_warning, sentence_of
from xaivision.predicting import Guess, top_classes
from xaivision.report.markup import data_uri
from xaivision.report.photo import photo_pixels
from xaivision.report.wording import number, plain

FIRST = 5

_guesses = component("guesses", '<div class="root"><table></table></div>')


def guesses_of(about: Subject) -> tuple[Guess, ...]:
    """The first classes of this input; asked once for each model and content, whoever looks: the model may be busy for long.

    Where the model raises, the page says so and ends there.
    """
    try:
        with st.spinner("Waiting for the model"):  # it may be answering somebody else
            return memory().answered(
                ("guesses", about.model, about.key), lambda: top_classes(about.model, about.inputs, FIRST)[0]
            )
    except Exception as error:  # a model from outside may raise anything
        say_error(sentence_of(error))
    st.stop()


def input_and_guesses(page: str, about: Subject, *, doubts: Sequence[str] = ()) -> None:
    """The input on the left, its classes on the right, with what is to be said of them before they are believed."""
    left, right = st.columns([1, 3], gap="medium", vertical_alignment="center")
    with left:
        st.image(data_uri(photo_pixels(about.inputs[0])), alt=f"Input picture {plain(about.title)}", width=208)
    with right:
        guess_table(page, about, guesses_of(about), "What the model takes it for")
        st.caption(as_text(known_classes(about.model)))
        say_warning(doubts)


def guess_table(page: str, about: Subject, guesses: Sequence[Guess], caption: str) -> None:
    """A row for each class, with a bar of its probability."""
    _guesses(key=f"{page}_guesses", data=guess_data(guesses, about.model.score_unit, caption))


def guess_data(guesses: Sequence[Guess], unit: str, caption: str) -> dict[str, Any]:
    """What the component draws, as plain values."""
    told = [
        {
            "name": plain(one.name),
            "probability": one.probability,
            "share": "" if one.probability is None else f"{one.probability:.3f}",
            "score": "" if unit == "probability" else number(one.score, 4),
        }
        for one in guesses
    ]
    return {"guesses": told, "unit": "" if unit == "probability" else unit, "caption": caption}
