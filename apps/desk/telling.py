"""Foreign text on a page: Streamlit's messages are markdown, and a file's name could ask for a picture from somewhere."""

import re
from collections.abc import Iterable

import streamlit as st

from xaivision.core.errors import XaivisionError
from xaivision.core.fault import fault
from xaivision.report.wording import plain

# What the command line calls by another name than the page; the others are called alike.
WIDGETS = {"set": "Settings", "out": "Folder", "method": "Methods", "metric": "Metrics"}
_OPTION = re.compile(r"`--([a-z][a-z-]*)(?: ([^`]+))?`")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$<>:&/^=@])")
# Shown as code: what stands between two backticks, and what Streamlit turns into links and signs once it has read the
# markdown, where no backslash keeps it from it: addresses, those of mail, names between colons, arrows. What means the same
# afterwards, as `<=` does, is left to it.
_CODE = re.compile(
    r"(`[^`]+`|(?:https?://|www\.)[^\s`]*[^\s`.,;:!?\"')\]}>]|[-.\w+]+@[-.\w]*\w|:[\w+-]+:"
    r"|(?<!\S)(?:<->|<-|->|--|~=)(?!\S))",
    re.IGNORECASE,
)
# Between two pieces of code, which would be one without it; it is not seen.
_JOINT = "\N{WORD JOINER}"


def as_text(text: object) -> str:
    """The text as markdown that shows exactly it; what stands between two backticks, and an address, is shown as a name."""
    parts = _CODE.split(plain(text).strip())
    shown = [f"`{part.strip('`')}`" if place % 2 else _MARKUP.sub(r"\\\1", part) for place, part in enumerate(parts)]
    shown[1:-1] = [part or _JOINT for part in shown[1:-1]]
    return "".join(shown)


def sentence_of(error: Exception) -> str:
    """What an error says, in the words of the page, and whose fault it is where it was not foreseen."""
    told = str(error) if isinstance(error, OSError) else fault(error)
    return as_widgets(told[:1].upper() + told[1:] if not isinstance(error, XaivisionError) else told)


def as_widgets(text: str) -> str:
    """A sentence of the library that names options of the command line, with the widgets that stand for them here.

    ``Give `--set occlusion.window=...`.`` is ``Give `occlusion.window=...` in `Settings`.``
    """
    return _OPTION.sub(lambda found: _widget(*found.groups()), text)


def _widget(option: str, value: str | None) -> str:
    name = WIDGETS.get(option, option.replace("-", " ").capitalize())
    return f"`{value}` in `{name}`" if value else f"`{name}`"


def say_error(text: object) -> None:
    """One plain sentence in red."""
    st.error(as_text(as_widgets(str(text))), icon=":material/error:")


def say_warning(texts: Iterable[object]) -> None:
    """Sentences in amber, one a line; nothing where there are none."""
    if found := [as_text(as_widgets(str(text))) for text in texts]:
        st.warning("  \n".join(found), icon=":material/warning:")


def say_nothing_yet() -> None:
    """What stands on a page whose question is not complete: a narrow window hides the sidebar."""
    st.info("There is nothing to explain yet: the sidebar says why.")
