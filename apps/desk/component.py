"""The app's own small components: markup, style and script that lie beside this file. They fetch nothing."""

from pathlib import Path
from typing import Any

import streamlit as st

PARTS = Path(__file__).parent / "parts"


def component(name: str, html: str) -> Any:
    """A component of Streamlit made of `parts/name.css` and `parts/name.js`; what it shows is handed over as data, as text."""
    style = "".join((PARTS / f"{part}.css").read_text(encoding="utf-8") for part in ("tone", name))
    script = (PARTS / f"{name}.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"xaivision_{name}", html=html, css=style, js=script)
