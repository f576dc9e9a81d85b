"""Which set is searched for shortcuts, and whose use of them is asked."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from desk.models import given_model, loaded_model
from desk.shared import model
from desk.trained import uploaded_model
from xaivision import load_dataset, shortcuts
from xaivision.core.classifier import ClassifierAdapter
from xaivision.offers import USUAL_JUDGED, fetched_sets

GENERATED = ("sonar48", "sonar_simulator")
FOLDER = "a folder of this machine"
NOBODY, UPLOADED = "no model: the pictures alone", "a trained classifier of your own"
FEWEST_PICTURES, MOST_PICTURES, USUAL_PICTURES = 40, 800, 120


@dataclass(frozen=True)
class ShortcutQuestion:
    """What `xv.shortcuts` is asked. `data`: a generated set, of which there are `count` pictures and masks are known, a set's
    name, or a folder; of these `masks` may be a folder.
    """

    data: str
    count: int
    masks: str
    model: str | None
    most: int
    seed: int
    # What the name stands for, which is asked; the name says which it is.
    adapter: ClassifierAdapter | None = field(compare=False)


def chosen_search(page: str) -> ShortcutQuestion | None:
    """Each by a widget under the page's own key; None, with the reason on the page, where something is still missing."""
    data: str | None = st.selectbox("Set", [*GENERATED, *fetched_sets(), FOLDER], key=f"{page}_set", bind="query-params")
    count, masks, chose_folder = USUAL_PICTURES, "", data == FOLDER
    if data in GENERATED:
        count = int(
            st.number_input("Pictures", FEWEST_PICTURES, MOST_PICTURES, count, 20, key=f"{page}_pictures", bind="query-params")
        )
    else:
        if chose_folder:
            data = _folder("Folder", f"{page}_folder", "pictures/", "It holds one folder of pictures for each class.")
        masks = _folder(
            "Masks", f"{page}_masks", "none", "A folder of masks of the targets, named as the pictures; white is target."
        )
    name = _chosen_name(page)
    with st.expander("More"):
        most = st.number_input(
            "Test pictures the model is asked about", 20, 2000, USUAL_JUDGED, 20, key=f"{page}_most", bind="query-params"
        )
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key=f"{page}_search_seed", bind="query-params")
    if not data:
        st.info("Name the folder.")
        return None
    if (chose_folder or masks) and not _may_be_read(page, (data, masks)):
        st.info("*Search* lets the app read what you have named.")
        return None
    found = None if name is None else loaded_model(name)
    if name is not None and found is None:
        return None
    return ShortcutQuestion(data, count, masks, name, int(most), int(seed), None if found is None else found[1])


def _folder(label: str, key: str, shown: str, told: str) -> str:
    said = st.text_input(label, key=key, bind="query-params", placeholder=shown, help=told)
    return (said or "").strip()


def _may_be_read(page: str, named: tuple[str, str]) -> bool:
    """Whether the visitor has said so of these folders: an address alone makes the server read none."""
    place = f"{page}_may_be_read"
    if st.button("Search", key=f"{page}_search", type="primary", icon=":material/folder_open:"):
        st.session_state[place] = named
    return bool(st.session_state.get(place) == named)


def _chosen_name(page: str) -> str | None:
    """The model under its name; None where none is asked, or none was handed over yet."""
    given = given_model()
    own = [given] if given is not None and model(given).domain == "image" else []
    name = st.selectbox(
        "Does a model go by them?", [NOBODY, "sonar48_convnet", *own, UPLOADED], key=f"{page}_judged", bind="query-params"
    )
    return uploaded_model(f"{page}_judged") if name == UPLOADED else None if name == NOBODY else name


def searched(asked: ShortcutQuestion) -> Any:
    """What `xv.shortcuts` finds.

    Raises: as `xv.shortcuts`.
    """
    data: Any = load_dataset(asked.data, count=asked.count) if asked.data in GENERATED else asked.data
    return shortcuts(data, asked.adapter, masks=asked.masks or None, most=asked.most, seed=asked.seed)
