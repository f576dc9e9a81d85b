"""A shortcut report as it is told on the page: the conclusions, a box for each property, and files."""

import streamlit as st

from desk.exports import contents_as_exports, download_buttons
from desk.job import Job
from desk.share_bars import share_bars
from desk.telling import as_text
from xaivision.report.badge import BADGE_MARKS
from xaivision.report.shortcut_files import shortcut_contents
from xaivision.report.shortcut_page import Section, ShortcutPage, shortcut_page

COLORS = {"ok": "green", "warn": "orange", "refuse": "red", "control": "gray"}
WHAT = {"html": "Report: one file, no network, no script", "json": "Numbers: findings, uses, shares of the relevance"}


def tell_shortcuts(page: str, job: Job) -> None:
    """Everything that the report's page shows."""
    told: ShortcutPage = job.kept_as("page", lambda: shortcut_page(job.result))
    st.markdown(f"#### {as_text(told.title)}")
    st.caption(as_text(" · ".join(f"{name}: {value}" for name, value in told.facts)))
    st.markdown("\n".join(f"- {as_text(sentence)}" for sentence in told.sentences))
    if told.on_target:
        share_bars(f"{page}_on_target", "Share of the positive relevance on the target", told.on_target, told.target_area)
    st.caption("Lines are 95 % intervals. A dashed tick is chance, or the region's share of the area.")
    for section in told.sections:
        with st.container(border=True):
            _section(page, section)
    download_buttons(page, job.kept_as("exports", lambda: contents_as_exports(shortcut_contents(job.result), WHAT)))


def _section(page: str, told: Section) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{as_text(told.name)}**", width="content")
        st.badge(f"{BADGE_MARKS[told.badge]} {told.strength}", color=COLORS[told.badge])  # type: ignore[arg-type]
    st.markdown(as_text(told.sentence))
    key = f"{page}_{told.anchor}"
    if told.bar is not None:
        share_bars(f"{key}_told", "Told by this alone", [told.bar, *told.recalls], told.chance)
    share_bars(f"{key}_ranges", told.telling, told.ranges)
    if told.pictures:
        with st.container(horizontal=True):
            for one in told.pictures:
                st.image(one.uri, alt=one.alt, caption=as_text(one.alt), width=180)
    for sentence in told.use:
        st.markdown(f"- {as_text(sentence)}")
    share_bars(f"{key}_masses", "Share of the positive relevance that lies there", told.masses, told.area)
