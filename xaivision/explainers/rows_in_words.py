"""Rows of tables in words: what changed from one to another, what a rule holds, and what turns a decision."""

from math import isfinite

from torch import Tensor

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.query import Query
from xaivision.core.rules import Condition, Rules
from xaivision.core.telling_apart import told_apart


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


def values_apart(query: Query, column: int, before: float, after: float) -> tuple[str, str]:
    """Two values of a column in words, with as many digits as tell them apart."""
    words = value_words(query, column, before), value_words(query, column, after)
    return words if words[0] != words[1] else told_apart(before, after, "{:.{}g}".format, 5)


def change_words(query: Query, before: Tensor, after: Tensor) -> str:
    """Every change from one row (F,) to another; "nothing" where there is none."""
    told = [
        f"{column_words(query, column)} " + " to ".join(values_apart(query, column, float(before[column]), float(after[column])))
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
        return f"{name} is above {number_words(low)} and up to {number_words(high)}"
    if low is not None:
        return f"{name} is above {number_words(low)}"
    return name if high is None else f"{name} is up to {number_words(high)}"


def share_words(share: float) -> str:
    """Whole percents; what is less than all is never told as all."""
    return "more than 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def rule_sentence(rules: Rules, index: int) -> str:
    """While what holds, or whatever the row holds, how many of the drawn rows stay what they are predicted as."""
    if not rules.rules[index]:
        return "No rule was found."
    (rule, *_), query = rules.rules[index], rules.query
    held = " and ".join(condition_words(query, one) for one in rule.conditions)
    while_held = f"While {held}" if held else "Whatever a row holds"
    return f"{while_held}, {share_words(rule.precision)} of drawn rows stay {class_words(query, int(query.targets[index]))}."


def turn_sentence(way: Counterfactuals, index: int) -> str:
    """The last edit that leads to the class to reach, after those before it; all at once, where no row before is on the way."""
    query, goal = way.query, class_words(way.query, int(way.goals[index]))
    place = way.found[index].nonzero().flatten().tolist()
    if not place:
        return f"No row that was tried is predicted as {goal}."
    row, end = query.inputs[index], way.counterfactuals[index, place[0]]
    before = way.counterfactuals[index, place[0] - 1] if place[0] else row
    if not bool(((before == row) | (before == end)).all()):
        before = row
    last = f"It turns to {goal} with {change_words(query, before, end)}"
    return f"{last}, after {change_words(query, row, before)}." if bool((before != row).any()) else f"{last}."


def class_words(query: Query, label: int) -> str:
    """The class's name, or its number."""
    return query.class_names[label] if query.class_names else f"class {label}"
