"""The rows of an audit as columns: for each answer and metric one number an item, all in one order of the items."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.evaluation.audit.rows import DRAW, Row

Key = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class ItemValues:
    """`items`: their names, numbered ones by number and others by name, whatever the order of the rows.

    `columns`: (method, variant, metric) -> (n,) float64, NaN where there is no value; what is infinite has none.
    `errors`: (method, metric) -> the items that failed there; "" stands for every method, and for every metric.
    """

    items: tuple[str, ...]
    columns: Mapping[Key, Tensor]
    errors: Mapping[tuple[str, str], frozenset[str]]

    def of(self, method: str, metric: str, variant: str = "") -> Tensor:
        """(n,) values; all NaN where nothing was measured."""
        found = self.columns.get((method, variant, metric))
        return _nothing(len(self.items)) if found is None else found

    def draws(self, method: str, metric: str) -> Tensor:
        """(n, K) values of the K single draws of a control that is chance; K is 0 where none were kept."""
        names = [key for key in self.columns if key[0] == method and key[2] == metric and key[1].startswith(DRAW)]
        found = [self.columns[key] for key in sorted(names, key=lambda key: _place(key[1].removeprefix(DRAW)))]
        return torch.stack(found, 1) if found else _nothing(len(self.items), 0)

    def failed(self, method: str, metric: str) -> frozenset[str]:
        """The items on which this method could not be explained, or not be judged by this metric."""
        return frozenset().union(*(self.errors.get(key, ()) for key in (("", ""), (method, ""), (method, metric))))


def item_values(rows: Iterable[Row]) -> ItemValues:
    """The columns of all rows.

    Raises: InputError, where two rows have the same item, method, variant and metric.
    """
    kept = tuple(rows)
    items = tuple(sorted({row.item for row in kept}, key=_place))
    places = {item: place for place, item in enumerate(items)}
    columns: dict[Key, list[float]] = {}
    errors: dict[tuple[str, str], set[str]] = {}
    seen: set[tuple[str, Key]] = set()
    for row in kept:
        key = (row.method, row.variant, row.metric)
        if (row.item, key) in seen:
            raise InputError(f"Rows of an audit must be of different items, methods, variants or metrics. Got two of {row[:5]}.")
        seen.add((row.item, key))
        if row.error:
            errors.setdefault((row.method, row.metric), set()).add(row.item)
        if row.metric:
            columns.setdefault(key, [torch.nan] * len(items))[places[row.item]] = row.value
    return ItemValues(items, {key: _finite(column) for key, column in columns.items()}, _frozen(errors))


def _place(name: str) -> tuple[bool, int, str]:
    number = name.isascii() and name.isdecimal()
    return not number, int(name) if number else 0, name


def _finite(column: list[float]) -> Tensor:
    values = torch.tensor(column, dtype=torch.float64, device="cpu")
    return values.masked_fill(~values.isfinite(), torch.nan)


def _nothing(*shape: int) -> Tensor:
    return torch.full(shape, torch.nan, dtype=torch.float64, device="cpu")


def _frozen(errors: Mapping[tuple[str, str], set[str]]) -> dict[tuple[str, str], frozenset[str]]:
    return {key: frozenset(items) for key, items in errors.items()}
