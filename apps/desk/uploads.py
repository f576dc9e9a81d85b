"""Uploads that have to be a file for the library to read: under a name of our own that their content gives."""

import atexit
from pathlib import Path
from typing import Any

import streamlit as st

from desk.telling import say_error
from desk.upload_folder import UploadFolder, remove_orphans

MOST_MEGABYTES = 50
# What the page calls a file whose name on the disk means nothing to anybody.
UPLOADED = "the uploaded file"


def uploaded_file(label: str, suffix: str, key: str, help: str) -> str | None:
    """The path of the uploaded file; None where nothing was uploaded, or, with a sentence, where it cannot be kept."""
    upload: Any = st.file_uploader(label, type=[suffix], key=key, max_upload_size=MOST_MEGABYTES, help=help)
    if upload is None:
        return None
    try:
        return str(_folder().kept(upload.getvalue(), suffix))
    except OSError as error:
        say_error(f"{UPLOADED.capitalize()} cannot be kept: {error.strerror}. Make room in the temporary folder.")
        return None


def as_uploaded(text: object, path: str) -> str:
    """A sentence about an uploaded file that calls it what its owner can know it by; about anything else as it is."""
    if not _folder().holds(path):
        return str(text)
    return str(text).replace(path, UPLOADED).replace(Path(path).name, UPLOADED)


def outside_name(path: str) -> str:
    """What Python outside of the app is to call it: an uploaded file has a place of its owner's there."""
    return f"uploaded{Path(path).suffix}" if _folder().holds(path) else path


@st.cache_resource(show_spinner=False)
def _folder() -> UploadFolder:
    """One for the whole server, gone when it ends."""
    remove_orphans()
    made = UploadFolder()
    atexit.register(made.remove)
    return made
