"""A classifier that `xaivision train` has written, uploaded: weights and plain values, nothing that can name code."""

import hashlib
from pathlib import Path
from tempfile import mkdtemp

import streamlit as st

MOST_MEGABYTES = 50


def uploaded_model(page: str) -> str | None:
    """The path of the uploaded file, under a name of our own; None where nothing was uploaded."""
    upload = st.file_uploader(
        "Trained classifier",
        type=["safetensors"],
        key=f"{page}_trained",
        max_upload_size=MOST_MEGABYTES,
        help="A file that `xaivision train` has written.",
    )
    if upload is None:
        return None
    content = upload.getvalue()
    path = _folder() / f"{hashlib.sha256(content).hexdigest()}.safetensors"
    if not path.exists():
        path.write_bytes(content)
    return str(path)


@st.cache_resource(show_spinner=False)
def _folder() -> Path:
    return Path(mkdtemp(prefix="xaivision-app-"))
