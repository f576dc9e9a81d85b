"""What may change in a table, read from its schema and from what its people wish, for counting what was broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.explainers.counterfactuals.table_space import permitted_codes, permitted_ends
from xaivision.explainers.counterfactuals.wishes import Column, Wishes


@dataclass(frozen=True, eq=False)
class Rights:
    """All (F,): whether a column is `free` to change, its `low` and `high` end, its `direction` (1 up, -1 down, 0 either), and
    whether it holds `numbers`; others hold codes, of which only those from low to high are known. `permitted`: of some columns
    of codes those that they may become.
    """

    free: Tensor
    low: Tensor
    high: Tensor
    direction: Tensor
    numbers: Tensor
    permitted: Mapping[int, Tensor]

    def broken(self, before: Tensor, after: Tensor) -> Tensor:
        """(..., F) whether each change from a row to another is one that may not be."""
        before, after = before.double(), after.double()
        moved = after - before
        slack = 1e-6 * torch.maximum(self.low.abs(), self.high.abs()).nan_to_num(0, 0, 0)
        out = (after < self.low - slack) | (after > self.high + slack)
        code = ~self.numbers & (after != after.round())
        for column, codes in self.permitted.items():
            code[..., column] |= ~torch.isin(after[..., column], codes)
        return (moved != 0) & (~self.free | (moved * self.direction < 0) | out | code)


def rights_of(model: ClassifierAdapter, columns: int, wishes: Wishes | None) -> Rights:
    """What the schema of the model forbids, and the columns, directions and permitted values of the wishes.

    Raises: InputError, where the wishes name a column or a category that is not there.
    """
    schema = model.schema
    features = schema.features if isinstance(schema, TableSchema) else ()
    open_ = torch.full((columns,), torch.inf, dtype=torch.float64, device="cpu")
    rights = Rights(
        free=torch.tensor([one.mutable for one in features] or [True] * columns, device="cpu"),
        low=-open_,
        high=open_.clone(),
        direction=torch.zeros(columns, dtype=torch.float64, device="cpu"),
        numbers=torch.tensor([not one.categories for one in features] or [True] * columns, device="cpu"),
        permitted={},
    )
    for place, one in enumerate(features):
        if one.categories:
            rights.low[place], rights.high[place] = 0, len(one.categories) - 1
            continue
        rights.low[place] = -torch.inf if one.low is None else one.low
        rights.high[place] = torch.inf if one.high is None else one.high
    names = tuple(schema.names) if schema is not None else ()
    if wishes is not None:
        for column, way in (wishes.one_way or {}).items():
            rights.direction[_number(column, names, columns)] = 1 if way == "up" else -1
        if not isinstance(wishes.features_to_vary, str):
            named = torch.zeros_like(rights.free)
            named[[_number(column, names, columns) for column in wishes.features_to_vary]] = True
            rights.free.logical_and_(named)
        permitted = {_number(column, names, columns): given for column, given in (wishes.permitted_range or {}).items()}
        return _within(rights, permitted, features)
    return rights


def _within(rights: Rights, permitted: Mapping[int, Sequence[Any]], features: Sequence[Feature]) -> Rights:
    """The rights within the ranges and categories that are permitted."""
    codes = {}
    for column, given in permitted.items():
        name = features[column].name if features else f"column {column}"
        if bool(rights.numbers[column]):
            rights.low[column], rights.high[column] = permitted_ends(name, given)
        else:
            codes[column] = permitted_codes(name, features[column].categories or (), given)
    return replace(rights, permitted=codes)


def _number(column: Column, names: tuple[str, ...], columns: int) -> int:
    if column in names:
        return names.index(str(column))
    if isinstance(column, int) and 0 <= column < columns:
        return column
    raise InputError(f"`wishes` must name columns of this model. Got {column!r}.")
