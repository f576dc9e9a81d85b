"""Which sonar picture: a generated scene whose object is known, one of a named set, or one of the visitor's own."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from desk.models import learned_from
from desk.photo import ABOUT_UPLOADS, MOST_MEGABYTES, file_source
from desk.question import Source
from desk.telling import say_error
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError, XaivisionError
from xaivision.facade import load_images
from xaivision.labeled_folders import labeled_folder, pictures_of
from xaivision.offers import fetched_sets
from xaivision.report.wording import plain
from xaivision.scenes import sonar_scene

SOURCES = {"sonar48": "Small scenes, 48 x 48", "sonar_simulator": "Side-scan scenes", "upload": "A picture of your own"}
TEXTURES = {None: "any", "flat": "flat", "ripples": "ripples", "rocky": "rocky"}
MOST_SCENES = 49


@dataclass(frozen=True, eq=False)
class Shown:
    """A title, the picture as the model takes it, the Python that gives it, what lies there where it is known, and its masks.

    `source`: its masks go by the name `masks`, a dictionary. `data`: the set that it is of; empty of a visitor's own.
    """

    title: str
    inputs: Any
    source: Source | None = None
    kind: str = ""
    masks: dict[str, Any] = field(default_factory=dict)
    data: str = ""


def chosen_scene(page: str, model: ClassifierAdapter) -> Shown | None:
    """The scene of the sidebar; None, with the reason on the page, where there is none yet."""
    sets = fetched_sets()
    offered = [*SOURCES, *sets]
    source = st.selectbox(
        "Picture", offered, format_func=lambda one: SOURCES.get(one, one), key=f"{page}_source", bind="query-params"
    )
    try:
        if source in sets:
            return _named(page, model, source)
        return _uploaded(page, model) if source == "upload" else _generated(page, model, source)
    except XaivisionError as error:
        say_error(error)
        return None


def doubts_about(name: str, shown: Shown) -> tuple[str, ...]:
    """That the picture is not of the set which the model of this name has learned from, where that is known."""
    learned = learned_from(name)
    if not learned or shown.data == learned:
        return ()
    of = SOURCES.get(learned, learned)
    said = f"It has learned from generated pictures alone ({of[:1].lower()}{of[1:]}), and this picture is none of them"
    return (f"{said}: what it takes it for may mean nothing, and neither may the maps.",)


def _generated(page: str, model: ClassifierAdapter, name: str) -> Shown:
    number = int(st.number_input("Scene", 0, MOST_SCENES, 1, key=f"{page}_scene", bind="query-params"))
    texture = None
    if name == "sonar_simulator":
        texture = st.selectbox(
            "Seabed", list(TEXTURES), format_func=lambda one: TEXTURES[one], key=f"{page}_texture", bind="query-params"
        )
    found = sonar_scene(model, name, number, texture=texture)
    lines = (
        "from xaivision.scenes import sonar_scene",
        f"scene = sonar_scene(model, {name!r}, {number}, texture={texture!r})",
        "inputs, masks = scene.inputs, scene.masks",
    )
    return Shown(found.title, found.inputs, Source(lines), found.kind, found.masks, name)


def _named(page: str, model: ClassifierAdapter, name: str) -> Shown:
    """A picture of a set that was fetched, and the class that its folder says; its targets are nobody's to know here."""
    folder = labeled_folder(name, model)
    if folder is None:
        raise InputError(f"{name!r} must hold folders of pictures, one for each class.")
    classes = list(dict.fromkeys(folder.labels))
    kind = st.selectbox("Class", classes, key=f"{page}_kind", bind="query-params")
    mine = [row for row, label in enumerate(folder.labels) if label == kind]
    if st.session_state.get(f"{page}_number", 0) >= len(mine):
        del st.session_state[f"{page}_number"]
    number = 0
    if len(mine) > 1:
        number = int(st.number_input("Number", 0, len(mine) - 1, 0, key=f"{page}_number", bind="query-params"))
    row = mine[number]
    one = folder.taken([row])
    lines = (
        "from xaivision.labeled_folders import labeled_folder, pictures_of",
        f"inputs = pictures_of(labeled_folder({name!r}, model).taken([{row}]), model)",
    )
    return Shown(plain(one.titles[0]), pictures_of(one, model), Source(lines), plain(one.labels[0]), data=name)


def _uploaded(page: str, model: ClassifierAdapter) -> Shown | None:
    upload = st.file_uploader("Sonar picture", key=f"{page}_upload", max_upload_size=MOST_MEGABYTES, help=ABOUT_UPLOADS)
    if upload is None:
        return None
    return Shown(plain(upload.name), load_images(upload.getvalue(), model), file_source(upload.name))
