"""The table of verdicts, scores and costs: every number as the report has it."""

import streamlit as st

from desk.job import Job
from desk.telling import as_text
from desk.view import panels
from xaivision import Comparison
from xaivision.report.badge import BADGE_MARKS
from xaivision.report.page import Row, table_rows


def score_rows(job: Job, comparison: Comparison) -> tuple[Row, ...]:
    """The numbers of each method and control, made once for each job."""
    made: tuple[Row, ...] = job.kept_as("rows", lambda: table_rows(comparison, panels(job, comparison.methods)))
    return made


def score_table(page: str, job: Job, comparison: Comparison) -> None:
    """A row for each method and control, with the reasons of its verdict below."""
    rows = score_rows(job, comparison)
    better = {name: next(iter(found.values())).higher_is_better for name, found in comparison.scores.items() if found}
    columns: dict[str, list[str]] = {
        "method": [row.label for row in rows],
        "verdict" if comparison.scores else "own verdict": [f"{BADGE_MARKS[row.badge]} {row.badge}" for row in rows],
    }
    for place, name in enumerate(comparison.scores):
        heading = f"{name} {'↑' if better.get(name, True) else '↓'}"
        columns[heading] = [": ".join(filter(None, row.cells[place])) for row in rows]
    for place, heading in enumerate(("model calls", "gradient calls", "time")):
        columns[heading] = [row.costs[place] for row in rows]
    st.dataframe(
        columns,
        hide_index=True,
        key=f"{page}_scores",
        column_config={"method": st.column_config.TextColumn(pinned=True)},
        alt="Verdict, scores beside controls, and cost of each method",
    )
    for row in rows:
        if row.verdict.reasons and row.badge != "control":
            st.caption(f"**{as_text(row.label)}**: {as_text('; '.join(row.verdict.reasons))}")
    st.caption(
        "↑ higher is better, ↓ lower is better. Deletion and insertion hold a map against its own reversed ranking, too, which "
        "has no row. Calls and times are those of each row alone."
    )
