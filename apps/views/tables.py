"""Tables: why a classifier takes a row for what it does, and what it would take it for if a value were another one."""

import streamlit as st

from desk.answers import answers
from desk.guesses import guess_table, guesses_of
from desk.question import Subject, asked
from desk.shared import leave_unless, watch
from desk.sidebar import chosen_question
from desk.table import Table, chosen_row, chosen_table, row_list, what_if

PAGE = "tables"


def subject(table: Table, number: int) -> Subject:
    """The row with its edited values, and what the model makes of it at once."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**What if**: edit a value")
        inputs = what_if(PAGE, table, number)
    about = Subject(table.name, table.model, inputs, table.titles[number], table.background)
    leave_unless(PAGE, about.key)
    with right:
        guess_table(PAGE, about, guesses_of(PAGE, about), "What the model takes it for")
        original = Subject(table.name, table.model, table.rows[number : number + 1])
        if original.key != about.key:
            before = f"{PAGE}_before"
            guess_table(before, original, guesses_of(before, original), "Before the edit")
        if table.truths[number]:
            st.text(f"True class: {table.truths[number]}")
    return about


st.title("Tables", anchor=False)
with st.sidebar:
    table = chosen_table(PAGE)
    number = chosen_row(PAGE, table) if table is not None else 0
if table is not None:
    with st.expander("Pick a row", expanded=False):
        row_list(PAGE, table)
    about = subject(table, number)
    with st.sidebar:
        wanted = chosen_question(PAGE, about)
    if wanted.methods:
        job = watch(PAGE, (about.key, wanted), lambda job: asked(about, wanted, job))
        answers(PAGE, about, wanted, job)
    else:
        st.info("Choose at least one method.")
