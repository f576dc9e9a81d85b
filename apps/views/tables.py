"""Tables: why a classifier takes a row for what it does, and what it would take it for if a value were another one."""

from dataclasses import replace
from functools import partial

import streamlit as st

from desk.answers import MoreTabs, answers
from desk.guesses import guess_table, guesses_of
from desk.job import Job
from desk.question import Question, Subject, asked
from desk.row_answers import changes, neighbors, rules
from desk.shared import leave_unless, watch
from desk.sidebar import chosen_question
from desk.table import Table, chosen_row, chosen_table, row_list, row_source, what_if
from desk.telling import say_nothing_yet

PAGE = "tables"


def subject(table: Table, number: int) -> Subject:
    """The row with its edited values, and what the model makes of it at once."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**What if**: edit a value")
        inputs = what_if(PAGE, table, number)
    made = row_source(table, number, inputs)
    about = Subject(table.name, table.model, inputs, table.titles[number], table.background, source=made)
    leave_unless(PAGE, about.key)
    with right:
        guess_table(PAGE, about, guesses_of(about), "What the model takes it for")
        original = replace(about, inputs=table.rows[number : number + 1])
        if original.key != about.key:
            before = f"{PAGE}_before"
            guess_table(before, original, guesses_of(original), "Before the edit")
        if table.truths[number]:
            st.text(f"True class: {table.truths[number]}")
    return about


def more_tabs(table: Table, about: Subject, wanted: Question) -> MoreTabs:
    """Answers that are no maps, where there are known rows to find them among. Each asks when its tab is first looked at."""
    if about.background is None:
        return {}
    told = {"Changes": changes, "Rules": rules, "Like cases": neighbors}
    pages = {name: f"{PAGE}_{draw.__name__}" for name, draw in told.items()}
    for page in pages.values():
        leave_unless(page, about.key)

    def drawn(name: str, _: Job) -> None:
        told[name](pages[name], about, wanted, table)

    return {name: partial(drawn, name) for name in told}


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
        answers(PAGE, about, wanted, job, more_tabs(table, about, wanted))
    else:
        st.info("Choose at least one method.")
else:
    say_nothing_yet()
