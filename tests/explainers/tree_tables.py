"""Tables, models of trees and the definition of Shapley values, for the tests of what goes through shap."""

from functools import cache
from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import torch
import xgboost
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier

COLUMNS = 6
CONTRAST = "log_probability"


@cache
def table(rows=260, seed=0):
    """(rows, 6) numbers, two columns of which go together, and labels of three classes with interactions in them."""
    draws = np.random.default_rng(seed)
    numbers = draws.normal(size=(rows, COLUMNS))
    numbers[:, 1] = 0.7 * numbers[:, 0] + 0.3 * numbers[:, 1]
    score = numbers[:, 0] * numbers[:, 2] + numbers[:, 3] + (numbers[:, 4] > 0.3)
    return numbers, np.digitize(score, [-0.4, 1.0])


MAKERS = {
    "tree": lambda: DecisionTreeClassifier(max_depth=5, random_state=0),
    "forest": lambda: RandomForestClassifier(12, max_depth=5, random_state=0),
    "extra trees": lambda: ExtraTreesClassifier(12, max_depth=5, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=10, random_state=0),
    "boosting from zero": lambda: GradientBoostingClassifier(n_estimators=10, init="zero", random_state=0),
    "histograms": lambda: HistGradientBoostingClassifier(max_iter=10, random_state=0),
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=10, max_depth=4, n_jobs=1),
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1),
}
OF_PROBABILITIES = ("tree", "forest", "extra trees")


@cache
def fitted(name, classes=3):
    numbers, labels = table()
    return MAKERS[name]().fit(numbers, np.minimum(labels, classes - 1))


def shapley_by_definition(function, one, background):
    """(F,) Shapley values of the mean over the background of `function`, by every coalition: sum of weighted differences."""
    columns = len(one)
    value = {}
    for size in range(columns + 1):
        for members in combinations(range(columns), size):
            rows = background.copy()
            rows[:, list(members)] = one[list(members)]
            value[frozenset(members)] = float(np.mean(function(rows)))
    shares = np.zeros(columns)
    for column in range(columns):
        for members, before in value.items():
            if column not in members:
                size = len(members)
                weight = factorial(size) * factorial(columns - size - 1) / factorial(columns)
                shares[column] += weight * (value[members | {column}] - before)
    return shares


def tensor(rows):
    return torch.from_numpy(np.ascontiguousarray(rows))
