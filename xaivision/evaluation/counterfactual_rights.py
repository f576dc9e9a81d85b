"""What may change in a table, read from its schema and from what its people wish, for counting what was broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.explainers.counterfactuals.own_constraint import OwnConstraint
from xaivision.explainers.counterfactuals.table_space import permitted_codes, permitted_ends, spreads
from xaivision.explainers.counterfactuals.wishes import Column, Wishes


@dataclass(frozen=True, eq=False)
class Rights:
    """All (F,): whether a column is `free` to change, its `low` and `high` end, its `direction` (1 up, -1 down, 0 either), and
    whether it holds `numbers`; others hold codes, of which only those from low to high are known. `permitted`: of some columns
    of codes those that they may become. `linked`: columns that change together, and the values (P, n) that occur together.
    `constraints`: what of rows (n, F) must be from zero on.
    """

    free: Tensor
    low: Tensor
    high: Tensor
    direction: Tensor
    numbers: Tensor
    permitted: Mapping[int, Tensor]
    linked: tuple[tuple[list[int], Tensor], ...] = ()
    constraints: tuple[OwnConstraint, ...] = ()

    def violations(self, before: Tensor, after: Tensor) -> Tensor:
        """(n,) how many changes from each row (n, F) to another may not be, and how many constraints the other does not keep."""
        count = self.broken(before, after).double().sum(1)
        for group, patterns in self.linked:
            own, new = before[:, group], after[:, group]
            known = (new[:, None] == patterns.to(new)).all(2).any(1)
            count += (~known & (new != own).any(1)).double()
        for one in self.constraints:
            count += (one.slack(after) <= 0).double()
        return count

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


def rights_of(model: ClassifierAdapter, known: Tensor, wishes: Wishes | None) -> Rights:
    """What the schema of the model forbids, and the columns, directions, permitted values, links and constraints of the wishes.
    Values of linked columns that occur together in `known` rows (N, F), or in those of the wishes, may be.

    Raises: InputError, where the wishes name a column or a category that is not there.
    """
    schema, columns = model.schema, known.shape[1]
    features = schema.features if isinstance(schema, TableSchema) else ()
    rights, groups = _by_features(features, columns), () if schema is None else tuple(schema.groups.values())
    if wishes is None:
        return replace(rights, linked=_together(groups, known))
    number = partial(_number, tuple(schema.names) if schema is not None else (), columns)
    for column, way in (wishes.one_way or {}).items():
        rights.direction[number(column)] = 1 if way == "up" else -1
    if not isinstance(wishes.features_to_vary, str):
        named = torch.zeros_like(rights.free)
        named[[number(column) for column in wishes.features_to_vary]] = True
        rights.free.logical_and_(named)
    wished = [tuple(number(column) for column in group) for group in wishes.linked]
    taken = {column for group in wished for column in group}
    rows = torch.cat([known.double(), wishes.background.to(known.device).double()])
    rights = replace(
        rights,
        linked=_together([*wished, *(group for group in groups if not taken & set(group))], rows),
        constraints=tuple(OwnConstraint(one, spreads(rows)) for one in wishes.constraints if callable(one)),
    )
    return _within(rights, {number(column): given for column, given in (wishes.permitted_range or {}).items()}, features)


def _by_features(features: Sequence[Feature], columns: int) -> Rights:
    """What the features of a schema forbid: nothing of columns that none describes."""
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
    return rights


def _together(groups: Sequence[tuple[int, ...]], known: Tensor) -> tuple[tuple[list[int], Tensor], ...]:
    """The columns of each group of several, and the values (P, n) of theirs that known rows (N, F) show together."""
    several = [list(group) for group in groups if len(group) > 1]
    return tuple((group, known[:, group].unique(dim=0)) for group in several)  # type: ignore[no-untyped-call]


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


def _number(names: tuple[str, ...], columns: int, column: Column) -> int:
    if column in names:
        return names.index(str(column))
    if isinstance(column, int) and 0 <= column < columns:
        return column
    raise InputError(f"`wishes` must name columns of this model. Got {column!r}.")
