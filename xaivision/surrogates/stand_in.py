"""What stands in for a black box: something small that gives probabilities of rows by a few of their features."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xaivision.surrogates.decision_tree import DecisionTree, Floats, Rows


class StandIn(Protocol):
    """(B, F) rows to (B, K) float64 probabilities, by the columns `features` alone."""

    @property
    def features(self) -> tuple[int, ...]: ...

    def probabilities(self, rows: Rows) -> Floats: ...


@dataclass(frozen=True, eq=False)
class TreeStandIn:
    """One tree over the columns `features`, of which it may use fewer."""

    features: tuple[int, ...]
    tree: DecisionTree

    def probabilities(self, rows: Rows) -> Floats:
        return self.tree.probabilities(rows)


@dataclass(frozen=True, eq=False)
class ForestStandIn:
    """The mean of trees."""

    features: tuple[int, ...]
    trees: tuple[DecisionTree, ...]

    def probabilities(self, rows: Rows) -> Floats:
        total = self.trees[0].probabilities(rows)
        for tree in self.trees[1:]:
            total = total + tree.probabilities(rows)
        return total / len(self.trees)


@dataclass(frozen=True, eq=False)
class LinearStandIn:
    """Softmax of a linear function of standardized columns: `weights` (K, k) a standard deviation, `offset` (K,)."""

    features: tuple[int, ...]
    weights: Floats
    offset: Floats
    mean: Floats
    std: Floats

    def probabilities(self, rows: Rows) -> Floats:
        table = rows[:, list(self.features)].astype(np.float64)
        logits = (table - self.mean) / self.std @ self.weights.T + self.offset
        grown = np.exp(logits - logits.max(1, keepdims=True))
        found: Floats = grown / grown.sum(1, keepdims=True)
        return found


@dataclass(frozen=True, eq=False)
class BoostedStandIn:
    """Softmax of `offset` (K,), minus infinity for classes that it does not know, and of what each of the `trees` adds (K,)."""

    features: tuple[int, ...]
    trees: tuple[DecisionTree, ...]
    offset: Floats

    def probabilities(self, rows: Rows) -> Floats:
        logits = np.repeat(self.offset[None], len(rows), 0)
        for tree in self.trees:
            logits += tree.values[tree.leaves_of(rows, rounded=False)]
        grown = np.exp(logits - logits.max(1, keepdims=True))
        found: Floats = grown / grown.sum(1, keepdims=True)
        return found


@dataclass(frozen=True, eq=False)
class ConstantStandIn:
    """The same probabilities for every row: all that can be learned from a black box that says one thing."""

    features: tuple[int, ...]
    values: Floats

    def probabilities(self, rows: Rows) -> Floats:
        return np.repeat(self.values[None], len(rows), 0)
