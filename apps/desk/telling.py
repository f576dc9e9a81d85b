"""Foreign text on a page: Streamlit's messages are markdown, and a file's name could ask for a picture from somewhere."""

import re
from collections.abc import Iterable

import streamlit as st

from xaivision.core.errors import XaivisionError
from xaivision.report.wording import plain

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$<>:&])")


def as_text(text: object) -> str:
    """The text as markdown that shows exactly it; what stands between two backticks is shown as a name."""
    parts = plain(text).split("`")
    if len(parts) % 2 == 0 or not all(parts[1::2]):
        return _MARKUP.sub(r"\\\1", plain(text))
    return "".join(f"`{part}`" if place % 2 else _MARKUP.sub(r"\\\1", part) for place, part in enumerate(parts))


def sentence_of(error: Exception) -> str:
    """What an error says: the library's are sentences, and a model from outside may raise anything."""
    return str(error) if isinstance(error, XaivisionError | OSError) else f"The model raised {type(error).__name__}: {error}"


def say_error(text: object) -> None:
    """One plain sentence in red."""
    st.error(as_text(text), icon=":material/error:")


def say_warning(texts: Iterable[object]) -> None:
    """Sentences in amber, one a line; nothing where there are none."""
    if found := [as_text(text) for text in texts]:
        st.warning("  \n".join(found), icon=":material/warning:")
