"""One held-out row: the rule that decides it, what each question on its way does, and what would turn it."""

from typing import Any

import streamlit as st

from desk.gallery import gallery
from desk.job import Job
from desk.telling import as_text
from desk.text_table import text_table
from desk.view import wall
from desk.wide_picture import wide_picture
from xaivision import SurrogateStudy, explain
from xaivision.core.errors import XaivisionError
from xaivision.report.changes_table import changes_of_row, changes_rows
from xaivision.report.panel import panel_of
from xaivision.report.scale import LARGEST
from xaivision.report.surrogate_cases import Case, cases_of, follow_sentence, rule_sentence
from xaivision.report.surrogate_page import SurrogatePage, surrogate_page
from xaivision.report.view import View

# Of pictures: maps of a second or less.
MAPS = ("grad_cam", "occlusion", "integrated_gradients")


def case_list(page: str, job: Job) -> None:
    """Every held-out row, those where the two disagree first; a click takes it to the tab of one row."""
    cases: tuple[Case, ...] = job.kept_as("cases", lambda: cases_of(job.result))
    key = f"{page}_cases"

    def take() -> None:
        if rows := st.session_state[key].selection.rows:
            st.session_state[f"{page}_row"] = cases[rows[0]].row
            st.session_state[f"{page}_tab"] = "One row"

    st.caption("Every held-out row, the disagreements first, those first that the black box is surest of. A click opens the row.")
    probability = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.3f")
    st.dataframe(
        {
            "row": [one.row for one in cases],
            "agree": ["yes" if one.agrees else "no" for one in cases],
            "black box": [one.black_box for one in cases],
            "probability to the black box": [one.black_box_probability for one in cases],
            "surrogate": [one.surrogate for one in cases],
            "probability to the surrogate": [one.surrogate_probability for one in cases],
        },
        hide_index=True,
        key=key,
        on_select=take,
        selection_mode="single-row",
        height=250,
        column_config={"probability to the black box": probability, "probability to the surrogate": probability},
        alt=f"{len(cases)} held-out rows with the classes of the black box and of the surrogate",
    )


def one_row(page: str, job: Job) -> None:
    """The row of the number field."""
    study: SurrogateStudy = job.result
    last = len(study.held_out) - 1
    if st.session_state.get(f"{page}_row", 0) > last:
        del st.session_state[f"{page}_row"]
    row = int(st.number_input("Held-out row", 0, last, 0, key=f"{page}_row", bind="query-params", width=200))
    case = next(one for one in job.kept_as("cases", lambda: cases_of(study)) if one.row == row)
    same = "The surrogate agrees" if case.agrees else f"The surrogate says {case.surrogate}"
    st.markdown(
        f"The black box takes it for **{as_text(case.black_box)}** (probability {case.black_box_probability:.3f}). "
        f"{as_text(same)} ({case.surrogate_probability:.3f})."
    )
    try:
        st.markdown(f"Decided by: {as_text(rule_sentence(study, row))}")
    except XaivisionError as error:
        st.info(as_text(error))
        return
    if study.black_box.domain == "image":
        _map_beside(page, job, study, row)
    elif study.plan.kind == "tree":
        _way_and_turn(page, job, study, row)


def _way_and_turn(page: str, job: Job, study: SurrogateStudy, row: int) -> None:
    inputs = study.held_out.inputs[row : row + 1]
    way: Any = job.kept_as(("way", row), lambda: study.explain(inputs))
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("**What each question on its way adds**")
        gallery(page, inputs, wall(way.query, [panel_of(way, 0)], View("shared_raw", LARGEST)))
    with right:
        st.markdown("**What would turn it**")
        turned: Any = job.kept_as(("turned", row), lambda: study.counterfactual(inputs))
        if bool(turned.found[0, 0]):
            text_table(f"{page}_turned", changes_of_row(turned).headings, changes_rows(turned))
        st.markdown(as_text(job.kept_as(("follows", row), lambda: follow_sentence(study, turned))))


def _map_beside(page: str, job: Job, study: SurrogateStudy, row: int) -> None:
    """Where the black box looks in the picture that the rule was just told of, and the tree that only reads numbers of it."""
    inputs = study.held_out.inputs[row : row + 1]
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("**Where the black box looks in it**")
        method = st.selectbox("Map", MAPS, key=f"{page}_map_method", bind="query-params")
        found: Any = job.kept_as(("map", method, row), lambda: explain(study.black_box, inputs, method))
        gallery(page, inputs, wall(found.query, [panel_of(found, 0)], View("shared_raw", LARGEST)))
    told: SurrogatePage = job.kept_as("page", lambda: surrogate_page(study))
    if told.tree is not None:
        with right:
            st.markdown("**What the surrogate asks instead**")
            wide_picture(f"{page}_tree_beside", told.tree)
