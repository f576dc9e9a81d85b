"""Which row of which table: the named tables with the models that were trained on them, or the model the app was started with."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from desk.address import mark_of, numbers_of, numbers_text, recalled, remember
from desk.models import chosen_name, given_model
from desk.question import Source
from desk.shared import model
from desk.telling import say_error, say_warning
from desk.uploads import as_uploaded, uploaded_file
from xaivision import load_dataset
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.core.sharing import fingerprint
from xaivision.first_look import sample_input
from xaivision.naming import items_from
from xaivision.offers import training_classes
from xaivision.predicting import top_classes
from xaivision.report.wording import plain

TABLES = ("uci_sonar", "breast_cancer", "wine")
GIVEN = "the model of this app"
NO_ROW = "This model does not say which columns it takes. Give it rows of your own, as a CSV file."
ABOUT_ROWS = "A CSV file whose first line names the columns that the model takes; other columns are left out."


@dataclass(frozen=True, eq=False)
class Table:
    """A model under its name, and rows (N, F) it never learned from, with a title and the true class of each where known.

    `background`: what the model learned from. `source`: the Python that gives `rows`. `file`: tells the rows of one uploaded file
    from those of another, whose edits are none of theirs.
    """

    name: str
    model: ClassifierAdapter
    rows: Any
    titles: tuple[str, ...]
    truths: tuple[str, ...]
    source: Source
    background: Any = None
    file: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Their names."""
        schema = self.model.schema
        count = int(self.rows.shape[1])
        return tuple(map(plain, schema.names)) if schema is not None else tuple(f"feature {column}" for column in range(count))

    @property
    def known_classes(self) -> tuple[str, ...]:
        """The true class of each row of the background; none where it has no classes."""
        return tuple(map(plain, training_classes(self.background)))


def chosen_table(page: str) -> Table | None:
    """The table and the model of the selectboxes; None, with the reason on the page, where the model cannot be had."""
    given = given_model()
    own = given is not None and model(given).domain == "tabular"
    offered = [*([GIVEN] if own else []), *TABLES]
    table = st.selectbox("Table", offered, key=f"{page}_table", bind="query-params", persist_state="session")
    if own and table == GIVEN:
        return _of_given(page, str(given))
    name = chosen_name(f"{page}_model", table)
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
    """(1, F) the row with the values that were edited, which are in the address."""
    row = table.rows[number : number + 1]
    typical = table.model.typical
    values = [float(value) for value in row[0]]
    key = f"{page}_what_if_{table.name}{table.file}_{number}"
    columns: dict[str, list[Any]] = {
        "feature": list(table.columns),
        "what if": _edited_before(page, key, row),
        "this row": values,
    }
    if typical is not None:
        columns["typical"] = list(typical)
    edited = st.data_editor(
        columns,
        hide_index=True,
        disabled=["feature", "this row", "typical"],
        key=key,
        height=360,
        column_config={
            "what if": st.column_config.NumberColumn(required=True, format="%.5g"),
            "this row": st.column_config.NumberColumn(format="%.5g"),
            "typical": st.column_config.NumberColumn(format="%.5g"),
        },
        alt="The features of this row; the column `what if` can be edited",
    )
    found = row.clone()
    # What nobody touched keeps every bit.
    edits = {column: float(value) for column, value in enumerate(edited["what if"]) if value != values[column]}
    for column, value in edits.items():
        found[0, column] = value
    remember(f"{page}_edits", mark_of(row), numbers_text(edits))
    return found


def _edited_before(page: str, key: str, row: Any) -> list[float]:
    """The values that the editor begins with: the row's, but for those that the address says; the same as long as it is open."""
    place = f"{key} begins with"
    if key not in st.session_state or place not in st.session_state:
        values = [float(value) for value in row[0]]
        edits = numbers_of(recalled(f"{page}_edits", mark_of(row)))
        st.session_state[place] = [edits.get(column, value) for column, value in enumerate(values)]
    begins: list[float] = list(st.session_state[place])
    return begins


def row_source(table: Table, number: int, inputs: Any) -> Source:
    """The Python that gives this row (1, F) with the values that were edited."""
    row = table.rows[number]
    changed = [column for column, value in enumerate(inputs[0]) if value != row[column]]
    edits = [f"inputs[0, {column}] = {float(inputs[0, column])!r}  # {table.columns[column]}" for column in changed]
    lines = (*table.source.lines, f"inputs = rows[{number} : {number + 1}].clone()", *edits)
    return replace(table.source, lines=lines)


def _of_given(page: str, name: str) -> Table | None:
    """The model that the app was started with, at rows of an uploaded table, or at an input that is known of it."""
    found = model(name)
    path = uploaded_file("Rows of your own", "csv", f"{page}_rows_of_ones_own", ABOUT_ROWS)
    try:
        if path is None:
            made = Source(("from xaivision.first_look import sample_input", "rows = sample_input(model)"))
            return Table(name, found, sample_input(found), ("a row near the typical one",), ("",), made)
        items = items_from([path], found, rows=None)
    except XaivisionError as error:
        say_error(NO_ROW if path is None else as_uploaded(error, path))
        return None
    say_warning(as_uploaded(note, path) for note in items.notes)
    titles = tuple(f"row {number}" for number in range(len(items.inputs)))
    read = ("from xaivision.naming import items_from", 'rows = items_from(["rows.csv"], model, rows=None).inputs')
    told = fingerprint(items.inputs).hex()[:8]
    return Table(name, found, items.inputs, titles, ("",) * len(titles), Source(read, "rows"), items.inputs, told)


@st.cache_resource(show_spinner="Loading the table", max_entries=9)
def _loaded(table: str, name: str) -> Table:
    data = load_dataset(table)
    numbers = data.split.test.tolist()
    part = data.test
    truths = tuple(plain(data.class_names[label]) for label in part.targets.tolist())
    titles = tuple(f"{table} row {number}" for number in numbers)
    made = Source((f"data = xv.load_dataset({table!r})", "rows = data.test.inputs"), "data")
    return Table(name, model(name), part.inputs, titles, truths, made, data)
