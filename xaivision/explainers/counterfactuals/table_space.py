"""The space in which a table's rows may move, read off the schema, the background and the wishes of the caller."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.question import Question
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.engines.counterfactuals.decimals import steps_of
from xaivision.engines.counterfactuals.space import Part, Space
from xaivision.explainers.counterfactuals.wishes import Column, Wishes

NORMS = {"l1": 1.0, "l2": 2.0, "linf": torch.inf}


class Columns:
    """The columns of a question's table: their names, and their features where a schema knows them."""

    def __init__(self, q: Question) -> None:
        self.count = q.query.inputs.shape[1]
        schema = q.model.schema
        self.names = tuple(schema.names) if schema is not None else ()
        self.features: tuple[Feature, ...] = schema.features if isinstance(schema, TableSchema) else ()
        self.groups = dict(schema.groups) if schema is not None else {}

    def number(self, column: Column) -> int:
        """The number of a named or numbered column.

        Raises: UnknownNameError, InputError, where there is no such column.
        """
        if isinstance(column, str) and self.names:
            if column not in self.names:
                raise UnknownNameError("column", column, self.names)
            return self.names.index(column)
        if isinstance(column, bool) or not isinstance(column, int) or not 0 <= column < self.count:
            named = "" if self.names else " No schema names the columns of this model."
            raise InputError(f"A column must be a number from 0 to {self.count - 1}, or a name. Got {column!r}.{named}")
        return column

    @property
    def whole(self) -> Tensor:
        """(F,) the columns that the schema says are whole numbers."""
        whole = [feature.dtype.lower().startswith(("int", "uint")) for feature in self.features]
        return torch.tensor(whole or [False] * self.count, device="cpu")

    def by_number(self, given: Mapping[Column, Any] | None) -> dict[int, Any]:
        return {self.number(column): value for column, value in (given or {}).items()}

    def categories(self, number: int) -> tuple[Any, ...]:
        """What the codes of a column stand for; nothing for numbers."""
        return (self.features[number].categories or ()) if self.features else ()

    def name(self, number: int) -> str:
        return self.names[number] if self.names else f"column {number}"


def table_space(q: Question, wishes: Wishes, background: Tensor) -> Space:
    """The space of this question's rows.

    Raises: UnknownNameError, InputError, where the wishes name what is not there, or contradict the schema.
    """
    columns, table = Columns(q), background.detach().cpu().double()
    permitted = columns.by_number(wishes.permitted_range)
    low, high = _ranges(columns, table, permitted)
    steps = torch.where(columns.whole, 1.0, steps_of(background))
    parts = _parts(columns, wishes, table, permitted)
    grouped = [column for part in parts if part.patterns is not None for column in part.columns]
    steps[grouped] = 0
    return Space(
        low=low,
        high=high,
        step=steps,
        direction=_directions(columns, wishes),
        free=free_columns(columns, wishes.features_to_vary),
        weight=_weights(columns, wishes, table, set(grouped)),
        parts=parts,
        norm=NORMS[wishes.norm],
        dtype=background.dtype,
        fine=_fine_steps(high - low),
    )


def _fine_steps(ranges: Tensor) -> Tensor:
    """(F,) a power of ten below a millionth of each range: what is finer says nothing, and is rounding of the search itself."""
    return torch.where(ranges > 0, 10 ** (ranges.clamp_min(1e-300).log10().floor() - 7), 0)


def _ranges(columns: Columns, table: Tensor, permitted: Mapping[int, Any]) -> tuple[Tensor, Tensor]:
    low, high = table.amin(0), table.amax(0)
    for number, feature in enumerate(columns.features):
        if feature.categories:  # which of them, its part says
            low[number], high[number] = 0, len(feature.categories) - 1
            continue
        low[number] = low[number] if feature.low is None else feature.low
        high[number] = high[number] if feature.high is None else feature.high
    for number, given in permitted.items():
        if columns.categories(number):
            continue
        low[number], high[number] = permitted_ends(columns.name(number), given)
    return low, high


def permitted_ends(name: str, given: Sequence[Any]) -> tuple[float, float]:
    """The two ends that the column of this name is given.

    Raises: InputError, where they are no ends.
    """
    if len(given) != 2 or not all(isinstance(end, int | float) for end in given):
        raise InputError(f"`permitted_range` of `{name}` must be [low, high]. Got {given!r}.")
    if not given[0] <= given[1]:
        raise InputError(f"`permitted_range` of `{name}` must not end below its start. Got {list(given)}.")
    return float(given[0]), float(given[1])


def _directions(columns: Columns, wishes: Wishes) -> Tensor:
    direction = torch.zeros(columns.count, dtype=torch.float64, device="cpu")
    for number, way in columns.by_number(wishes.one_way).items():
        if columns.categories(number) and not columns.features[number].ordered:
            raise InputError(f"`one_way` needs an order. The categories of `{columns.name(number)}` have none.")
        direction[number] = 1 if way == "up" else -1
    return direction


def free_columns(columns: Columns, features_to_vary: Literal["all"] | Sequence[Column]) -> Tensor:
    """(F,) which columns may change.

    Raises: UnknownNameError, InputError, where there is no such column, or the schema says that it may not.
    """
    mutable = torch.tensor([feature.mutable for feature in columns.features] or [True] * columns.count, device="cpu")
    if isinstance(features_to_vary, str):
        return mutable
    named = [columns.number(column) for column in features_to_vary]
    fixed = [number for number in named if not mutable[number]]
    if fixed:
        raise InputError(
            f"`features_to_vary` must be columns that may change. Got `{columns.name(fixed[0])}`, which the schema says may not."
        )
    free = torch.zeros(columns.count, dtype=torch.bool, device="cpu")
    free[named] = True
    return free


def _weights(columns: Columns, wishes: Wishes, table: Tensor, grouped: set[int]) -> Tensor:
    weight = torch.ones(columns.count, dtype=torch.float64, device="cpu")
    if wishes.feature_weights is not None:
        scale = spreads(table)
        alone = [number for number in range(columns.count) if number not in grouped]
        weight[alone] = 1 / scale[alone]
    if isinstance(wishes.feature_weights, Mapping):
        for number, given in columns.by_number(wishes.feature_weights).items():
            if not isinstance(given, int | float) or not given > 0:
                raise InputError(f"`feature_weights` of `{columns.name(number)}` must be positive. Got {given!r}.")
            weight[number] = float(given)
    elif wishes.feature_weights not in (None, "inverse_mad"):
        raise InputError(f"`feature_weights` must be 'inverse_mad', a mapping or None. Got {wishes.feature_weights!r}.")
    return weight


def spreads(table: Tensor) -> Tensor:
    """(F,) median absolute deviation of each column; where more than half of it is one value the mean one, and 1 if constant.

    DiCE takes 1 for both: a dollar more of a gain that few have would then weigh as much as a year of age.
    """
    deviation = (table - table.median(0).values).abs()
    middle, mean = deviation.median(0).values, deviation.mean(0)
    return torch.where(middle > 0, middle, torch.where(mean > 0, mean, 1.0))


def linked_groups(columns: Columns, linked: Sequence[Sequence[Column]]) -> list[tuple[int, ...]]:
    """The numbers of the columns of these groups.

    Raises: UnknownNameError, InputError, where there is no such column, or one is in two groups.
    """
    groups = [tuple(columns.number(column) for column in group) for group in linked]
    if len({number for group in groups for number in group}) < sum(map(len, groups)):
        raise InputError("`linked` must name every column once. Got one in two groups.")
    return groups


def _parts(columns: Columns, wishes: Wishes, table: Tensor, permitted: Mapping[int, Any]) -> tuple[Part, ...]:
    linked = linked_groups(columns, wishes.linked)
    taken = {number for group in linked for number in group}
    linked += [group for group in columns.groups.values() if len(group) > 1 and not taken & set(group)]
    taken = {number for group in linked for number in group}
    patterns = [table[:, group].unique(dim=0) for group in linked]  # type: ignore[no-untyped-call]
    parts = [Part(group, _allowed(columns, group, known, permitted)) for group, known in zip(linked, patterns, strict=True)]
    for number in range(columns.count):
        if number not in taken:
            parts.append(Part((number,), _codes(columns, number, permitted)))
    return tuple(parts)


def _codes(columns: Columns, number: int, permitted: Mapping[int, Any]) -> Tensor | None:
    """(C, 1) codes that a column of categories may take; None for numbers."""
    categories = columns.categories(number)
    if not categories:
        return None
    codes = torch.arange(len(categories), dtype=torch.float64, device="cpu")[:, None]
    return _allowed(columns, (number,), codes, permitted)


def _allowed(columns: Columns, group: Sequence[int], patterns: Tensor, permitted: Mapping[int, Any]) -> Tensor:
    """The patterns whose categories are among the permitted ones."""
    for place, number in enumerate(group):
        categories = columns.categories(number)
        if number not in permitted or not categories:
            continue
        codes = permitted_codes(columns.name(number), categories, permitted[number])
        patterns = patterns[torch.isin(patterns[:, place], codes)]
    return patterns


def permitted_codes(name: str, categories: Sequence[Any], given: Sequence[Any]) -> Tensor:
    """(P,) the codes of the categories that the column of this name is given.

    Raises: UnknownNameError, where it has no such category.
    """
    unknown = [value for value in given if value not in categories]
    if unknown:
        raise UnknownNameError(f"category of `{name}`", str(unknown[0]), map(str, categories))
    return torch.tensor([float(categories.index(value)) for value in given], dtype=torch.float64, device="cpu")
