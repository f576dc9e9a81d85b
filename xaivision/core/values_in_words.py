"""Values of a table's columns in words: categories by name, numbers in as many digits as a reader needs."""

from math import isfinite

from xaivision.core.query import Query


def column_words(query: Query, column: int) -> str:
    """The column's name, or its number."""
    return query.feature_names[column] if query.feature_names else f"column {column}"


def number_words(value: float, digits: int = 4) -> str:
    """So many digits of a number; a whole one, and what is before the point, in full."""
    if not isfinite(value) or abs(value) >= 1e15:
        return f"{value:.{digits}g}"
    return f"{value:.0f}" if value == round(value) or abs(value) >= 10**digits else f"{value:.{digits}g}"


def value_words(query: Query, column: int, value: float) -> str:
    """A category's name, or four digits of a number."""
    words = query.category_names[column] if query.category_names else ()
    return str(words[round(value)]) if words and 0 <= round(value) < len(words) else number_words(value)
