"""The features of a table row as a reader knows them: names, categories in place of codes, and the strongest as signed bars."""

import math
from dataclasses import dataclass

import numpy as np

from xaivision.core.query import Query
from xaivision.core.rules import Condition, Rule, Rules
from xaivision.core.telling_apart import told_apart
from xaivision.data.columns import CODE_SLACK
from xaivision.report.palette import NEGATIVE_ANCHORS, POSITIVE_ANCHORS
from xaivision.report.scale import Scaling, scaled_values
from xaivision.report.signed_map import SignedMap
from xaivision.report.wording import MINUS, condition_text, feature_names, listed, number, plain

TOP = 10
# Farther on floats of 32 bits are all whole.
MOST_WHOLE = 2**24
POSITIVE_COLOR, NEGATIVE_COLOR = POSITIVE_ANCHORS[3], NEGATIVE_ANCHORS[3]


@dataclass(frozen=True)
class Bar:
    """One feature, or one group of them: its name, its value in the row, and what the method gives it, in the scale's unit."""

    name: str
    value: str
    length: float

    @property
    def color(self) -> str:
        return POSITIVE_COLOR if self.length > 0 else NEGATIVE_COLOR


def top_bars(query: Query, index: int, shown: SignedMap, scaling: Scaling, top: int = TOP) -> list[Bar]:
    """The `top` features or groups with the largest absolute values, largest first; those with zero are left out."""
    lengths = scaled_values(shown, scaling)
    order = np.argsort(-np.abs(lengths), kind="stable")[:top].tolist()
    named = {i: bar_label(query, index, shown, i) for i in order if lengths[i] != 0}
    return [Bar(*label, float(lengths[i])) for i, label in named.items()]


def bar_label(query: Query, index: int, shown: SignedMap, place: int) -> tuple[str, str]:
    """The name of what the value at this place of the map belongs to, and the row's value; none where it is a group's."""
    if shown.groups and len(shown.groups[place]) > 1:
        return shown.names[place], ""
    column = shown.groups[place][0] if shown.groups else place
    names = feature_names(query, query.inputs[index].numel())
    return names[column], value_words(query, column, float(query.inputs[index][column]))


def remainder(shown: SignedMap, bars: list[Bar]) -> str:
    """How much of the map's total the features without a bar carry; empty where there are none."""
    left = int((shown.values != 0).sum()) - len(bars)
    if left <= 0:
        return ""
    rest = np.sort(np.abs(shown.shares))[: shown.values.size - len(bars)].sum()
    what, carry = "group" if shown.groups else "feature", "carries"
    if left > 1:
        what, carry = f"{what}s", "carry"
    return f"{left} more {what} {carry} {100 * float(rest):.2g} % of the total"


def value_words(query: Query, column: int, value: float) -> str:
    """A value of this column: the name of the category that it is the code of, else the number."""
    names = _categories(query, column)
    code = round(value) if math.isfinite(value) else -1
    known = 0 <= code < len(names) and abs(value - code) <= CODE_SLACK
    return plain(names[code]) if known else _column_number(query, column, value)


def _column_number(query: Query, column: int, value: float) -> str:
    """Four digits of a number; `12` rather than `12.00` in a column of which all that is known is whole."""
    shown = (value, *query.inputs.flatten(1)[:, column : column + 1].flatten().tolist())
    whole = all(math.isfinite(one) and one == round(one) and abs(one) < MOST_WHOLE for one in shown)
    return f"{value + 0.0:.0f}".replace("-", MINUS) if whole else number(value, 4)


def change_words(query: Query, column: int, before: float, after: float) -> tuple[str, str]:
    """Two values of this column in words, with as many digits as tell them apart."""
    words = value_words(query, column, before), value_words(query, column, after)
    return words if words[0] != words[1] else told_apart(before, after, number, 5)


def rule_words(query: Query, rule: Rule) -> str:
    """`if mean radius > 14.2 and color is red or green`."""
    return f"if {listed([condition_words(query, one) for one in rule.conditions])}" if rule.conditions else "always"


def words_of(rules: Rules, rule: Rule) -> str:
    """The rule in words; for pictures the numbers of the segments that must be there."""
    if rules.players is None:
        return rule_words(rules.query, rule)
    there = [str(condition.feature) for condition in rule.conditions]
    return (
        f"if segment{'s' if len(there) > 1 else ''} {listed(there)} {'are' if len(there) > 1 else 'is'} there"
        if there
        else "always"
    )


def condition_words(query: Query, condition: Condition) -> str:
    """`0.1 < texture ≤ 3`; for a column of categories `color is red or green`, or `color is not red`."""
    names = tuple(map(plain, _categories(query, condition.feature)))
    held = [name for code, name in enumerate(names) if condition.holds(code)]
    left = [name for code, name in enumerate(names) if not condition.holds(code)]
    columns = feature_names(query, query.inputs[0].numel())
    if not held or not left:  # no categories, or a condition that does not tell them apart
        return condition_text(condition, columns)
    verb, named = ("is", held) if len(held) <= len(left) else ("is not", left)
    return f"{columns[condition.feature]} {verb} {' or '.join(named)}"


def _categories(query: Query, column: int) -> tuple[str, ...]:
    """What the codes of this column stand for; nothing where it holds numbers."""
    return query.category_names[column] if column < len(query.category_names) else ()
