"""Surrogates: a small readable model that does nearly what a classifier of tables does, how far to trust it, and where not."""

from functools import partial

import streamlit as st

from desk.progress import progress
from desk.shared import watch
from desk.surrogate_question import chosen_surrogate, study_of
from desk.surrogate_told import tell_surrogate
from desk.table import chosen_table
from desk.telling import say_nothing_yet
from xaivision.core.sharing import fingerprint

PAGE = "surrogates"

st.title("Surrogates", anchor=False)
st.caption(
    "What small, readable model does nearly what this one does, and where does it not? Every number is of rows that nothing was "
    "learned from, beside surrogates of as many features drawn at random."
)
with st.sidebar:
    table = chosen_table(PAGE)
    asked = chosen_surrogate(PAGE, table) if table is not None and table.background is not None else None
if table is not None and asked is not None:
    subject = (table.name, fingerprint(table.rows).hex())
    work = partial(study_of, table, asked)
    progress(PAGE, watch(PAGE, (subject, asked), lambda _: work()), partial(tell_surrogate, PAGE))
elif table is not None:
    st.info("A surrogate learns from rows: hand over a table of such in the sidebar, as CSV.")
else:
    say_nothing_yet()
