"""Which photo: one that comes with the app, or one of the visitor's own, decoded by its content within a cap of pixels."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from desk.question import Source
from desk.telling import say_error
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.facade import load_images, load_sample_images
from xaivision.report.wording import plain

# What scikit-image's photos show, and their names; the address of a page names what they show.
SAMPLES = {
    "cat": "chelsea",
    "cup of coffee": "coffee",
    "rocket": "rocket",
    "astronaut": "astronaut",
    "man with a camera": "camera",
    "clock": "clock",
    "coins": "coins",
    "galaxies": "hubble_deep_field",
    "retina": "retina",
}
MOST_MEGABYTES = 50
# What a file is, its content says: endings are not asked.
ABOUT_UPLOADS = (
    "PNG, JPEG, WebP, BMP, TIFF or GIF, whose first frame is taken. "
    "It is read in memory on this machine and never written to disk."
)


@dataclass(frozen=True, eq=False)
class Photo:
    """A title, the photo as the model takes it, (1, C, H, W) in [0, 1], and the Python that gives it."""

    title: str
    inputs: Any
    source: Source


def chosen_photo(model: ClassifierAdapter) -> Photo | None:
    """The upload where there is one, else the sample; None, with one plain sentence on the page, where it is no picture."""
    sample = st.selectbox("Photo", list(SAMPLES), key="photo", bind="query-params", persist_state="session")
    upload = st.file_uploader(
        "or one of your own",
        key="upload",
        max_upload_size=MOST_MEGABYTES,
        help=ABOUT_UPLOADS,
    )
    try:
        if upload is None:
            given = Source((f"inputs = xv.load_sample_images([{SAMPLES[sample]!r}], model)",))
            return Photo(sample, load_sample_images([SAMPLES[sample]], model), given)
        return Photo(plain(upload.name), load_images(upload.getvalue(), model), file_source(upload.name))
    except XaivisionError as error:
        say_error(error if upload is None else f"{upload.name}: {error}")
        return None


def file_source(name: str) -> Source:
    """The Python that reads a picture from a file of this name."""
    return Source((f"inputs = xv.load_images({plain(name)!r}, model)",))
