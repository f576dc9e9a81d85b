"""How maps are looked at: the scale, what is clipped, and how much of the photo shows; and one comparison's cards as such."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from desk.job import Job
from xaivision import Comparison
from xaivision.core.query import Query
from xaivision.report.cards import Card, Picture, cards_of, color_bar
from xaivision.report.image_figure import image_statements, outlined
from xaivision.report.panel import Panel, panel_of, panels_of
from xaivision.report.scale import LARGEST, PERCENTILE, Scaling, scales_for
from xaivision.report.table_figure import table_statements
from xaivision.report.view import View

SCALINGS: dict[Scaling, str] = {"shares": "One scale, shares", "shared_raw": "One scale, raw", "each": "Each its own"}
PERCENTILES = [90.0, 95.0, 98.0, PERCENTILE, 99.5, LARGEST]


class Bar(NamedTuple):
    """The color bar with the numbers at its ends."""

    picture: Picture
    low: str
    high: str
    unit: str


class Wall(NamedTuple):
    """Cards of one input on their scale, the bar of that scale, and what has to be said of it."""

    cards: tuple[Card, ...]
    bar: Bar | None
    statements: tuple[str, ...]


def chosen_view(page: str, *, images: bool) -> View:
    """The widgets above the maps. A move of theirs draws anew and asks no model."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        scaling = st.segmented_control(
            "Scale",
            list(SCALINGS),
            default="shares",
            required=True,
            format_func=lambda one: SCALINGS[one],
            key=f"{page}_scale",
            bind="query-params",
            help="Shares: each value as a share of its own map's total, since methods differ in unit.",
        )
        if not images:
            return View(scaling, LARGEST)
        percentile = st.select_slider(
            "Colors end at percentile", PERCENTILES, value=PERCENTILE, key=f"{page}_clip", bind="query-params", width=180
        )
        ink = st.slider("Photo under the map, %", 0, 100, 30, 5, key=f"{page}_ink", bind="query-params", width=180)
    return View(scaling, percentile, ink / 100)


def panels(job: Job, methods: Sequence[str]) -> tuple[Panel, ...]:
    """What each method has answered so far; once all is judged, with scores beside the controls', and the controls last."""
    if isinstance(job.result, Comparison):
        result = job.result
        return tuple(job.kept_as("panels", lambda: panels_of(result, 0)))
    there = [name for name in methods if name in job.answers]
    return tuple(job.kept_as(("panel", name), partial(panel_of, job.answers[name], 0, name)) for name in there)


def wall(query: Query | None, shown: Sequence[Panel], view: View) -> Wall:
    """The cards of these panels as the report draws them; none before anybody has answered."""
    if query is None:
        return Wall((), None, ())
    maps = [panel.map for panel in shown if panel.map is not None]
    scales = scales_for(maps, view.scaling, view.percentile)
    drawn = scales.shared is None or scales.shared.limit > 0
    images = query.inputs.ndim == 4
    said = image_statements(scales, drawn, outlined(shown)) if images else table_statements(scales, drawn)
    bar = None
    if images and maps and scales.shared is not None and drawn:
        limit = scales.shared.limit
        bar = Bar(color_bar(scales), scales.shared.tick(-limit), scales.shared.tick(limit), scales.shared.unit)
    return Wall(tuple(cards_of(query, shown, 0, scales, view.ink)), bar, tuple(said) if maps else ())


def job_wall(job: Job, methods: Sequence[str], view: View) -> Wall:
    """The cards of what a job has answered so far, drawn once as long as nothing is added and nobody looks in another way."""
    shown = panels(job, methods)
    query = next((one.query for one in job.answers.values()), None)
    asked = (isinstance(job.result, Comparison), tuple(panel.label for panel in shown), view)
    drawn: Wall = job.last_kept("wall", asked, lambda: wall(query, shown, view))
    return drawn


def plain_picture(picture: Picture, inputs: Any) -> dict[str, Any]:
    """The picture as a component takes it, with its own size in pixels."""
    height, width = inputs.shape[-2:]
    return {"uri": picture.uri, "alt": picture.alt, "width": int(width), "height": int(height)}
