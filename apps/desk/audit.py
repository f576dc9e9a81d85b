"""An audit as it is asked for, done in the background, and told."""

from pathlib import Path
from typing import Any

import streamlit as st

from desk.job import Job
from desk.methods import chosen_methods
from desk.models import given_model
from desk.shared import model
from desk.telling import as_text, say_error
from xaivision.audit_asking import asked_audit
from xaivision.audit_request import OUT, AuditRequest
from xaivision.auditing import USUAL_CHECKS, USUAL_METRICS, prepared
from xaivision.catalog import catalog
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.report.audit_files import write_audit
from xaivision.report.audit_page import BADGES, AuditPage, audit_page
from xaivision.report.audit_worst import worst_first
from xaivision.report.badge import BADGE_MARKS
from xaivision.report.wording import plain

PAGE = "audit"
# What is typed: its label, its name in the address, an example, and what it means.
WORDS = (
    ("Data", "data", "photos/ or uci_sonar", "A folder or a pattern of pictures, a CSV file, or the name of a data set."),
    ("Rows", "rows", "0-19", "Of a data set or a table; its test part where empty."),
)
COLORS = {"ok": "green", "warn": "orange", "refuse": "red", "control": "gray"}


def chosen_audit() -> AuditRequest | None:
    """What the sidebar asks for; None, with the reason on the page, where the model cannot be had."""
    given = given_model()
    offered = [*([given] if given else []), *(card["name"] for card in catalog("models")["models"])]
    name = st.selectbox("Model", offered, key=f"{PAGE}_model", bind="query-params", persist_state="session")
    try:
        found = model(name)
    except (XaivisionError, OSError) as error:
        say_error(error)
        return None
    data, rows = (_said(*one) for one in WORDS)
    with st.expander("More"):
        background = _said("Background", "background", "none", "Reference inputs: a data set, a folder or a CSV file.")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key=f"{PAGE}_seed", bind="query-params")
    asked = _who(found, background is not None)
    out = _said("Folder", "out", OUT, "All is kept here as it is found: an audit that was stopped goes on from there.")
    return AuditRequest(
        model=name,
        inputs=(data,) if data else (),
        rows=rows or "",
        background=background,
        seed=int(seed),
        out=Path(out or OUT),
        **asked,
    )


def _who(found: ClassifierAdapter, with_background: bool) -> dict[str, Any]:
    """The methods and the metrics, these with the settings that an audit usually gives them."""
    methods = chosen_methods(PAGE, found, ("background",) if with_background else ())
    usual = {**USUAL_METRICS, **USUAL_CHECKS}
    known = [card["name"] for card in catalog("metrics")["metrics"]]
    judges = st.multiselect("Metrics", known, default=list(usual), key=f"{PAGE}_metrics", bind="query-params")
    return {
        "methods": {one: one for one in methods},
        "metrics": tuple(judges),
        "metric_settings": {one: usual[one] for one in judges if one in usual},
    }


def _said(label: str, name: str, shown: str, told: str) -> str | None:
    """What was typed; None where nothing was. `shown`: an example, in its place."""
    return (
        st.text_input(label, key=f"{PAGE}_{name}", bind="query-params", placeholder=shown, help=told, persist_state="session")
        or ""
    ).strip() or None


def done_audit(request: AuditRequest, job: Job) -> AuditPage:
    """The report of the audit, written into its folder as well; what is done is kept, and done once.

    Raises: as `xv.audit`.
    """
    asked = asked_audit(request)
    report = prepared(asked.subject, asked.items, **asked.arguments).run()
    paths = write_audit(report, request.out)
    job.kept["files"] = {path.name: path.read_bytes() for path in paths}
    job.kept["worst"] = {metric: worst_first(report, metric) for metric in report.metrics}
    job.kept["classes"] = report.class_names
    job.kept["notes"] = asked.notes
    return audit_page(report)


def tell_audit(job: Job) -> None:
    """The conclusions, the items with the worst first, and the files."""
    page: AuditPage = job.result
    st.markdown(f"#### {as_text(page.title)}")
    for note in job.kept["notes"]:
        st.caption(as_text(note))
    grid = st.grid(columns="auto", min_column_width=330, border=True)
    for one in page.judgements:
        with grid.cell():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{as_text(one.label)}**")
                st.badge(f"{BADGE_MARKS[BADGES[one.standing]]} {one.standing}", color=COLORS[one.badge])  # type: ignore[arg-type]
            for word, said in (("For", one.speaks_for), ("Against", one.speaks_against)):
                if said:
                    st.markdown(f"{word}: {as_text('; '.join(said))}")
    _worst(job)
    _files(job)
    with st.expander(f"What this audit cannot say ({len(page.cannot_say)} sentences)"):
        for sentence in page.cannot_say:
            st.markdown(f"- {as_text(sentence)}")


def _worst(job: Job) -> None:
    worst: dict[str, Any] = job.kept["worst"]
    metric = st.selectbox("Items, the worst first, by", list(worst), key=f"{PAGE}_metric", bind="query-params")
    rows, classes = worst[metric], job.kept["classes"]
    st.dataframe(
        {
            "item": [plain(row.item) for row in rows],
            "class": [plain(classes[row.target]) if 0 <= row.target < len(classes) else "" for row in rows],
            "method": [plain(row.method) for row in rows],
            metric: [None if row.error else row.value for row in rows],  # numbers, which a click on the head sorts
            "verdict": [row.verdict for row in rows],
            "error": [plain(row.error) for row in rows],
        },
        hide_index=True,
        key=f"{PAGE}_worst_{metric}",
        column_config={metric: st.column_config.NumberColumn(format="%.4g")},
        alt=f"{len(rows)} rows by {metric}, the worst first",
    )


def _files(job: Job) -> None:
    with st.container(horizontal=True):
        for name, content in job.kept["files"].items():
            st.download_button(name, content, name, key=f"{PAGE}_file_{name}", on_click="ignore", icon=":material/download:")
