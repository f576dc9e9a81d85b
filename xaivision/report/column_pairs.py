"""A row of a table beside one that it is like: column by column, in the columns' own units, and how far the two are apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.examples import Examples
from xaivision.core.query import Query
from xaivision.report.features import change_words, value_words
from xaivision.report.wording import MINUS, counted, feature_names, number

# Columns that are told, the most different first.
MOST_COLUMNS = 15


@dataclass(frozen=True)
class ColumnPair:
    """A column's name, both rows' values in words, and by how many spreads of the column the first is higher than the second."""

    name: str
    here: str
    there: str
    apart: float

    @property
    def told(self) -> str:
        """`+1.3`, by how many spreads."""
        return f"{self.apart:+.1f}".replace("-", MINUS) if abs(self.apart) >= 0.05 else "0"


@dataclass(frozen=True)
class ColumnPairs:
    """For each of the examples that are shown its columns, the same ones in the same order; `more`: how many are left out, of
    which none is further apart than `rest`. `unit`: what differences are told in.
    """

    shown: tuple[tuple[ColumnPair, ...], ...]
    more: int
    rest: float
    unit: str

    @property
    def limit(self) -> float:
        """The largest difference, and at least one spread: what is alike must not look unlike."""
        return max([1.0, *(abs(pair.apart) for pairs in self.shown for pair in pairs)])

    @property
    def statements(self) -> list[str]:
        """How to read them."""
        said = [f"Bars: by how many {self.unit} this row is higher than the example."]
        if self.more:
            said.append(f"{counted(self.more, 'column')} more, none further apart than {number(self.rest, 2)}.")
        return said


def column_pairs(examples: Examples, index: int, shown: int, most: int = MOST_COLUMNS) -> ColumnPairs:
    """One row beside the first `shown` of its examples; columns that differ most over all of these come first."""
    query, cases = examples.query, examples.examples[index, :shown].double().cpu()
    row = query.inputs[index].double().cpu()
    spread, unit = _spread(examples, row, cases)
    apart = (row - cases) / spread
    order = apart.abs().sum(0).argsort(descending=True, stable=True).tolist()
    kept, left = order[:most], order[most:]
    told = tuple(_pairs(query, row, case, differences, kept) for case, differences in zip(cases, apart, strict=True))
    return ColumnPairs(told, len(left), float(apart[:, left].abs().max()) if left else 0.0, unit)


def prototype_columns(columns: Sequence[str], row: Tensor, means: Tensor, spread: Tensor, most: int) -> tuple[ColumnPair, ...]:
    """A row beside the mean of the training rows, in the `most` columns in which it differs most from it."""
    apart = (row - means).double() / spread.double()
    order = apart.abs().argsort(descending=True, stable=True)[:most].tolist()
    names = columns or tuple(f"feature {column}" for column in range(len(row)))
    return tuple(
        ColumnPair(names[one], number(float(row[one]), 4), number(float(means[one]), 4), float(apart[one])) for one in order
    )


def _pairs(query: Query, row: Tensor, case: Tensor, apart: Tensor, columns: list[int]) -> tuple[ColumnPair, ...]:
    names = feature_names(query, len(row))
    return tuple(
        ColumnPair(names[one], *_words(query, one, float(row[one]), float(case[one])), float(apart[one])) for one in columns
    )


def _words(query: Query, column: int, here: float, there: float) -> tuple[str, str]:
    if here == there:
        said = value_words(query, column, here)
        return said, said
    return change_words(query, column, here, there)


def _spread(examples: Examples, row: Tensor, cases: Tensor) -> tuple[Tensor, str]:
    """(F,) what differences are measured in, and its name: the columns' spread, or how far those shown reach."""
    if examples.spread is not None:
        known = examples.spread.double().cpu()
        return torch.where(known > 0, known, 1.0), "standard deviations of the column"
    both = torch.cat([row[None], cases])
    reach = both.amax(0) - both.amin(0)
    return torch.where(reach > 0, reach, 1.0), "shares of the range of the rows shown"
