"""Rows of tables in words: what changed from one to another, and what a condition says."""

from torch import Tensor

from xaivision.core.query import Query
from xaivision.core.rules import Condition


def column_words(query: Query, column: int) -> str:
    """The column's name, or its number."""
    return query.feature_names[column] if query.feature_names else f"column {column}"


def value_words(query: Query, column: int, value: float) -> str:
    """A category's name, or four digits of a number."""
    words = query.category_names[column] if query.category_names else ()
    return str(words[round(value)]) if words and 0 <= round(value) < len(words) else f"{value:.4g}"


def change_words(query: Query, before: Tensor, after: Tensor) -> str:
    """Every change from one row (F,) to another; "nothing" where there is none."""
    told = [
        f"{column_words(query, column)} {value_words(query, column, float(before[column]))} to "
        f"{value_words(query, column, float(after[column]))}"
        for column in (before != after).nonzero().flatten().tolist()
    ]
    return ", ".join(told) or "nothing"


def condition_words(query: Query, condition: Condition) -> str:
    """What the condition says of its column."""
    name, low, high = column_words(query, condition.feature), condition.low, condition.high
    words = query.category_names[condition.feature] if query.category_names else ()
    if words and low is not None and high is not None:
        return f"{name} is {value_words(query, condition.feature, (low + high) / 2)}"
    if low is not None and high is not None:
        return f"{name} above {low:.4g} up to {high:.4g}"
    return f"{name} above {low:.4g}" if low is not None else f"{name} up to {high:.4g}"
