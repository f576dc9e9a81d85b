"""A figure of the report in its own size; a narrow window scrolls it, so that its words stay legible."""

from desk.component import component
from xaivision.report.cards import Picture

_picture = component("wide_picture", '<div class="root"><div class="scroll" tabindex="0"><img></div></div>')


def wide_picture(key: str, picture: Picture | None) -> None:
    """Nothing where there is no picture."""
    if picture is not None:
        _picture(key=key, data={"uri": picture.uri, "alt": picture.alt})
