"""Which model of prototypes: a small one that is trained here, one that `xaivision train` has written, or the app's own."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from desk.models import given_model, loaded_model
from desk.photo import ABOUT_UPLOADS, MOST_MEGABYTES
from desk.shared import model
from desk.telling import say_error
from desk.trained import uploaded_model
from xaivision import load_dataset, train
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.facade import load_images
from xaivision.offers import PROTOTYPE_SYSTEMS, decides_by_prototypes
from xaivision.report.wording import plain

# What is trained here: the set with its settings, and what training takes beside those of the page. Seconds on one core.
PICTURES = {"backbone": "three_convolutions", "width": 16, "cycles": 2}
TRAINED_HERE: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "colored squares, trained here": ("planted_properties", {}, PICTURES),
    "digits, trained here": ("digits", {}, PICTURES),
    "wine, trained here": ("wine", {}, {"cycles": 2}),
}
FILE = "a file of your own"


@dataclass(frozen=True)
class Lesson:
    """A training: which of `TRAINED_HERE`, what decides, prototypes of each class, passes of a cycle, and the seed."""

    what: str
    system: str = "proto_part"
    per_class: int = 2
    epochs: int = 5
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Learned:
    """A classifier by prototypes with its name; `inputs` it never learned from, and `said`, what is known of it.

    `key`: which model it is, by its content or by what it was learned from.
    """

    key: Hashable
    name: str
    model: ClassifierAdapter
    inputs: Any = None
    said: str = ""


def chosen_source(page: str) -> Lesson | Learned | None:
    """The lesson to be learned, or the model that is there; None, with the reason in the sidebar, where none can be had."""
    given = given_model()
    own = [given] if given is not None and decides_by_prototypes(model(given)) else []
    name = st.selectbox("Model", [*own, *TRAINED_HERE, FILE], key=f"{page}_model", bind="query-params", persist_state="session")
    if name in TRAINED_HERE:
        return _lesson(page, name)
    path = uploaded_model(page) if name == FILE else name
    if path is None:
        return None
    found = loaded_model(path)
    return None if found is None else Learned(path, "the uploaded file" if name == FILE else name, found[1])


def _lesson(page: str, name: str) -> Lesson:
    system = st.selectbox("What decides", PROTOTYPE_SYSTEMS, key=f"{page}_system", bind="query-params", persist_state="session")
    per_class = st.slider("Prototypes of each class", 1, 5, Lesson.per_class, key=f"{page}_per_class", bind="query-params")
    with st.expander("More"):
        epochs = st.slider("Passes of a cycle", 1, 30, Lesson.epochs, key=f"{page}_epochs", bind="query-params")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key=f"{page}_seed", bind="query-params")
    return Lesson(name, system, per_class, epochs, int(seed))


def learned(lesson: Lesson) -> Learned:
    """What `xv.train` makes of it.

    Raises: as `xv.train`.
    """
    name, set_settings, settings = TRAINED_HERE[lesson.what]
    data = load_dataset(name, **set_settings)
    made: Any = train(data, model=lesson.system, per_class=lesson.per_class, epochs=lesson.epochs, seed=lesson.seed, **settings)
    scores = made.card.scores
    said = f"Right about {scores.accuracy:.1%} of {scores.count} {made.card.inputs} that it never learned from"
    return Learned(lesson, plain(made.card.name), made.classifier, data.inputs[made.parts.test], said)


def chosen_input(page: str, found: Learned) -> Any:
    """(1, *S) a picture of the visitor's own, or an input that the model never learned from; None where there is neither."""
    own = None
    if found.model.domain == "image":
        upload = st.file_uploader(
            "A picture of your own", key=f"{page}_upload", max_upload_size=MOST_MEGABYTES, help=ABOUT_UPLOADS
        )
        if upload is not None:
            try:
                own = load_images(upload.getvalue(), found.model)
            except XaivisionError as error:
                say_error(f"{upload.name}: {error}")
    if own is not None or found.inputs is None:
        return own
    last, label = len(found.inputs) - 1, "Test picture" if found.model.domain == "image" else "Test row"
    if st.session_state.get(f"{page}_input", 0) > last:
        del st.session_state[f"{page}_input"]
    number = int(st.number_input(label, 0, last, 0, key=f"{page}_input", bind="query-params"))
    return found.inputs[number : number + 1]
