"""How far a job is, with a button that stops it, and what has become of it."""

from collections.abc import Callable

import streamlit as st

from desk.job import Job
from desk.telling import say_error

SECONDS_BETWEEN_LOOKS = 0.4


def looked_at(page: str, job: Job, draw: Callable[[], None]) -> None:
    """The progress, and what `draw` draws below; drawn again as long as the job runs, and by its own widgets at any time."""
    interval = None if job.done else SECONDS_BETWEEN_LOOKS

    @st.fragment(run_every=interval)
    def drawn() -> None:
        if interval is not None and job.done:
            st.rerun()  # to stop looking, and to draw what has become of it
        progress_bar(page, job)
        draw()

    drawn()


def progress_bar(page: str, job: Job) -> None:
    """The work under way, or why it ended without a result; nothing once it is done."""
    if job.done:
        if job.error:
            st.info("Stopped. What was found is kept.") if job.cancelled else say_error(job.error)
        return
    stages = job.stages
    outer = next((one for one in stages if one.total), None)
    share = outer.done / outer.total if outer is not None and outer.total else 0.0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, share), text=" · ".join(one.text for one in stages[:3]) or "Waiting for the model")
        if st.button("Stop", key=f"{page}_stop", icon=":material/stop_circle:"):
            job.cancel()


def progress(page: str, job: Job, tell: Callable[[Job], None]) -> None:
    """The progress of a job, and what it has to tell once it is done."""
    looked_at(page, job, lambda: tell(job) if job.done and job.result is not None else None)
