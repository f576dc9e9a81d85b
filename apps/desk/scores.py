"""The table of verdicts, scores and costs: every number as the report has it."""

import streamlit as st

from desk.telling import as_text
from xaivision import Comparison
from xaivision.report.badge import BADGE_MARKS
from xaivision.report.page import section


def score_table(page: str, comparison: Comparison) -> None:
    """A row for each method and control."""
    rows = section(comparison, 0, page).rows
    better = {name: next(iter(found.values())).higher_is_better for name, found in comparison.scores.items() if found}
    columns: dict[str, list[str]] = {
        "method": [row.label for row in rows],
        "verdict": [f"{BADGE_MARKS[row.badge]} {row.badge}" for row in rows],
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
    st.caption("↑ higher is better, ↓ lower is better. Calls and times are those of each row alone.")
