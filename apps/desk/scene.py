"""Which sonar picture: a generated scene whose object is known, or one of the visitor's own."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from desk.photo import ABOUT_UPLOADS, MOST_MEGABYTES
from desk.telling import say_error
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.facade import load_images
from xaivision.report.wording import plain
from xaivision.scenes import sonar_scene

SOURCES = {"sonar48": "Small scenes, 48 x 48", "sonar_simulator": "Side-scan scenes", "upload": "A picture of your own"}
TEXTURES = {None: "any", "flat": "flat", "ripples": "ripples", "rocky": "rocky"}
MOST_SCENES = 49


@dataclass(frozen=True, eq=False)
class Shown:
    """A title, the picture as the model takes it, what lies there where it is known, and the masks of it by name."""

    title: str
    inputs: Any
    kind: str = ""
    masks: dict[str, Any] = field(default_factory=dict)


def chosen_scene(page: str, model: ClassifierAdapter) -> Shown | None:
    """The scene of the sidebar; None, with the reason on the page, where there is none yet."""
    source = st.selectbox(
        "Picture", list(SOURCES), format_func=lambda one: SOURCES[one], key=f"{page}_source", bind="query-params"
    )
    try:
        return _uploaded(page, model) if source == "upload" else _generated(page, model, source)
    except XaivisionError as error:
        say_error(error)
        return None


def _generated(page: str, model: ClassifierAdapter, name: str) -> Shown:
    number = int(st.number_input("Scene", 0, MOST_SCENES, 1, key=f"{page}_scene", bind="query-params"))
    texture = None
    if name == "sonar_simulator":
        texture = st.selectbox("Seabed", list(TEXTURES), format_func=lambda one: TEXTURES[one], key=f"{page}_texture")
    found = sonar_scene(model, name, number, texture=texture)
    return Shown(found.title, found.inputs, found.kind, found.masks)


def _uploaded(page: str, model: ClassifierAdapter) -> Shown | None:
    upload = st.file_uploader("Sonar picture", key=f"{page}_upload", max_upload_size=MOST_MEGABYTES, help=ABOUT_UPLOADS)
    if upload is None:
        return None
    return Shown(plain(upload.name), load_images(upload.getvalue(), model))
