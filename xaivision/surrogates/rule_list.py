"""A rule list: the first rule that holds decides. Chosen greedily among the conditions of a forest's shallow trees.

Each step takes the rule that lowers the squared error to the black box's probabilities most, on the rows that no rule before it
covers; the rest get their own mean. Source: Rivest, Learning decision lists, 1987, doi:10.1007/BF00058680 (the form).
"""

from dataclasses import dataclass

import numpy as np

from xaivision.core.rules import Condition
from xaivision.surrogates.decision_tree import DecisionTree, Floats, Numbers, Rows
from xaivision.surrogates.thresholds import with_short_thresholds

# A rule that lowers the squared error by less than this share of it says nothing new.
LEAST_GAIN = 1e-3


@dataclass(frozen=True, eq=False)
class RuleListStandIn:
    """`conditions` of each rule in their order, the last one without any; `values` (R, K) what each gives."""

    features: tuple[int, ...]
    conditions: tuple[tuple[Condition, ...], ...]
    values: Floats

    def probabilities(self, rows: Rows) -> Floats:
        return self.values[self.rule_of(rows)]

    def rule_of(self, rows: Rows) -> Numbers:
        """(B,) number of the first rule that holds of each row."""
        found = np.full(len(rows), len(self.conditions) - 1)
        for number in reversed(range(len(self.conditions) - 1)):
            found[holds(self.conditions[number], rows)] = number
        return found


def holds(conditions: tuple[Condition, ...], rows: Rows) -> "np.ndarray":
    """(B,) bool: whether every condition holds of each row, rounded to float32 as trees do."""
    found = np.ones(len(rows), dtype=bool)
    for condition in conditions:
        values = rows[:, condition.feature].astype(np.float32).astype(np.float64)
        if condition.low is not None:
            found &= values > condition.low
        if condition.high is not None:
            found &= values <= condition.high
    return found


def grown_rule_list(
    rows: Rows, probabilities: Floats, columns: tuple[int, ...], trees: tuple[DecisionTree, ...], most: int, fewest: int = 5
) -> RuleListStandIn:
    """The list of up to `most` rules, each of `fewest` rows, and one for the rest, out of the conditions of trees' nodes."""
    candidates = _candidates(trees, rows)
    covers = np.stack([holds(one, rows) for one in candidates]) if candidates else np.zeros((0, len(rows)), dtype=bool)
    left = np.ones(len(rows), dtype=bool)
    chosen: list[tuple[Condition, ...]] = []
    values: list[Floats] = []
    for _ in range(most):
        best = _best(covers, probabilities, left, fewest)
        if best is None:
            break
        chosen.append(candidates[best])
        values.append(probabilities[left & covers[best]].mean(0))
        left &= ~covers[best]
    rest = probabilities[left] if left.any() else probabilities
    return RuleListStandIn(columns, (*chosen, ()), np.stack([*values, rest.mean(0)]))


def _candidates(trees: tuple[DecisionTree, ...], rows: Rows) -> list[tuple[Condition, ...]]:
    """The conditions of every node below a root, each once."""
    found: dict[tuple[Condition, ...], None] = {}
    for tree in trees:
        short = with_short_thresholds(tree, rows)
        for node in range(1, len(short.left)):
            conditions = short.conditions_of(node)
            found[tuple(sorted(conditions, key=lambda one: one.feature))] = None
    return list(found)


def _best(covers: "np.ndarray", probabilities: Floats, left: "np.ndarray", fewest: int) -> int | None:
    """The candidate that lowers the squared error most on the rows that are left; None where none lowers it."""
    mine, known = covers[:, left].astype(np.float64), probabilities[left]
    if not len(mine) or not len(known):
        return None
    count, inside = mine.sum(1), mine @ known
    outside, others = known.sum(0) - inside, len(known) - count
    usable = (count >= fewest) & (others >= 1)
    total = float((known.sum(0) ** 2).sum()) / len(known)
    explained = (inside**2).sum(1) / np.maximum(count, 1) + (outside**2).sum(1) / np.maximum(others, 1) - total
    gains = np.where(usable, explained, -np.inf)
    error = float((known**2).sum()) - total
    best = int(gains.argmax())
    return best if gains[best] > LEAST_GAIN * max(error, 1e-12) and error > 1e-9 * len(known) else None
