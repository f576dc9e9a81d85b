"""Audit: which methods can be believed on many inputs, in the background, stopped and gone on with at any time."""

from functools import partial

import streamlit as st

from desk.audit import PAGE, chosen_audit, done_audit, tell_audit
from desk.progress import progress
from desk.shared import watch, watched

st.title("Audit", anchor=False)
st.caption(
    "Each method on every item of a data set or a folder, held against controls that ignore the model. What is found is kept "
    "in the folder as it is found."
)
with st.sidebar:
    request = chosen_audit()
# On the page itself: the sidebar is longer than a window, and hidden in a narrow one.
started = request is not None and st.button(
    "Start, or go on",
    type="primary",
    icon=":material/play_arrow:",
    disabled=not (request.inputs and request.methods and request.metrics),
)
if started and request is not None:
    watch(PAGE, (("audit", str(request.out)), repr(request)), partial(done_audit, request), again=True)
seen = watched(PAGE)
if seen is None:
    st.info(
        "Name the data in the sidebar, and start here. A folder that holds an audit of the same configuration is gone on with."
    )
else:
    progress(PAGE, seen.job, tell_audit, goes_on=False)
    if seen.waits:
        st.caption("It runs as long as this page is open in some browser, and can be gone on with at any time.")
    elif seen.stopped or seen.lost:
        st.caption("*Start, or go on* with the same settings goes on from there.")
