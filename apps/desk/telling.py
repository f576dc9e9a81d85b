"""Foreign text on a page: Streamlit's messages are markdown, and a file's name could ask for a picture from somewhere."""

import re
from collections.abc import Iterable

import streamlit as st

from xaivision.report.wording import plain

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$<>:&])")


def as_text(text: object) -> str:
    """The text as markdown that shows exactly it."""
    return _MARKUP.sub(r"\\\1", plain(text))


def say_error(text: object) -> None:
    """One plain sentence in red."""
    st.error(as_text(text), icon=":material/error:")


def say_warning(texts: Iterable[object]) -> None:
    """Sentences in amber, one a line; nothing where there are none."""
    if found := [as_text(text) for text in texts]:
        st.warning("  \n".join(found), icon=":material/warning:")
