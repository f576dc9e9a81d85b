"""The app's own small components: markup, style and script that lie beside this file. They fetch nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

PARTS = Path(__file__).parent / "parts"


def component(name: str, html: str, *, cards: bool = False) -> Any:
    """A component of Streamlit made of `parts/name.css` and `parts/name.js`; what it shows is handed over as data, as text.

    `cards`: it draws such, with what all that do share.
    """
    style, script = (_joined(["tone", *(["cards"] if cards else []), name], suffix) for suffix in ("css", "js"))
    return st.components.v2.component(f"xaivision_{name}", html=html, css=style, js=script)


def _joined(parts: Sequence[str], suffix: str) -> str:
    return "".join((PARTS / f"{part}.{suffix}").read_text(encoding="utf-8") for part in parts)
