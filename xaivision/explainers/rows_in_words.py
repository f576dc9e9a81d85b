"""Rows of tables in words: what changed from one to another, what a rule holds, and what turns a decision."""

from torch import Tensor

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.query import Query
from xaivision.core.rules import Rules, condition_words
from xaivision.core.telling_apart import told_apart
from xaivision.core.values_in_words import column_words, value_words


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
