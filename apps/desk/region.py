"""A region that a visitor points at, and how much of each map lies in it."""

from collections.abc import Hashable
from typing import Any, Literal

import streamlit as st

from desk.address import mark_of, recalled, remember
from desk.component import component
from desk.job import Job
from desk.question import Subject
from desk.telling import say_error
from xaivision.core.errors import XaivisionError
from xaivision.pointing import Mass, Point, mass_in, region_at
from xaivision.report.region_picture import region_picture
from xaivision.report.wording import number

SegmentsName = Literal["slic", "felzenszwalb", "quickshift", "grid"]
SEGMENTS: dict[SegmentsName, str] = {
    "slic": "superpixels (SLIC)",
    "felzenszwalb": "Felzenszwalb",
    "quickshift": "quickshift",
    "grid": "a grid",
}
MOST_POINTS = 20

_loupe = component(
    "loupe",
    """<div class="root">
  <div class="tools" role="toolbar" aria-label="Region">
    <button type="button" aria-label="Closer" title="Closer">+</button>
    <button type="button" aria-label="Farther" title="Farther">−</button>
    <button type="button">Inside</button><button type="button">Outside</button><button type="button">Clear</button>
  </div>
  <div class="frame">
    <div class="sheet" tabindex="0" role="group"><img><img class="region" hidden><div class="mark"></div></div>
  </div>
  <div class="told" aria-live="polite"></div>
</div>""",
)


def region(page: str, about: Subject, job: Job) -> None:
    """The picture to point at on the left, the share of each map on the right."""
    image = about.inputs[0]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        kind: SegmentsName = st.selectbox(
            "Segments", list(SEGMENTS), format_func=lambda one: SEGMENTS[one], key=f"{page}_segments", bind="query-params"
        )
        points = pointed(page, about)
        try:
            mask = job.last_kept("region", (kind, points), lambda: region_at(image, points, kind))
        except XaivisionError as error:
            say_error(error)
            return
        height, width = image.shape[-2:]
        picture = region_picture(image, mask)
        _loupe(
            key=loupe_key(page, about.key),
            data={
                "picture": {"uri": picture.uri, "alt": picture.alt},
                "region": None,
                "points": [[point.column, point.row, int(point.inside)] for point in points],
                "width": int(width),
                "height": int(height),
            },
            default={"points": None},
            on_points_change=lambda: None,
        )
    with right:
        if not points:
            st.info("Click on the picture: the share of each map that lies on what you chose is shown here.")
        else:
            area = float(mask.double().mean())
            if area:
                found = dict(job.answers)  # the job may add to them meanwhile
                asked = (kind, points, tuple(found))
                _table(page, job.last_kept("masses", asked, lambda: mass_in(about.model, found, mask)), area)
            else:
                st.info("Nothing is left of the region: set a point inside it.")


def pointed(page: str, about: Subject) -> list[Point]:
    """The points of this picture, which are in the address; what the browser says is checked, as anything from outside."""
    known: Any = (st.session_state.get(loupe_key(page, about.key)) or {}).get("points")
    place, picture = f"{page}_points", mark_of(about.inputs)
    said = _points_in(recalled(place, picture)) if known is None else known
    height, width = about.inputs.shape[-2:]
    found = []
    for one in list(said)[:MOST_POINTS]:
        if isinstance(one, list | tuple) and len(one) == 3 and all(isinstance(part, int) for part in one):
            column, row, inside = one
            if 0 <= column < width and 0 <= row < height:
                found.append(Point(column, row, bool(inside)))
    remember(place, picture, ",".join(f"{point.column}.{point.row}.{int(point.inside)}" for point in found))
    return found


def _points_in(text: str) -> list[list[int]]:
    """[[16, 8, 1]] of "16.8.1"."""
    return [[int(part) for part in one.split(".")] for one in text.split(",") if one.replace(".", "").isdecimal()]


def loupe_key(page: str, content: Hashable) -> str:
    """Where the points of one picture are kept: they are none of another's."""
    return f"{page}_loupe_{hash(content) & 0xFFFFFFFF:08x}"


def _table(page: str, shares: dict[str, Mass], area: float) -> None:
    st.markdown(f"**What speaks for the class, in this region**  \nThe region is {100 * area:.1f} % of the picture.")
    st.dataframe(
        {
            "method": list(shares),
            "share": [one.share for one in shares.values()],
            "": [one.why or f"{number(one.share / area, 2)} times its area" for one in shares.values()],
        },
        hide_index=True,
        key=f"{page}_mass",
        column_config={"share": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")},
        alt="; ".join(f"{name} {number(one.share)}" for name, one in shares.items()),
    )
    st.caption("The share of the positive values (relevance mass). A model may well use what lies outside.")
