"""A row beside the known cases that are most like it: how alike, what became of them, and where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from xaivision.core.errors import InputError
from xaivision.core.examples import Examples
from xaivision.core.query import Query
from xaivision.report.changes_table import SAME
from xaivision.report.example_words import tells_distances
from xaivision.report.features import change_words, value_words
from xaivision.report.wording import feature_names, number, plain

# Columns that are told; cases that stand beside each other.
MOST_COLUMNS, MOST_CASES = 15, 6


@dataclass(frozen=True)
class Neighbors:
    """`facts`: rows that say how alike each case is and what the model and, where known, the truth say of it; `columns`: name,
    value of the input and of each case, a dot where it is the same, the most different first; `more`: columns that are left out.
    """

    headings: tuple[str, ...]
    facts: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[str, ...], ...]
    more: int


def neighbors_of_row(found: Examples, index: int = 0, classes: Sequence[str] = ()) -> Neighbors:
    """One input beside its examples. `classes`: the true class of each case of the set that they come from, where it is known.

    Raises: InputError, where the inputs are no rows of a table.
    """
    query = found.query
    if query.inputs.ndim != 2:
        raise InputError("A table of neighbors needs rows of a table. Got pictures. `show` draws those.")
    row, cases = query.inputs[index], found.examples[index, :MOST_CASES]
    numbers = found.indices[index, :MOST_CASES].tolist()
    # What each column adds to minus the distance, where that is known; else whatever differs, in the table's order.
    apart = (cases != row).double() if found.maps is None else -found.maps[index, : len(cases)].double()
    order = apart.sum(0).argsort(descending=True, stable=True).tolist()
    shown = order[:MOST_COLUMNS]
    names = feature_names(query, len(row))
    columns = tuple(
        (
            names[column],
            value_words(query, column, float(row[column])),
            *(_beside(query, column, float(row[column]), float(case[column])) for case in cases),
        )
        for column in shown
    )
    headings = ("", "this row", *(f"{rank + 1}. case {place}" for rank, place in enumerate(numbers)))
    return Neighbors(headings, _facts(found, index, numbers, classes), columns, len(order) - len(shown))


def _beside(query: Query, column: int, here: float, there: float) -> str:
    """The value of a case beside that of the row, with as many digits as tell them apart; a dot where it is the same."""
    return SAME if here == there else change_words(query, column, here, there)[1]


def _facts(found: Examples, index: int, numbers: Sequence[int], classes: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    query = found.query
    word, sign = ("distance", -1) if tells_distances(found) else ("similarity", 1)
    told = [(word, "", *(number(sign * float(one)) for one in found.similarity[index, : len(numbers)]))]
    if found.example_scores is not None:
        of = f"{query.unit} of {plain(query.target_names()[index])}"
        scores = (number(float(one)) for one in found.example_scores[index, : len(numbers)])
        told.append((of, number(float(query.scores[index])), *scores))
    if classes:
        told.append(("true class", "", *(plain(classes[place]) for place in numbers)))
    return tuple(told)
