"""What a row's answers are beside maps: what would turn the decision, a rule that holds it, and the cases most like it."""

from typing import Any

import streamlit as st

from desk.classes import class_labels
from desk.one_answer import one_answer
from desk.question import Question, Subject
from desk.table import Table
from desk.text_table import text_table
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.examples import Examples
from xaivision.core.rules import Rules
from xaivision.offers import counterfactual_methods
from xaivision.report.changes_table import MOST_SHOWN, changes_of_row, changes_rows
from xaivision.report.features import rule_words
from xaivision.report.neighbors_table import MOST_CASES, neighbors_of_row
from xaivision.report.wording import number, plain

RIVAL = "the nearest other class"
FIRST = "random_counterfactuals"
# There is one way for each row, told edit by edit.
ONE_WAY = "decision_boundary"


def changes(page: str, about: Subject, wanted: Question, table: Table) -> None:
    """Counterfactuals: which values would have to be others, and nothing that stays as it is."""
    methods = sorted(counterfactual_methods(about.model, ("background",)), key=_first)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        method = st.selectbox("Found by", methods, key=f"{page}_method", bind="query-params")
        labels = [RIVAL, *class_labels(about.model)]
        goal = st.selectbox("Class to reach", labels, key=f"{page}_goal", bind="query-params")
        count = st.number_input(
            "How many", 1, MOST_SHOWN, 3, key=f"{page}_count", bind="query-params", disabled=method == ONE_WAY
        )
    free = st.multiselect("May change", table.columns, key=f"{page}_free", bind="query-params", placeholder="every column")
    settings: dict[str, Any] = {} if method == ONE_WAY else {"total_CFs": int(count)}
    if goal != RIVAL:
        settings["desired_class"] = labels.index(goal) - 1
    if free:
        # Columns go by their own names, and by numbers where they have none.
        places, schema = map(table.columns.index, free), about.model.schema
        settings["features_to_vary"] = tuple(place if schema is None else schema.names[place] for place in places)

    def tell(found: Counterfactuals) -> None:
        told = changes_of_row(found)
        text_table(f"{page}_changes", told.headings, changes_rows(found), caption=f"What would make it {told.goal}")
        st.caption(
            "Columns that stay as they are in all of them are left out; a dot says that one stays. Scores in brackets do not "
            "reach the class."
        )

    one_answer(page, about, wanted, (method, settings), tell)


def rules(page: str, about: Subject, wanted: Question, _: Table) -> None:
    """Anchors: conditions that hold the prediction, whatever else is changed."""
    threshold = st.slider("Holds in at least", 0.5, 0.99, 0.95, 0.01, key=f"{page}_threshold", bind="query-params", width=260)

    def tell(found: Rules) -> None:
        rows = [
            (
                rule_words(found.query, rule),
                number(rule.precision),
                "" if rule.precision_bound != rule.precision_bound else number(rule.precision_bound),
                number(rule.coverage),
            )
            for rule in found.rules[0]
        ]
        heads = ("rule", "precision", "at least", "coverage")
        text_table(f"{page}_rules", heads, rows, caption=f"What holds {plain(found.query.target_names()[0])}")
        st.caption(
            "Precision: of known rows that meet the rule, the others of their values replaced, the share that is decided alike. "
            "Coverage: the share of known rows that meet it."
        )

    one_answer(page, about, wanted, ("anchors", {"threshold": float(threshold)}), tell)


def neighbors(page: str, about: Subject, wanted: Question, table: Table) -> None:
    """The known cases most like this row, side by side with it."""
    count = st.number_input("How many", 1, MOST_CASES, 3, key=f"{page}_count", bind="query-params", width=200)

    def tell(found: Examples) -> None:
        told = neighbors_of_row(found, classes=table.known_classes)
        text_table(f"{page}_cases", told.headings, (*told.facts, *told.columns), caption="Known cases, the most alike first")
        more = f" The {told.more} columns in which they differ least are left out." if told.more else ""
        st.caption(f"A dot says that a value is the same. The columns that set them apart most come first.{more}")

    one_answer(page, about, wanted, ("nearest_examples", {"k": int(count)}), tell)


def _first(name: str) -> tuple[bool, str]:
    return name != FIRST, name
