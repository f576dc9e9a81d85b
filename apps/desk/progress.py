"""How far a job is, with a button that stops it, and what has become of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from desk.job import Job, Stage
from desk.shared import awaited, forget, stop, watched
from desk.telling import as_text, say_error
from xaivision.core.locks import WAITING

SECONDS_BETWEEN_LOOKS = 0.4
# What the library calls its work by names of its own, in a visitor's words.
WORDS = {
    "methods": "Methods asked",
    "metrics": "Judged beside controls",
    "removal curve": "taking features away",
    "coalitions": "hiding parts of it",
    "masks": "hiding parts of it",
    "runs": "hiding parts of it",
    "windows": "hiding parts of it",
    "perturbations": "changing it a little",
    "channels": "asking the network's channels",
    "c_lime": "fitting a simple model",
    "lime": "fitting a simple model",
}


def looked_at(page: str, job: Job, draw: Callable[[], None], *, goes_on: bool = True) -> None:
    """The progress, and what `draw` draws below; drawn again whenever the job has one more answer, and by its own widgets.

    `goes_on`: what was stopped can be gone on with here.
    """
    waiting, answers = awaited(page), len(job.answers)

    # The bar alone is looked at again and again: to draw what stands below each time would cost a browser as much as the job.
    @st.fragment(run_every=SECONDS_BETWEEN_LOOKS if waiting else None)
    def above() -> None:
        if waiting and (not awaited(page) or len(job.answers) > answers):
            st.rerun()  # to draw what has become of it
        # What stands below keeps its place when this one empties: else the browser would make it anew, and close what is open.
        with st.container():
            if waiting:
                _progress_bar(page, job)
            else:
                _ending(page, job, goes_on)

    above()
    st.fragment(draw)()


def progress(page: str, job: Job, tell: Callable[[Job], None], *, goes_on: bool = True) -> None:
    """The progress of a job, and what it has to tell once it is done."""
    looked_at(page, job, lambda: tell(job) if job.done and job.result is not None else None, goes_on=goes_on)


def _progress_bar(page: str, job: Job) -> None:
    """The work under way."""
    stages = job.stages
    outer = next((one for one in stages if one.total), None)
    share = outer.done / outer.total if outer is not None and outer.total else 0.0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, share), text=as_text(told(stages)) or "Waiting for the model")
        if st.button("Stop", key=f"{page}_stop", icon=":material/stop_circle:"):
            stop(page)
            st.rerun()


def told(stages: Sequence[Stage]) -> str:
    """The work under way in a visitor's words: the whole of it, then what is done now; or that it waits.

    What has one part only says nothing by how many of its parts are done, and is left out.
    """
    if any(one.what == WAITING for one in stages):
        return WAITING[:1].upper() + WAITING[1:]
    known = [replace(one, what=WORDS.get(one.what, one.what)) for one in stages if one.total != 1]
    return " · ".join(one.text for one in known[:2])


def _ending(page: str, job: Job, goes_on: bool) -> None:
    """Why it ended without a result; nothing where it has one."""
    watch = watched(page)
    if job.error and not job.cancelled:
        say_error(job.error)
    elif job.result is None and watch is not None and (watch.stopped or watch.lost):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info("Stopped. What was found is kept.")
            if goes_on and st.button("Go on", key=f"{page}_go_on", icon=":material/play_arrow:"):
                forget(page)
                st.rerun()
