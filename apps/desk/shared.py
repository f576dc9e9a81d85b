"""What all sessions share: the models, what was answered before, and the jobs under way."""

import atexit
from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from desk.job import Job
from desk.jobs import Jobs
from xaivision.core.classifier import ClassifierAdapter
from xaivision.naming import model_from
from xaivision.remembering import Memory

# Where a session keeps the question whose job it watches, by page.
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


def watch(page: str, question: Hashable, work: Callable[[Job], Any], *, again: bool = False) -> Job:
    """The job of this question; this session leaves the one that it watched on this page before.

    One that failed or was stopped stays as it is, unless it is to be asked `again`: else every look at a page would ask anew.
    """
    place = WATCHED + page
    before: tuple[Hashable, Job] | None = st.session_state.get(place)
    if before is not None and before[0] == question and not (again and before[1].error):
        return before[1]
    if before is not None:
        jobs().leave(*before)
    job = jobs().join(question, work)
    st.session_state[place] = (question, job)
    return job


def forget(page: str) -> None:
    """The next look at this page asks again what was stopped; what was answered is known already."""
    jobs().leave(*st.session_state.pop(WATCHED + page))


def leave_unless(page: str, subject: Hashable) -> None:
    """Stop watching what this page was asked about another subject: a question's first part.

    A new subject has to be scored at once, and the model is one: nobody waits for maps that nobody looks at any more.
    """
    place = WATCHED + page
    before: tuple[Any, Job] | None = st.session_state.get(place)
    if before is not None and before[0][0] != subject:
        jobs().leave(*before)
        del st.session_state[place]
