"""Prototypes: what a classifier that decides by likeness looks for, and which of it it finds in an input."""

from functools import partial
from typing import Any

import streamlit as st

from desk.progress import progress
from desk.prototype_source import Learned, Lesson, chosen_input, chosen_source, learned
from desk.prototype_told import tell_prototypes
from desk.shared import watch
from xaivision import prototype_gallery
from xaivision.core.sharing import fingerprint

PAGE = "prototypes"


def gallery(found: Learned) -> None:
    """The gallery of this model with the input of the sidebar."""
    with st.sidebar:
        inputs: Any = chosen_input(PAGE, found)
        k = int(st.slider("Prototypes beside the input", 1, 6, 3, key=f"{PAGE}_k", bind="query-params"))
    asked = (found.key, None if inputs is None else fingerprint(inputs).hex(), k)
    job = watch(PAGE, asked, lambda _: prototype_gallery(found.model, inputs, [], k=k, name=found.name))
    progress(PAGE, job, partial(tell_prototypes, PAGE, found, inputs))


st.title("Prototypes", anchor=False)
st.caption("A classifier by prototypes decides by likeness: this looks like that. What is shown is what was added up.")
with st.sidebar:
    source = chosen_source(PAGE)
if isinstance(source, Learned):
    gallery(source)
elif isinstance(source, Lesson):
    lesson = source
    training = watch(f"{PAGE}_training", ("lesson", lesson), lambda _: learned(lesson))
    if training.done and training.result is not None:
        gallery(training.result)
    else:
        progress(f"{PAGE}_training", training, lambda _: None)
else:
    st.info(
        "Hand over a file of a model of prototypes in the sidebar, as `xaivision train --model proto_part` writes it. Where one "
        "is refused, the sidebar says why."
    )
