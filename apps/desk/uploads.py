"""Uploads that have to be a file for the library to read: under a name of our own that their content gives."""

import hashlib
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import streamlit as st

MOST_MEGABYTES = 50


def uploaded_file(label: str, suffix: str, key: str, help: str) -> str | None:
    """The path of the uploaded file; None where nothing was uploaded."""
    upload: Any = st.file_uploader(label, type=[suffix], key=key, max_upload_size=MOST_MEGABYTES, help=help)
    if upload is None:
        return None
    content = upload.getvalue()
    path = _folder() / f"{hashlib.sha256(content).hexdigest()}.{suffix}"
    if not path.exists():
        path.write_bytes(content)
    return str(path)


@st.cache_resource(show_spinner=False)
def _folder() -> Path:
    return Path(mkdtemp(prefix="xaivision-app-"))
