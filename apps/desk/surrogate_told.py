"""A surrogate as it is told on the page: the report's own words, tables and pictures, a tab each."""

from collections.abc import Callable

import streamlit as st

from desk.exports import contents_as_exports, download_buttons
from desk.job import Job
from desk.surrogate_row import case_list, one_row
from desk.tabs import drawn_tabs
from desk.telling import as_text
from desk.text_table import text_table
from desk.wide_picture import wide_picture
from xaivision import SurrogateStudy
from xaivision.report.surrogate_files import surrogate_contents
from xaivision.report.surrogate_page import SurrogatePage, surrogate_page

RULE_HEADS = ("if", "then", "support", "confidence", "lift", "steadiness")
WHAT = {
    "surrogate.html": "Report: one file, no network, no script",
    "surrogate.json": "Numbers: fidelity, ranking, curves, regions",
    "surrogate.safetensors": "Surrogate: `xv.load_surrogate` gives it back, and commands take it for a model",
    "surrogate_rules.json": "Rules: they give what the surrogate gives, wherever they are applied",
}


def tell_surrogate(page: str, job: Job) -> None:
    """The sentences, and below them a tab for each part of the report."""
    study: SurrogateStudy = job.result
    told: SurrogatePage = job.kept_as("page", lambda: surrogate_page(study))
    st.caption(as_text(" · ".join(f"{name}: {value}" for name, value in told.facts[1:])))
    named: dict[str, Callable[[], None]] = {
        "Fidelity": lambda: _fidelity(page, told),
        "Tree": lambda: wide_picture(f"{page}_tree", told.tree),
        "Rules": lambda: _rules(page, told),
        "Disagreement": lambda: _disagreement(page, told, job),
        "One row": lambda: one_row(page, job),
        "Features": lambda: _features(page, told),
        "Export": lambda: _export(page, job),
    }
    if told.tree is None:
        del named["Tree"]
    if not told.rules:
        del named["Rules"]
    drawn_tabs(page, named)


def _fidelity(page: str, told: SurrogatePage) -> None:
    st.markdown("\n".join(f"- {as_text(sentence)}" for sentence in told.sentences))
    text_table(
        f"{page}_fidelity", told.lines, told.fidelity, caption="On rows that nothing was learned from, with 95 % intervals"
    )
    wide_picture(f"{page}_curves", told.curves)


def _rules(page: str, told: SurrogatePage) -> None:
    st.caption(
        "Support: held-out rows that a rule decides. Confidence: the share of them that the black box gives the class. Lift: how "
        "many times its usual share that is. Steadiness: how much of the same rows a rule of another sample covers."
    )
    text_table(f"{page}_rules", RULE_HEADS, told.rules, words=2)
    if told.more_rules:
        st.caption(f"{told.more_rules} more rules are in the JSON file.")


def _disagreement(page: str, told: SurrogatePage, job: Job) -> None:
    case_list(page, job)
    caption = "Regions, found on rows to learn from (what was expected) and measured on held-out ones; numbers as on the map"
    text_table(f"{page}_regions", told.region_heads, told.regions, words=2, caption=caption)
    wide_picture(f"{page}_map", told.map)


def _features(page: str, told: SurrogatePage) -> None:
    st.caption("How important each of the black box's own features is, in the unit of its ranking.")
    text_table(f"{page}_ranking", told.ranking_heads, told.ranking, words=2)


def _export(page: str, job: Job) -> None:
    st.caption("A permalink to this surrogate is the address of this page.")
    study: SurrogateStudy = job.result
    made = job.kept_as("exports", lambda: contents_as_exports(surrogate_contents(study), WHAT))
    download_buttons(page, made)
