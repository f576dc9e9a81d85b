"""Which row of which table: the named tables with the models that were trained on them, or the model the app was started with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from desk.models import given_model
from desk.shared import model
from desk.telling import say_error
from xaivision import load_dataset
from xaivision.catalog import catalog
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.first_look import sample_input
from xaivision.predicting import top_classes
from xaivision.report.wording import plain

TABLES = ("uci_sonar", "breast_cancer", "wine")
GIVEN = "the model of this app"


@dataclass(frozen=True, eq=False)
class Table:
    """A model under its name, and rows (N, F) it never learned from, with a title and the true class of each where known.

    `background`: what the model learned from.
    """

    name: str
    model: ClassifierAdapter
    rows: Any
    titles: tuple[str, ...]
    truths: tuple[str, ...]
    background: Any = None


def chosen_table(page: str) -> Table | None:
    """The table and the model of the selectboxes; None, with the reason on the page, where the model cannot be had."""
    given = given_model()
    own = given is not None and model(given).domain == "tabular"
    offered = [*([GIVEN] if own else []), *TABLES]
    table = st.selectbox("Table", offered, key=f"{page}_table", bind="query-params", persist_state="session")
    if own and table == GIVEN:
        return _of_given(str(given))
    names = [card["name"] for card in catalog("models")["models"] if card["name"].startswith(f"{table}_")]
    if st.session_state.get(f"{page}_model", names[0]) not in names:
        del st.session_state[f"{page}_model"]
    name = st.selectbox("Model", names, key=f"{page}_model", bind="query-params", persist_state="session")
    try:
        return _loaded(table, name)
    except XaivisionError as error:
        say_error(error)
        return None


def chosen_row(page: str, table: Table) -> int:
    """The number of the row among those of the table; a click on a row of the list takes it."""
    last = len(table.rows) - 1
    if st.session_state.get(f"{page}_row", 0) > last:
        del st.session_state[f"{page}_row"]
    return int(st.number_input("Row", 0, last, 0, key=f"{page}_row", bind="query-params", persist_state="session")) if last else 0


def row_list(page: str, table: Table) -> None:
    """Every row with its true and its predicted class; a click takes it."""
    key = f"{page}_rows_{table.name}"

    def take() -> None:
        if rows := st.session_state[key].selection.rows:
            st.session_state[f"{page}_row"] = rows[0]

    guesses = [found[0] for found in top_classes(table.model, table.rows, 1)]
    right = ["yes" if truth == plain(guess.name) else "no" for truth, guess in zip(table.truths, guesses, strict=True)]
    st.dataframe(
        {
            "row": table.titles,
            "true class": table.truths,
            "predicted": [plain(one.name) for one in guesses],
            "probability": [one.probability for one in guesses],
            "right": right,
        },
        hide_index=True,
        key=key,
        on_select=take,
        selection_mode="single-row",
        height=240,
        column_config={"probability": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.3f")},
        alt=f"{len(table.titles)} rows with their true and predicted classes",
    )


def what_if(page: str, table: Table, number: int) -> Any:
    """(1, F) the row with the values that were edited."""
    row, schema = table.rows[number : number + 1], table.model.schema
    names: Sequence[str] = schema.names if schema is not None else [f"feature {column}" for column in range(row.shape[1])]
    typical = table.model.typical
    values = [float(value) for value in row[0]]
    columns: dict[str, list[Any]] = {"feature": [plain(name) for name in names], "what if": list(values), "this row": values}
    if typical is not None:
        columns["typical"] = list(typical)
    edited = st.data_editor(
        columns,
        hide_index=True,
        disabled=["feature", "this row", "typical"],
        key=f"{page}_what_if_{table.name}_{number}",
        height=360,
        column_config={
            "what if": st.column_config.NumberColumn(required=True, format="%.5g"),
            "this row": st.column_config.NumberColumn(format="%.5g"),
            "typical": st.column_config.NumberColumn(format="%.5g"),
        },
        alt="The features of this row; the column `what if` can be edited",
    )
    found = row.clone()
    for column, value in enumerate(edited["what if"]):
        if value != values[column]:  # what nobody touched keeps every bit
            found[0, column] = value
    return found


def _of_given(name: str) -> Table:
    """The model that the app was started with, at an input that is known of it."""
    found = model(name)
    return Table(name, found, sample_input(found), ("a row near the typical one",), ("",))


@st.cache_resource(show_spinner="Loading the table", max_entries=9)
def _loaded(table: str, name: str) -> Table:
    data = load_dataset(table)
    numbers = data.split.test.tolist()
    part = data.test
    truths = tuple(plain(data.class_names[label]) for label in part.targets.tolist())
    return Table(name, model(name), part.inputs, tuple(f"{table} row {number}" for number in numbers), truths, data)
