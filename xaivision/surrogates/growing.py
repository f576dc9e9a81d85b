"""Stand-ins learned from rows and the probabilities that a black box gives them, one function a kind.

Trees and forests are grown on the probabilities themselves: the squared error of a leaf's mean is Gini's impurity of soft
labels. Boosting and the linear model learn by the cross-entropy to them: each row stands there once a class, with that class's
probability for its weight.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.random import seed_for
from xaivision.surrogates.decision_tree import DecisionTree, Floats, Rows, tree_from_sklearn, trees_from_boosting
from xaivision.surrogates.rule_list import grown_rule_list
from xaivision.surrogates.stand_in import (
    BoostedStandIn,
    ConstantStandIn,
    ForestStandIn,
    LinearStandIn,
    StandIn,
    TreeStandIn,
)
from xaivision.surrogates.thresholds import with_short_thresholds

# A class that a row has less of than this is none of its weighted copies.
LEAST_WEIGHT = 1e-3
MOST_ITERATIONS = 2000
# Shallow trees whose conditions a rule list is chosen from.
CANDIDATE_TREES = 20


@dataclass(frozen=True)
class Growth:
    """How far a stand-in may grow: the `depth` of a tree, with rows `in_a_leaf` at least; how many `trees` and `rules`; the
    `strength` of the linear model's penalty (the inverse of scikit-learn's C). The trees of a forest grow to the end.
    """

    depth: int = 5
    in_a_leaf: int = 5
    trees: int = 100
    rules: int = 10
    strength: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("depth", "in_a_leaf", "trees", "rules"):
            value = getattr(self, name)
            if not is_whole(value) or value < 1:
                raise InputError(f"`{name}` must be a positive integer. Got {value!r}.")
        if not is_number(self.strength) or not 0 < self.strength < math.inf:
            raise InputError(f"`strength` must be a positive number. Got {self.strength!r}.")


def is_whole(value: object) -> bool:
    """Whether it is a whole number, of whatever library."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether it is a real number, of whatever library."""
    return isinstance(value, Real) and not isinstance(value, bool)


def grown(kind: str, rows: Rows, probabilities: Floats, features: Sequence[int], growth: Growth | None = None) -> StandIn:
    """The stand-in of this kind for what a black box says, `probabilities` (n, K), of `rows` (n, F), by these columns.

    Raises: UnknownNameError, where there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of surrogate", kind, KINDS)
    columns = tuple(int(column) for column in features)
    if not columns or np.ptp(probabilities, axis=0).max() == 0:
        return ConstantStandIn(columns, probabilities.mean(0))
    return KINDS[kind](rows, probabilities, columns, growth or Growth())


def grown_tree(rows: Rows, probabilities: Floats, columns: tuple[int, ...], growth: Growth) -> StandIn:
    """A tree whose thresholds are as short as the rows allow."""
    from sklearn.tree import DecisionTreeRegressor

    known = rows[:, list(columns)]
    estimator = DecisionTreeRegressor(
        max_depth=growth.depth, min_samples_leaf=_fitting(growth.in_a_leaf, rows), random_state=seeded(growth, "tree")
    )
    tree = tree_from_sklearn(estimator.fit(known, probabilities).tree_)
    return TreeStandIn(columns, with_short_thresholds(tree, known).renumbered(np.array(columns)))


def grown_forest(rows: Rows, probabilities: Floats, columns: tuple[int, ...], growth: Growth) -> StandIn:
    """Trees on bootstrap samples, each split among the root of all columns, grown to the end."""
    return ForestStandIn(columns, forest_trees(rows, probabilities, columns, growth))


def forest_trees(
    rows: Rows, probabilities: Floats, columns: tuple[int, ...], growth: Growth, depth: int | None = None
) -> tuple[DecisionTree, ...]:
    """The trees of a random forest over these columns; `depth`: as deep as they go where None."""
    from sklearn.ensemble import RandomForestRegressor

    estimator = RandomForestRegressor(
        growth.trees,
        max_depth=depth,
        max_features="sqrt",
        random_state=seeded(growth, "forest"),
    )
    estimator.fit(rows[:, list(columns)], probabilities)
    numbers = np.array(columns)
    return tuple(tree_from_sklearn(one.tree_).renumbered(numbers) for one in estimator.estimators_)


def grown_boosting(rows: Rows, probabilities: Floats, columns: tuple[int, ...], growth: Growth) -> StandIn:
    """Boosted trees on the cross-entropy."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    copies, labels, weights = _soft_copies(rows[:, list(columns)], probabilities)
    if _one_class(labels):
        return ConstantStandIn(columns, probabilities.mean(0))
    estimator = HistGradientBoostingClassifier(
        max_iter=growth.trees,
        max_leaf_nodes=31,
        max_depth=growth.depth,
        min_samples_leaf=min(20, max(1, len(rows) // 20)),
        early_stopping=False,
        random_state=seeded(growth, "boosting"),
    )
    estimator.fit(copies, labels, sample_weight=weights)
    numbers, classes = np.array(columns), probabilities.shape[1]
    trees = tuple(one.renumbered(numbers) for one in trees_from_boosting(estimator, classes))
    offset, known = np.full(classes, -np.inf), estimator.classes_
    start = estimator._baseline_prediction.ravel()
    offset[known] = start if len(known) > 2 else np.concatenate([-start / 2, start / 2])
    return BoostedStandIn(columns, trees, offset)


def grown_linear(rows: Rows, probabilities: Floats, columns: tuple[int, ...], growth: Growth) -> StandIn:
    """Logistic regression on standardized columns, its weights made sparse by their absolute sum."""
    from sklearn.linear_model import LogisticRegression

    table = rows[:, list(columns)].astype(np.float64)
    mean, std = table.mean(0), table.std(0)
    std = np.where(std > 0, std, 1.0)
    copies, labels, weights = _soft_copies((table - mean) / std, probabilities)
    if _one_class(labels):
        return ConstantStandIn(columns, probabilities.mean(0))
    two = len(np.unique(labels)) == 2
    estimator = LogisticRegression(
        l1_ratio=1.0,
        C=1 / growth.strength,
        solver="liblinear" if two else "saga",
        max_iter=MOST_ITERATIONS,
        tol=1e-3,
        random_state=seeded(growth, "linear"),
    )
    estimator.fit(copies, labels, sample_weight=weights)
    classes = probabilities.shape[1]
    linear, offset = np.zeros((classes, len(columns))), np.full(classes, -np.inf)
    known = estimator.classes_
    linear[known], offset[known] = _of_two(estimator.coef_, estimator.intercept_)
    return LinearStandIn(columns, linear, offset, mean, std)


def _of_two(weights: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """A margin of the second of two classes, shared by both."""
    if len(weights) > 1:
        return weights, offset
    return np.concatenate([-weights / 2, weights / 2]), np.concatenate([-offset / 2, offset / 2])


def _soft_copies(table: Rows, probabilities: Floats) -> tuple[Rows, np.ndarray, Floats]:
    """Rows once a class that they have some of, the classes, and how much they have of them."""
    row, label = np.nonzero(probabilities > LEAST_WEIGHT)
    return table[row], label, probabilities[row, label]


def _one_class(labels: "np.ndarray") -> bool:
    """Whether the black box is nearly sure of the same class everywhere, as it may be on the rows of a fold."""
    return int(np.ptp(labels)) == 0


def _fitting(in_a_leaf: int, rows: Rows) -> int:
    return min(in_a_leaf, max(1, len(rows) // 2))


def seeded(growth: Growth, what: str) -> int:
    return seed_for(growth.seed, "surrogate", what) % 2**31


def _rule_list(rows: Rows, probabilities: Floats, columns: tuple[int, ...], growth: Growth) -> StandIn:
    shallow = replace(growth, depth=min(3, growth.depth), trees=min(CANDIDATE_TREES, growth.trees))
    candidates = forest_trees(rows, probabilities, columns, shallow, depth=shallow.depth)
    return grown_rule_list(rows, probabilities, columns, candidates, growth.rules, growth.in_a_leaf)


Grower = Callable[[Rows, Floats, tuple[int, ...], Growth], StandIn]
KINDS: Mapping[str, Grower] = {
    "tree": grown_tree,
    "rule_list": _rule_list,
    "linear": grown_linear,
    "forest": grown_forest,
    "boosting": grown_boosting,
}
# Kinds of which every decision is one rule that can be read.
READABLE: tuple[str, ...] = ("tree", "rule_list")
