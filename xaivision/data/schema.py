"""What the columns of a table are, and the table between data frames and tensors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.presenting import few, in_short
from xaivision.data.columns import decoded, encoded, learned
from xaivision.data.feature import Feature

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class TableSchema:
    """The columns of a table in their order: `to_tensor` encodes data frames, `to_frame` gives them back."""

    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", tuple(self.features))
        if not self.features:
            raise InputError("`features` must have at least one feature. Got none.")
        _check_distinct(self.names)
        alone = {feature.name for feature in self.features if feature.group is None}
        taken = sorted(alone & {feature.group for feature in self.features if feature.group is not None})
        if taken:
            raise InputError(f"`group` must not be the name of a column that stands alone. Got {taken[0]!r}.")

    @classmethod
    def from_frame(
        cls,
        frame: "pd.DataFrame",
        *,
        units: Mapping[str, str] | None = None,
        immutable: Iterable[str] = (),
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> "TableSchema":
        """The schema that a data frame shows: objects, strings, categories and booleans are encoded as codes.

        What no frame shows is told: `units` by column, the `immutable` columns, and `groups` of columns by name.

        Raises: InputError, where a column holds something else, has missing values or no proper name, or there are no rows.
        """
        _check_is_frame(frame)
        _check_names(frame)
        group_of = _group_of(groups or {})
        fixed, unit_of = set(immutable), units or {}
        for name in (*fixed, *unit_of, *group_of):
            if name not in frame.columns:
                raise UnknownNameError("column", name, frame.columns)
        return cls(
            tuple(
                replace(learned(frame[name]), unit=unit_of.get(name, ""), mutable=name not in fixed, group=group_of.get(name))
                for name in frame.columns
            )
        )

    def __len__(self) -> int:
        return len(self.features)

    def __repr__(self) -> str:
        """One line: how many columns there are, and the first of them; `features` has them all."""
        return in_short(self, f"{len(self)} columns {few(self.names)}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of each column."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def category_names(self) -> tuple[tuple[str, ...], ...]:
        """For each column what its codes 0, 1, ... stand for, in words; nothing for a column of numbers."""
        return tuple(tuple(map(str, feature.categories or ())) for feature in self.features)

    @cached_property
    def typical(self) -> tuple[float, ...] | None:
        """The median, or the code of the commonest category, of each column; None where one is not known."""
        known = tuple(feature.typical for feature in self.features if feature.typical is not None)
        return known if len(known) == len(self.features) else None

    @cached_property
    def ranges(self) -> tuple[float, ...] | None:
        """Largest minus smallest value of each column; None where one is not known."""
        known = tuple(
            feature.high - feature.low for feature in self.features if feature.low is not None and feature.high is not None
        )
        return known if len(known) == len(self.features) else None

    @cached_property
    def groups(self) -> dict[str, tuple[int, ...]]:
        """Column numbers by group, each column once; one that belongs to none stands alone under its own name."""
        numbers: dict[str, tuple[int, ...]] = {}
        for number, feature in enumerate(self.features):
            group = feature.group if feature.group is not None else feature.name
            numbers[group] = (*numbers.get(group, ()), number)
        return numbers

    def to_tensor(self, frame: "pd.DataFrame") -> Tensor:
        """(B, F) float64: numbers as they are, categories as codes. The frame's columns may come in any order.

        Raises: InputError, where a column is missing, unknown, incomplete, or holds values that the schema does not know.
        """
        _check_is_frame(frame)
        self._check_columns(frame)
        return torch.from_numpy(np.stack([encoded(feature, frame[feature.name]) for feature in self.features], axis=1))

    def to_frame(self, rows: "np.ndarray[Any, Any] | Tensor") -> "pd.DataFrame":
        """The data frame of rows (B, F): original names, order and types; codes as categories, integers rounded.

        Raises: InputError, where the shape is not (B, F), a value is not finite, or a code stands for no category.
        """
        import pandas as pd

        table = np.asarray(rows.detach().cpu() if isinstance(rows, Tensor) else rows)
        if table.ndim != 2 or table.shape[1] != len(self):
            raise InputError(f"`rows` must have shape (B, {len(self)}), one column a feature. Got {table.shape}.")
        if self._plain and np.isfinite(table).all():
            return pd.DataFrame(table.astype(np.float64), columns=self._header)
        index = pd.RangeIndex(len(table))  # one for all columns: pandas need not find out that theirs are alike
        columns = {one.name: decoded(one, table[:, number], index) for number, one in enumerate(self.features)}
        return pd.DataFrame(columns, index=index)

    @cached_property
    def _plain(self) -> bool:
        """Whether all columns are of one type, so that pandas need not look at each."""
        return all(one.categories is None and one.dtype == "float64" for one in self.features)

    @cached_property
    def _header(self) -> "pd.Index[Any]":
        import pandas as pd

        return pd.Index(self.names)

    def _check_columns(self, frame: "pd.DataFrame") -> None:
        _check_distinct(tuple(frame.columns))
        missing = [name for name in self.names if name not in frame.columns]
        if missing:
            raise InputError(
                f"The data frame must have the column {missing[0]!r}. {_and_more(missing)}Got {_shown(frame.columns)}."
            )
        extra = [name for name in frame.columns if name not in self.names]
        if extra:
            raise InputError(
                f"The data frame must have the {len(self)} columns of the schema only. Got {_shown(extra)} as well. Drop it."
            )


def _check_is_frame(frame: Any) -> None:
    if not hasattr(frame, "columns") or not hasattr(frame, "dtypes"):
        raise InputError(
            f"A table with names must be a pandas data frame. Got {type(frame).__name__}. Use pd.DataFrame(rows, columns=names)."
        )


def _check_names(frame: "pd.DataFrame") -> None:
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise InputError(f"The data frame must have rows and columns. Got {frame.shape[0]} rows and {frame.shape[1]} columns.")
    odd = [name for name in frame.columns if not isinstance(name, str)]
    if odd:
        raise InputError(
            f"Columns must be named by strings. Got {odd[0]!r}. Rename them with frame.columns = frame.columns.astype(str)."
        )
    _check_distinct(tuple(frame.columns))


def _check_distinct(names: Sequence[str]) -> None:
    twice = sorted({str(name) for name in names if list(names).count(name) > 1})
    if twice:
        raise InputError(f"Every column must have a name of its own. Got {twice[0]!r} more than once.")


def _group_of(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    group_of: dict[str, str] = {}
    for group, names in groups.items():
        for name in names:
            if name in group_of:
                raise InputError(f"A column must belong to one group. Got `{name}` in `{group_of[name]}` and `{group}`.")
            group_of[name] = group
    return group_of


def _and_more(missing: Sequence[str]) -> str:
    return f"{len(missing) - 1} more are missing. " if len(missing) > 1 else ""


def _shown(names: Iterable[Any]) -> str:
    listed = [repr(name) for name in names]
    return ", ".join(listed[:5]) + (", ..." if len(listed) > 5 else "")
