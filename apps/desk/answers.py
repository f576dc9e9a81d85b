"""The answers to one question: maps as they come, then verdicts, curves, agreement, a wipe between two, and files."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from desk.code import code_of
from desk.curves import curves
from desk.exports import export_buttons
from desk.gallery import gallery
from desk.job import Job
from desk.matrix import matrix
from desk.progress import looked_at
from desk.question import Question, Subject
from desk.scores import score_table
from desk.shared import awaited
from desk.tabs import drawn_tabs
from desk.telling import say_warning
from desk.view import chosen_view, job_wall
from desk.wipe import wipe
from xaivision import Comparison
from xaivision.core.query import Query
from xaivision.report.cards import Card
from xaivision.report.curves import curve_plots
from xaivision.report.page import agreement_rows
from xaivision.report.view import View

MEASURES = {
    None: "Rank correlation (Spearman)",
    "top_k_iou": "Overlap of the strongest tenth",
    "structural_similarity": "Structural similarity (SSIM)",
    "sign_agreement": "Same sign among the strongest",
}
# More tabs of a page: what they are called, and what they draw.
MoreTabs = dict[str, Callable[[Job], None]]


def answers(page: str, subject: Subject, question: Question, job: Job, more: MoreTabs | None = None) -> None:
    """Everything below the question; drawn again as long as the job runs, and by its own widgets without asking anything."""

    def drawn() -> None:
        with st.container():  # the maps below keep their place
            if isinstance(job.result, Comparison):
                say_warning(f"{label} could not answer: {why}" for label, why in job.result.unanswered.items())
        _tabs(page, subject, question, job, more or {})

    looked_at(page, job, drawn)


def _tabs(page: str, subject: Subject, question: Question, job: Job, more: MoreTabs) -> None:
    images = subject.inputs.ndim == 4
    first = "Maps" if images else "Bars"
    chosen: list[View] = []  # on the first tab, for all of them
    named: dict[str, Callable[[], None]] = {
        first: lambda: _maps(page, subject, question, job, chosen[0]),
        "Faithfulness": lambda: _judged(page, job, _faithfulness),
        "Agreement": lambda: _agreement(page, job, chosen[0]),
        "Two maps": lambda: _two(page, job, chosen[0]),
        **{name: partial(draw, job) for name, draw in more.items()},
        "Export": lambda: _export(page, subject, question, job, chosen[0]),
    }
    if not images:
        del named["Two maps"]
    drawn_tabs(page, named, {first: lambda: chosen.append(chosen_view(page, images=images))})


def _query(job: Job) -> Query | None:
    return next((one.query for one in job.answers.values()), None)


def _maps(page: str, subject: Subject, question: Question, job: Job, view: View) -> None:
    waiting = [] if not awaited(page) else [name for name in question.methods if name not in job.answers]
    with st.container():  # the maps below keep their place
        if question.judged and awaited(page):
            st.caption(
                "Verdicts so far are each map's own: it converged and adds up, no more. All are held against controls once "
                "every method has answered."
            )
    judged = isinstance(job.result, Comparison) and bool(job.result.scores)
    gallery(page, subject.inputs, job_wall(job, question.methods, view), waiting, judged=judged)


def _judged(page: str, job: Job, draw: Callable[[str, Job, Comparison], None]) -> None:
    if isinstance(job.result, Comparison):
        draw(page, job, job.result)
    elif awaited(page):
        st.info("Being judged; the maps are there already.")
    else:
        st.info("Nothing was judged.")


def _faithfulness(page: str, job: Job, comparison: Comparison) -> None:
    if comparison.scores:
        st.caption(
            "How the score moves as what a map calls important is taken away, or put in. The band is what controls reach that "
            "ignore the model: a curve inside it has shown nothing."
        )
        curves(page, job.kept_as("curves", lambda: curve_plots(comparison, 0)))
    else:
        st.info("Nothing was judged: switch on *Judge beside controls*.")
    score_table(page, job, comparison)


def _agreement(page: str, job: Job, view: View) -> None:
    query = _query(job)
    if not isinstance(job.result, Comparison) or query is None:
        st.info("There once all methods have answered.")
        return
    result = job.result
    images = query.inputs.ndim == 4
    offered = [one for one in MEASURES if images or one != "structural_similarity"]
    measure = st.selectbox("Measure", offered, format_func=lambda one: MEASURES[one], key=f"{page}_measure", bind="query-params")
    rows = job.kept_as(("agreement", measure), lambda: agreement_rows(result, measure))
    if not rows:
        st.info("Two maps are needed.")
        return
    opens = "A cell opens the pair. " if images else ""
    st.caption(f"{opens}Methods that agree may all be wrong; which of two that disagree is right, no number says.")
    pair = matrix(page, rows, MEASURES[measure])
    if images:
        cards = _cards(job, view)
        both = [cards[label] for label in (rows[one].label for one in pair) if label in cards]
        _pair(f"{page}_pair", query, both)


def _pair(page: str, query: Query, both: Sequence[Card]) -> None:
    if len(both) == 2:
        wipe(page, query.inputs, both[0], both[1])
    else:
        st.info("One of the two has no map to draw.")


def _two(page: str, job: Job, view: View) -> None:
    query = _query(job)
    if query is None:
        st.info("There once two methods have answered.")
        return
    cards = _cards(job, view)
    if len(cards) < 2:
        st.info("Two maps are needed.")
        return
    names = list(cards)
    with st.container(horizontal=True):
        left = st.selectbox("Left", names, index=0, key=f"{page}_left", bind="query-params")
        right = st.selectbox("Right", names, index=1, key=f"{page}_right", bind="query-params")
    wipe(page, query.inputs, cards[left], cards[right])


def _cards(job: Job, view: View) -> dict[str, Card]:
    """Those that hold a picture, by their labels."""
    return {card.panel.label: card for card in job_wall(job, list(job.answers), view).cards if card.picture is not None}


def _export(page: str, subject: Subject, question: Question, job: Job, view: View) -> None:
    st.caption("A permalink to this question is the address of this page; an uploaded file is not part of it.")
    export_buttons(page, str(subject.title), job, view)
    if script := code_of(subject, question):
        st.markdown("**The same in Python**")
        st.code(script, language="python", wrap_lines=True)
