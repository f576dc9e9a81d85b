"""What all sessions share: the models, what was answered before, and the jobs under way."""

import atexit
from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from desk.job import Job
from desk.jobs import Jobs, Watch
from desk.seat import Seat
from xaivision.core.classifier import ClassifierAdapter
from xaivision.naming import model_from
from xaivision.remembering import Memory

# Where a session keeps what it watches, by page.
WATCHED = "watched question of "


@st.cache_resource(show_spinner=False)
def memory() -> Memory:
    """Answers of explainers and metrics, by content."""
    return Memory()


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The jobs of all sessions, stopped before the server ends."""
    made = Jobs()
    atexit.register(made.stop)
    return made


@st.cache_resource(show_spinner="Loading the model", max_entries=6)
def model(name: str) -> ClassifierAdapter:
    """One model for all sessions: the library lets one thread at a time hook it.

    Raises: XaivisionError, where there is no such model.
    """
    return model_from(name)


@st.cache_resource(scope="session", show_spinner=False, on_release=Seat.close)
def seat() -> Seat:
    """That of this session; Streamlit releases it as soon as the browser is no longer connected."""
    return Seat(jobs())


def watch(page: str, question: Hashable, work: Callable[[Job], Any], *, again: bool = False) -> Job:
    """The job of this question; this session leaves the one that it watched on this page before.

    One that failed or was stopped stays as it is, unless it is to be asked `again`: else every look at a page would ask anew.
    """
    before = watched(page)
    if before is not None and before.question == question and not before.lost and not (again and _ended_early(before)):
        return before.job
    if before is not None:
        jobs().leave(before)
    found = jobs().join(question, work)
    seat().take(found)
    st.session_state[WATCHED + page] = found
    return found.job


def watched(page: str) -> Watch | None:
    """What this session watches, or watched until it stopped it, on this page."""
    found: Watch | None = st.session_state.get(WATCHED + page)
    if found is not None:
        seat().take(found)
    return found


def awaited(page: str) -> bool:
    """Whether more is to come on this page."""
    found = watched(page)
    return found is not None and found.waits


def stop(page: str) -> None:
    """Wait no longer on this page; who else watches the same job does."""
    found = watched(page)
    if found is not None:
        found.stopped = True
        jobs().leave(found)


def forget(page: str) -> None:
    """The next look at this page asks again what was stopped; what was answered is known already."""
    jobs().leave(st.session_state.pop(WATCHED + page))


def leave_unless(page: str, subject: Hashable) -> None:
    """Stop watching what this page was asked about another subject: a question's first part.

    A new subject has to be scored at once, and the model is one: nobody waits for maps that nobody looks at any more.
    """
    before: Any = watched(page)
    if before is not None and before.question[0] != subject:
        forget(page)


def _ended_early(found: Watch) -> bool:
    return found.stopped or bool(found.job.error)
