"""Thresholds that can be read: the shortest decimal between the two known values that a split lies between.

What is written is then what is compared: rules that are copied by hand from a figure still reproduce the tree.
"""

from dataclasses import replace

import numpy as np

from xaivision.surrogates.decision_tree import DecisionTree, Rows

MOST_DIGITS = 17


def with_short_thresholds(tree: DecisionTree, rows: Rows) -> DecisionTree:
    """The tree with each threshold as short as leaves every one of these rows (n, F) in its leaf."""
    found = tree.threshold.copy()
    waiting = [(0, np.arange(len(rows)))]
    while waiting:
        node, here = waiting.pop()
        if tree.left[node] < 0:
            continue
        values = rows[here, tree.feature[node]].astype(np.float32).astype(np.float64)
        goes_left = values <= tree.threshold[node]
        found[node] = _between(values[goes_left], values[~goes_left], float(tree.threshold[node]))
        waiting += [(int(tree.left[node]), here[goes_left]), (int(tree.right[node]), here[~goes_left])]
    return replace(tree, threshold=found)


def _between(below: "np.ndarray", above: "np.ndarray", threshold: float) -> float:
    if not len(below) or not len(above):  # a bootstrap sample split where these rows do not
        return threshold
    return shortest_between(float(below.max()), float(above.min()))


def shortest_between(low: float, high: float) -> float:
    """The decimal with the fewest digits in [low, high), nearest to the middle; `low` itself where no shorter one is there."""
    middle = low + (high - low) / 2
    for digits in range(1, MOST_DIGITS + 1):
        short = float(f"{middle:.{digits - 1}e}")
        if low <= short < high:
            return short
    return low
