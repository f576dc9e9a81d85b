"""Thresholds that can be read: the shortest decimal between the two known values that a split lies between.

What is written is then what is compared: rules that are copied by hand from a figure still reproduce the tree, which rounds
values to float32, on values as they stand in a file. 0.17 in a file is 0.17000000178 to the tree: a threshold of 0.17 would part
them.
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
    """The decimal with the fewest digits between two values, nearest to their middle, or the middle where none is there.

    Values come as float32, and are compared with the decimal as people have written them: so it lies farther from both than any
    decimal that is rounded to one of them, and is itself not rounded to more than it is.
    """
    above, below = np.float32(low), np.float32(high)
    least = low + float(np.nextafter(above, np.float32(np.inf)) - above) / 2
    most = high - float(below - np.nextafter(below, np.float32(-np.inf))) / 2
    middle = low + (high - low) / 2
    for digits in range(1, MOST_DIGITS + 1):
        for short in _with_neighbors(middle, digits):
            if least < short < most and float(np.float32(short)) <= short:
                return short
    return middle


def _with_neighbors(value: float, digits: int) -> tuple[float, ...]:
    """The nearest decimal of so many digits, and those below and above it."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    whole, place = int(mantissa.replace(".", "")), int(exponent) - digits + 1
    return tuple(float(f"{whole + step}e{place}") for step in (0, -1, 1))
