"""One decision tree in plain arrays: what it says of rows, the leaves they fall into, and the conditions of each leaf."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaivision.core.rules import Condition

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Rows = NDArray[Any]


@dataclass(frozen=True, eq=False)
class DecisionTree:
    """Nodes in arrays of one length; node 0 is the root, and leaves have -1 for children.

    A row, rounded to float32 as scikit-learn does, goes `left` where its `feature` is at most the `threshold`. `values`
    (nodes, K): mean probabilities of the rows that came to a node; `weights` (nodes,): how many did.
    """

    left: Numbers
    right: Numbers
    feature: Numbers
    threshold: Floats
    values: Floats
    weights: Floats

    def probabilities(self, rows: Rows) -> Floats:
        """(B, K) what the leaf of each row (B, F) holds."""
        return self.values[self.leaves_of(rows)]

    def leaves_of(self, rows: Rows, rounded: bool = True) -> Numbers:
        """(B,) number of the leaf that each row falls into, `rounded` to float32 or as it is."""
        table = (
            rows.astype(np.float32, copy=False) if rounded else rows
        )  # a wide table is not copied for the few columns that are asked
        at = np.zeros(len(table), dtype=np.int64)
        moving = np.flatnonzero(self.left[at] >= 0)
        while len(moving):
            node = at[moving]
            goes_left = table[moving, self.feature[node]].astype(np.float64) <= self.threshold[node]
            at[moving] = np.where(goes_left, self.left[node], self.right[node])
            moving = moving[self.left[at[moving]] >= 0]
        return at

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """Numbers of the leaves, from left to right."""
        return tuple(node for node in self._in_order() if self.left[node] < 0)

    @cached_property
    def depth(self) -> int:
        """Conditions on the longest way from the root to a leaf."""
        return max(len(self.way_to(leaf)) - 1 for leaf in self.leaves)

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Numbers of the features it asks about, ascending."""
        return tuple(sorted(set(self.feature[self.left >= 0].tolist())))

    def way_to(self, node: int) -> tuple[int, ...]:
        """The nodes from the root to this one, both included."""
        way = [node]
        while way[-1]:
            way.append(int(self._parents[way[-1]]))
        return tuple(reversed(way))

    def conditions_of(self, node: int) -> tuple[Condition, ...]:
        """What holds at a node: one condition a feature, its bounds merged, in the order in which they are first asked."""
        low: dict[int, float] = {}
        high: dict[int, float] = {}
        asked: dict[int, None] = {}
        way = self.way_to(node)
        for parent, child in pairwise(way):
            feature, threshold = int(self.feature[parent]), float(self.threshold[parent])
            asked[feature] = None
            if child == self.left[parent]:
                high[feature] = min(threshold, high.get(feature, np.inf))
            else:
                low[feature] = max(threshold, low.get(feature, -np.inf))
        return tuple(Condition(feature, low.get(feature), high.get(feature)) for feature in asked)

    def renumbered(self, features: Numbers) -> "DecisionTree":
        """The same tree over rows in which its feature i stands in column `features[i]`."""
        split = self.left >= 0
        return replace(self, feature=np.where(split, np.asarray(features)[np.where(split, self.feature, 0)], -1))

    @cached_property
    def _parents(self) -> Numbers:
        parents = np.full(len(self.left), -1, dtype=np.int64)
        split = np.flatnonzero(self.left >= 0)
        parents[self.left[split]] = split
        parents[self.right[split]] = split
        return parents

    def _in_order(self) -> list[int]:
        """Nodes, each before its children and its left child before its right one."""
        found, waiting = [], [0]
        while waiting:
            node = waiting.pop()
            found.append(node)
            if self.left[node] >= 0:
                waiting += [int(self.right[node]), int(self.left[node])]
        return found


def trees_from_boosting(estimator: Any, classes: int) -> tuple[DecisionTree, ...]:
    """The trees inside a fitted HistGradientBoostingClassifier, each adding to the logits (classes,) of those it knows.

    One margin of two classes becomes a half for the one and a half against the other. Its rows are compared as they are.
    """
    known = estimator.classes_
    found = []
    for number, one in ((number, one) for stage in estimator._predictors for number, one in enumerate(stage)):
        nodes = one.nodes
        leaf = nodes["is_leaf"].astype(bool)
        values = np.zeros((len(nodes), classes))
        if len(known) == 2:
            values[:, known[0]], values[:, known[1]] = -nodes["value"] / 2, nodes["value"] / 2
        else:
            values[:, known[number]] = nodes["value"]
        found.append(
            DecisionTree(
                left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
                right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
                feature=np.where(leaf, -1, nodes["feature_idx"].astype(np.int64)),
                threshold=np.where(leaf, 0.0, nodes["num_threshold"]).astype(np.float64),
                values=values,
                weights=nodes["count"].astype(np.float64),
            )
        )
    return tuple(found)


def tree_from_sklearn(tree: Any) -> DecisionTree:
    """The tree inside a fitted scikit-learn regressor of K outputs."""
    leaf = tree.children_left < 0
    return DecisionTree(
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        feature=np.where(leaf, -1, tree.feature).astype(np.int64),
        threshold=np.where(leaf, 0.0, tree.threshold).astype(np.float64),
        values=tree.value[:, :, 0].astype(np.float64),
        weights=tree.n_node_samples.astype(np.float64),
    )
