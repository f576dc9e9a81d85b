"""A picture's explanation in words: the region that the evidence points at, what is said of it, and how both were checked."""

from functools import partial
from typing import Any, Literal

import streamlit as st

from desk.exports import Export, download_buttons
from desk.job import Job
from desk.one_answer import answer_files
from desk.progress import progress
from desk.question import Question, Subject
from desk.shared import watch
from desk.telling import as_text, say_warning
from desk.text_table import text_table
from desk.wide_picture import wide_picture
from xaivision.core.narrative import Narrative
from xaivision.core.targets import Target
from xaivision.narrating import narrate
from xaivision.report.narrative_page import NarrativePart, narrative_html, narrative_part

OutlinerName = Literal["superpixel_merge", "region_growing", "threshold", "slic", "grid"]
OUTLINERS: dict[OutlinerName, str] = {
    "superpixel_merge": "superpixels, merged",
    "region_growing": "what looks alike around the point",
    "threshold": "what the map calls strong",
    "slic": "one superpixel",
    "grid": "one square of a grid",
}
CHECKS, STAGES = ("check", "found", "to be held against"), ("stage", "what it found", "time")
HOW_TO_READ = (
    "The words say what can be measured in the outlined region, and recognize nothing. What the prediction rests on, the rows "
    "below say: a region that is hidden without effect was not it."
)
REPORT = "Report: one file, no network, no script"


def in_words(page: str, about: Subject, wanted: Question, wording: Literal["photo", "sonar"]) -> None:
    """Of the class of the page's question; of its probability, where nothing else of it is asked for."""
    outliner: OutlinerName = st.selectbox(
        "Outlined by",
        list(OUTLINERS),
        format_func=lambda one: OUTLINERS[one],
        key=f"{page}_outliner",
        bind="query-params",
        width=300,
    )
    plainly = wanted.against is None and wanted.output == "score"
    target: Any = wanted.target if plainly else Target(wanted.target, wanted.against, wanted.output)

    def found(_: Job) -> Narrative:
        return narrate(about.model, about.inputs, segmenter=outliner, wording=wording, targets=target, seed=wanted.seed)

    question = (about.key, "in words", outliner, wording, wanted.target, wanted.against, wanted.output, wanted.seed)
    progress(page, watch(page, question, found), partial(_tell, page, str(about.title)))


def _tell(page: str, title: str, job: Job) -> None:
    told: Narrative = job.result
    part: NarrativePart = job.kept_as("part", lambda: narrative_part(told, 0, title))
    say_warning(part.reasons)
    st.markdown(f"**{as_text(part.heading)}**  \n{as_text(part.text)}")
    wide_picture(f"{page}_picture", part.picture)
    st.caption(HOW_TO_READ)
    text_table(f"{page}_checks", CHECKS, part.checks, words=3, caption="What region and words were held against")
    with st.expander("The way from the map to the words"):
        text_table(f"{page}_stages", STAGES, part.stages, words=3)
        st.caption(as_text(" ".join(filter(None, (part.prompt_note, part.prompt)))))
    download_buttons(page, job.kept_as("files", lambda: _files(told, title)))


def _files(told: Narrative, title: str) -> tuple[Export, ...]:
    """The page with every check, the figure, and the answer as `xv.load` reads it."""
    page = Export("xaivision-narrative.html", "text/html", REPORT, narrative_html(told, [title]).encode())
    return (page, *answer_files("narrative", told))
