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
from desk.shared import forget
from desk.tabs import drawn_tabs
from desk.telling import say_warning
from desk.view import View, chosen_view, panels, wall
from desk.wipe import wipe
from xaivision import Comparison
from xaivision.core.query import Query
from xaivision.report.cards import Card
from xaivision.report.page import agreement_rows

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
        if job.cancelled and st.button("Go on", key=f"{page}_go_on", icon=":material/play_arrow:"):
            forget(page)
            st.rerun()
        if isinstance(job.result, Comparison):
            say_warning(f"{label} could not answer: {why}" for label, why in job.result.unanswered.items())
        _tabs(page, subject, question, job, more or {})

    looked_at(page, job, drawn)


def _tabs(page: str, subject: Subject, question: Question, job: Job, more: MoreTabs) -> None:
    images = subject.inputs.ndim == 4
    named: dict[str, Callable[[], None]] = {
        "Maps" if images else "Bars": lambda: _maps(page, subject, question, job),
        "Faithfulness": lambda: _judged(page, job, question, _faithfulness),
        "Agreement": lambda: _agreement(page, job),
        "Two maps": lambda: _two(page, job),
        **{name: partial(draw, job) for name, draw in more.items()},
        "Export": lambda: _export(page, subject, question, job),
    }
    if not images:
        del named["Two maps"]
    drawn_tabs(page, named)


def _view(page: str) -> View:
    """As it was chosen on the first tab, for the others."""
    state = st.session_state
    return View(
        state.get(f"{page}_scale") or "shares", state.get(f"{page}_clip") or 99.0, (state.get(f"{page}_ink", 30) or 0) / 100
    )


def _query(job: Job) -> Query | None:
    return next((one.query for one in job.answers.values()), None)


def _maps(page: str, subject: Subject, question: Question, job: Job) -> None:
    view = chosen_view(page, images=subject.inputs.ndim == 4)
    waiting = [] if job.done else [name for name in question.methods if name not in job.answers]
    if question.judged and not job.done:
        st.caption("Verdicts so far are each map's own. All are held against controls once every method has answered.")
    gallery(page, subject.inputs, wall(_query(job), panels(job, question.methods), view), waiting)


def _judged(page: str, job: Job, question: Question, draw: Callable[[str, Comparison], None]) -> None:
    if isinstance(job.result, Comparison):
        draw(page, job.result)
    elif not job.done:
        st.info("Being judged; the maps are there already.")


def _faithfulness(page: str, comparison: Comparison) -> None:
    if comparison.scores:
        st.caption(
            "How the score moves as what a map calls important is taken away, or put in. The band is what controls reach that "
            "ignore the model: a curve inside it has shown nothing."
        )
        curves(page, comparison)
    else:
        st.info("Nothing was judged: switch on *Judge beside controls*.")
    score_table(page, comparison)


def _agreement(page: str, job: Job) -> None:
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
        _pair(page, job, result, [result.agreement_labels[one] for one in pair])


def _pair(page: str, job: Job, result: Comparison, labels: Sequence[str]) -> None:
    cards = {card.panel.label: card for card in _cards(page, job, result)}
    both = [cards[label] for label in labels if label in cards]
    if len(both) == 2:
        wipe(f"{page}_pair", result.query.inputs, both[0], both[1])
    else:
        st.info("One of the two has no map to draw.")


def _two(page: str, job: Job) -> None:
    query = _query(job)
    if query is None:
        st.info("There once two methods have answered.")
        return
    cards = {card.panel.label: card for card in _cards(page, job, None)}
    if len(cards) < 2:
        st.info("Two maps are needed.")
        return
    names = list(cards)
    with st.container(horizontal=True):
        left = st.selectbox("Left", names, index=0, key=f"{page}_left", bind="query-params")
        right = st.selectbox("Right", names, index=1, key=f"{page}_right", bind="query-params")
    wipe(page, query.inputs, cards[left], cards[right])


def _cards(page: str, job: Job, result: Comparison | None) -> list[Card]:
    """Those that hold a picture."""
    query = _query(job)
    assert query is not None  # noqa: S101 - asked by those who have one
    shown = panels(job, list(job.answers))
    return [card for card in wall(query, shown, _view(page)).cards if card.picture is not None]


def _export(page: str, subject: Subject, question: Question, job: Job) -> None:
    st.caption("A permalink to this question is the address of this page; an uploaded file is not part of it.")
    export_buttons(page, str(subject.title), job, _view(page).scaling)
    if script := code_of(subject, question):
        st.markdown("**The same in Python**")
        st.code(script, language="python", wrap_lines=True)
