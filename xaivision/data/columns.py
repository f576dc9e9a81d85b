"""One column between pandas and numbers: what it teaches, how it is encoded, how it is given back."""

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xaivision.core.errors import InputError
from xaivision.data.feature import Feature

if TYPE_CHECKING:
    import pandas as pd

Numbers: TypeAlias = NDArray[np.float64]

# Codes are whole numbers; float32 arithmetic on a column moves them by less than this.
CODE_SLACK = 1e-3
SHOWN = 5


def learned(column: "pd.Series[Any]") -> Feature:
    """The feature this column shows: its type, categories, range, and median (of integers the lower one) or mode.

    Raises: InputError, where values are missing or infinite, or are neither numbers nor categories.
    """
    import pandas as pd

    name = str(column.name)
    _check_complete(name, column)
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return _learned_numbers(name, column)
    categories = _categories(name, column)
    codes = encoded(Feature(name, categories=categories), column)
    counts = np.bincount(codes.astype(int), minlength=len(categories))
    ordered = bool(getattr(column.dtype, "ordered", False))
    return Feature(
        name,
        categories=categories,
        low=0.0,
        high=float(len(categories) - 1),
        typical=float(counts.argmax()),
        dtype=str(column.dtype),
        ordered=ordered,
    )


def encoded(feature: Feature, column: "pd.Series[Any]") -> Numbers:
    """(B,) the column as float64: its numbers, or the codes of its categories.

    Raises: InputError, where values are missing, infinite, of the wrong type, or of no known category.
    """
    import pandas as pd

    _check_complete(feature.name, column)
    if feature.categories is None:
        return _numbers(feature, column)
    code_of = {value: code for code, value in enumerate(feature.categories)}
    try:
        positions, values = pd.factorize(column)
    except TypeError as error:
        raise _not_hashable(feature.name) from error
    unknown = [value for value in values if value not in code_of]
    if unknown:
        raise InputError(
            f"Column `{feature.name}` must hold known categories: {_listed(feature.categories)}. Got {_listed(unknown)}. "
            "Learn the schema from data that has them."
        )
    return np.array([code_of[value] for value in values], dtype=np.float64)[positions]


def decoded(feature: Feature, numbers: NDArray[Any], index: "pd.RangeIndex") -> "pd.Series[Any] | NDArray[Any]":
    """The column with its own type: categories of codes, integers rounded, other numbers as they are.

    An array where pandas makes a column of the same type of it, which costs it least; else a series with this index.

    Raises: InputError, where a number is not finite, a code stands for no category, or an integer type cannot hold it.
    """
    if not np.isfinite(numbers).all():
        raise InputError(
            f"Column `{feature.name}` must be finite. Got {int((~np.isfinite(numbers)).sum())} values that are NaN or infinite."
        )
    if feature.categories is not None:
        return _decoded_codes(feature, numbers, index)
    dtype, integer = _number_dtype(feature.dtype)
    if not integer:
        return _typed(numbers.astype(np.float64), dtype, index)
    whole = np.rint(numbers.astype(np.float64))
    limits = np.iinfo(getattr(dtype, "numpy_dtype", dtype))
    if len(whole) and (whole.min() < limits.min or whole.max() > limits.max):
        raise InputError(
            f"Column `{feature.name}` must fit {feature.dtype}, {limits.min} to {limits.max}. "
            f"Got {whole.min():g} to {whole.max():g}."
        )
    return _typed(whole, dtype, index)


@cache
def _number_dtype(name: str) -> tuple[Any, bool]:
    """A type of numbers by its name, and whether it is of integers: pandas takes as long to say so as to fill a short column."""
    import pandas as pd

    dtype = pd.api.types.pandas_dtype(name)
    return dtype, pd.api.types.is_integer_dtype(dtype)


def _typed(numbers: Numbers, dtype: Any, index: "pd.RangeIndex") -> "pd.Series[Any] | NDArray[Any]":
    import pandas as pd

    return numbers.astype(dtype) if isinstance(dtype, np.dtype) else pd.Series(numbers, index=index).astype(dtype)


def _decoded_codes(feature: Feature, numbers: NDArray[Any], index: "pd.RangeIndex") -> "pd.Series[Any]":
    import pandas as pd

    categories = feature.categories or ()
    codes = np.rint(numbers)
    wrong = (np.abs(numbers - codes) > CODE_SLACK) | (codes < 0) | (codes >= len(categories))
    if wrong.any():
        raise InputError(
            f"Column `{feature.name}` must hold codes of categories, whole numbers from 0 to {len(categories) - 1}. "
            f"Got {_listed(np.unique(numbers[wrong]).tolist())}. Replace categories by others, such as the schema's `typical`."
        )
    if feature.dtype == "category":
        kind: pd.CategoricalDtype[Any] = pd.CategoricalDtype(list(categories), ordered=feature.ordered)
        return pd.Series(pd.Categorical.from_codes(codes.astype(np.int64), dtype=kind), index=index)
    values = pd.Series(list(categories), dtype=object).to_numpy()
    return pd.Series(values[codes.astype(np.int64)], dtype=feature.dtype, index=index)


def _learned_numbers(name: str, column: "pd.Series[Any]") -> Feature:
    import pandas as pd

    feature = Feature(name, dtype=str(column.dtype))
    values = _numbers(feature, column)
    is_integer = pd.api.types.is_integer_dtype(column.dtype)
    median = np.sort(values)[(len(values) - 1) // 2] if is_integer else np.median(values)
    return Feature(
        name,
        low=float(values.min()),
        high=float(values.max()),
        typical=float(median),
        dtype=feature.dtype,
    )


def _numbers(feature: Feature, column: "pd.Series[Any]") -> Numbers:
    import pandas as pd

    dtype = column.dtype
    if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype):
        raise InputError(f"Column `{feature.name}` must hold numbers. Got {dtype}. Convert it first.")
    values: Numbers = column.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise InputError(f"Column `{feature.name}` must be finite. Got {int((~np.isfinite(values)).sum())} infinite values.")
    if pd.api.types.is_integer_dtype(pd.api.types.pandas_dtype(feature.dtype)) and (values != np.rint(values)).any():
        raise InputError(
            f"Column `{feature.name}` must hold whole numbers, as the schema says ({feature.dtype}). "
            f"Got {_listed(values[values != np.rint(values)].tolist())}."
        )
    return values


def _categories(name: str, column: "pd.Series[Any]") -> tuple[Any, ...]:
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return (False, True)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(column.dtype.categories.tolist())
    if not (pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)):
        raise InputError(
            f"Column `{name}` must hold numbers, categories, texts or booleans. Got {column.dtype}. Convert it first."
        )
    try:
        values = column.unique().tolist()
    except TypeError as error:
        raise _not_hashable(name) from error
    try:
        return tuple(sorted(values))
    except TypeError:  # values of several types have no order of their own
        return tuple(sorted(values, key=lambda value: (type(value).__name__, repr(value))))


def _not_hashable(name: str) -> InputError:
    return InputError(f"Column `{name}` must hold numbers or categories. Got lists or other values that cannot be compared.")


def _check_complete(name: str, column: "pd.Series[Any]") -> None:
    missing = int(column.isna().sum())
    if missing:
        raise InputError(f"Column `{name}` must have no missing values. Got {missing}. Impute them or drop their rows first.")


def _listed(values: Any) -> str:
    shown = [repr(value) for value in list(values)[:SHOWN]]
    return ", ".join(shown) + (", ..." if len(values) > SHOWN else "")
