"""A gallery of prototypes as it is told on the page: the report's own pictures and words, a tab each."""

from typing import Any

import streamlit as st

from desk.exports import contents_as_exports, download_buttons
from desk.job import Job
from desk.progress import progress
from desk.prototype_cards import class_cards, pair_cards
from desk.prototype_source import Learned
from desk.shared import watch
from desk.tabs import drawn_tabs
from desk.telling import as_text
from desk.text_table import text_table
from xaivision import prototype_gallery
from xaivision.core.sharing import fingerprint
from xaivision.report.gallery_files import gallery_contents
from xaivision.report.gallery_page import GalleryPage, gallery_page, why_table

# Pictures on which it is measured what likeness rests on.
MOST_ASKED = 10
ABOUT_PICTURES = (
    "Each prototype is a place of a training picture: the box is around where it is most active, and at its right is what it "
    "holds. A box says where, not why."
)
ABOUT_ROWS = (
    "Each prototype is a training row. Bars: by how many standard deviations of a column it is above the mean of the training "
    "rows, where it differs most."
)
WHAT = {
    "html": "Report: one file, no network, no script",
    "json": "Numbers: prototypes, weights, training inputs",
    "png": "Figure of a class",
}


def tell_prototypes(page: str, found: Learned, inputs: Any, job: Job) -> None:
    """The prototypes by class, the input beside those it is like, why they are alike, and files."""
    told: GalleryPage = job.kept_as("page", lambda: gallery_page(job.result))
    count, _, by_class = told.facts[1][1].partition(": ")
    st.caption(as_text(" · ".join(filter(None, (f"{count} prototypes: {by_class}", found.said)))))
    named = {
        "Gallery": lambda: _gallery(page, told),
        "This looks like that": lambda: _pairs(page, told),
        "Why": lambda: _why(page, found, inputs),
        "Export": lambda: _export(page, job),
    }
    if found.model.domain != "image":
        del named["Why"]
    drawn_tabs(page, named)


def _gallery(page: str, told: GalleryPage) -> None:
    st.caption(
        f"{ABOUT_PICTURES if told.pictures else ABOUT_ROWS} Numbers: by how much the {told.unit} of a class grows with a point "
        "of similarity."
    )
    class_cards(f"{page}_classes", told.classes)


def _pairs(page: str, told: GalleryPage) -> None:
    if not told.cases:
        st.info("Hand over a picture in the sidebar to see which prototypes it is like.")
        return
    pair_cards(f"{page}_pairs", told.cases)
    if not told.pictures:
        st.caption("The row beside the training rows that it is like; columns that differ most come first.")


def _why(page: str, found: Learned, inputs: Any) -> None:
    """Asked of the first inputs it never learned from, where there are such, else of the visitor's own."""
    pictures = inputs if found.inputs is None else found.inputs[:MOST_ASKED]
    if pictures is None:
        st.info("Hand over a picture in the sidebar: what likeness rests on is measured on pictures.")
        return
    asked = ("why", found.key, fingerprint(pictures).hex())
    job = watch(f"{page}_why", asked, lambda _: prototype_gallery(found.model, pictures, k=1))
    progress(f"{page}_why", job, lambda done: _told_why(page, done.result))


def _told_why(page: str, gallery: Any) -> None:
    told = why_table(gallery.characteristics)
    heads = ("prototype", "class", *(name for name, _ in told.heads))
    sizes = ("changes a pixel by", "", *(size for _, size in told.heads))
    rows = [(name, owner, *(text for text, _, _ in cells)) for name, owner, cells in told.rows]
    text_table(f"{page}_why_table", heads, [*rows, sizes], words=2)
    st.caption(
        f"By how much each similarity falls where it was best, on average over {told.pictures} pictures, when one property of "
        "the whole picture is changed. Below zero: without it the pictures were more alike. A change that moves pixels more "
        "takes more with it: compare prototypes within a column."
    )


def _export(page: str, job: Job) -> None:
    st.caption("A permalink to this gallery is the address of this page; an uploaded file is not part of it.")
    download_buttons(page, job.kept_as("exports", lambda: contents_as_exports(gallery_contents(job.result), WHAT)))
