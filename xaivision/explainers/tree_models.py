"""Ensembles of decision trees read out of fitted estimators, in one plain form."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xaivision.core.errors import CapabilityError
from xaivision.core.extras import made_by
from xaivision.explainers.shap_package import quiet_shap, shaps_errors

# What to take where there are no trees, or none that can be read.
ASKING_THE_MODEL = "`permutation_shap` or `kernel_shap`, which ask any model"


Unit = Literal["probability", "margin"]


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes in arrays of one length; node 0 is the root and leaves have negative children.

    A row goes `left` where its `feature` is at most the `threshold`. `values` (nodes, K), those of leaves added up over the
    ensemble; `weights`: training rows that went through a node.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    values: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Trees whose values sum, with `offset` (K,), to the K outputs: "probability" of each class, or a "margin".

    One margin stands for the second of two classes. `precision`: what the rows are rounded to before they are compared.
    """

    trees: tuple[Tree, ...]
    offset: np.ndarray
    unit: Unit
    precision: Any = np.float32


def ensemble_of(estimator: Any) -> Ensemble:
    """The trees of a fitted scikit-learn, XGBoost or LightGBM classifier.

    Raises: CapabilityError, where it is not made of trees alone, or has splits by sets of categories.
    """
    readers = (_READERS.get(full_name(base)) for base in type(estimator).__mro__)
    reader = next((reader for reader in readers if reader is not None), None)
    if reader is None:
        raise CapabilityError(
            f"`tree_shap` reads decision trees, and {type(estimator).__name__} is no classifier of such that it knows. "
            f"Use {ASKING_THE_MODEL}."
        )
    return reader(estimator)


def full_name(kind: type) -> str:
    """Package and class: modules inside a package move from version to version."""
    return f"{kind.__module__.split('.')[0]}.{kind.__name__}"


def _forest(estimator: Any) -> Ensemble:
    share = 1 / len(estimator.estimators_)
    trees = tuple(_of_sklearn(tree.tree_, share * _shares(tree.tree_)) for tree in estimator.estimators_)
    return Ensemble(trees, np.zeros(len(estimator.classes_)), "probability")


def _single(estimator: Any) -> Ensemble:
    tree = _of_sklearn(estimator.tree_, _shares(estimator.tree_))
    return Ensemble((tree,), np.zeros(len(estimator.classes_)), "probability")


def _gradient_boosting(estimator: Any) -> Ensemble:
    if estimator.init not in (None, "zero"):
        raise CapabilityError(
            f"`tree_shap` explains trees alone, and GradientBoostingClassifier starts from a {type(estimator.init).__name__} "
            f"here. Use {ASKING_THE_MODEL}."
        )
    outputs = estimator.estimators_.shape[1]
    # With the exponential loss the trees add up to half of the margin: AdaBoost's scale.
    rate = estimator.learning_rate * (2 if estimator.loss == "exponential" else 1)
    trees = [
        _of_sklearn(tree.tree_, rate * _in_column(tree.tree_.value[:, 0, 0], column, outputs))
        for stage in estimator.estimators_
        for column, tree in enumerate(stage)
    ]
    return Ensemble(tuple(trees), _start(estimator, outputs), "margin")


def _start(estimator: Any, outputs: int) -> np.ndarray:
    """(K,) margins before the first tree: those of the classes' shares in training, up to a constant for several."""
    if estimator.init == "zero":
        return np.zeros(outputs)
    logs: np.ndarray = np.log(estimator.init_.class_prior_)
    return logs if outputs > 1 else logs[1:] - logs[:1]


def _histogram_boosting(estimator: Any) -> Ensemble:
    if estimator.is_categorical_ is not None and estimator.is_categorical_.any():
        raise CapabilityError(_no_categories("HistGradientBoostingClassifier"))
    offset = np.asarray(estimator._baseline_prediction, dtype=np.float64).reshape(-1)
    trees = [
        _of_histogram(predictor.nodes, column, len(offset))
        for stage in estimator._predictors
        for column, predictor in enumerate(stage)
    ]
    return Ensemble(tuple(trees), offset, "margin", np.float64)


def _of_histogram(nodes: Any, column: int, outputs: int) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    values = _in_column(nodes["value"], column, outputs)
    return Tree(left, right, nodes["feature_idx"].astype(np.int64), nodes["num_threshold"], values, nodes["count"])


def _of_sklearn(tree: Any, values: np.ndarray) -> Tree:
    return Tree(tree.children_left, tree.children_right, tree.feature, tree.threshold, values, tree.weighted_n_node_samples)


def _shares(tree: Any) -> np.ndarray:
    """(nodes, K) the share of each class: some versions of scikit-learn hold counts there."""
    counts = tree.value[:, 0, :]
    shares: np.ndarray = counts / counts.sum(1, keepdims=True)
    return shares


def _in_column(values: np.ndarray, column: int, outputs: int) -> np.ndarray:
    """(nodes, K) these values for one output, zeros for the others."""
    table = np.zeros((len(values), outputs))
    table[:, column] = values
    return table


def _by_shap(estimator: Any) -> Ensemble:
    """XGBoost and LightGBM write their trees in texts of their own, which shap reads."""
    with quiet_shap() as shap, shaps_errors("TreeExplainer"):
        read = shap.TreeExplainer(estimator).model
    if read.trees is None or read.cat_feature_indices is not None or any(map(_splits_by_categories, read.trees)):
        raise CapabilityError(_no_categories(type(estimator).__name__))
    offset = _offset(estimator, np.atleast_1d(np.asarray(read.base_offset, dtype=np.float64)))
    used = read.trees[: read.tree_limit] if read.tree_limit else read.trees
    trees = tuple(_of_shap(tree, number % len(offset), len(offset)) for number, tree in enumerate(used))
    return Ensemble(trees, offset, "margin", np.float32 if made_by(estimator, "xgboost") else np.float64)


def _offset(estimator: Any, read: np.ndarray) -> np.ndarray:
    """(K,) margins before the first tree: where there are several, shap 0.51 takes XGBoost's first for all, and does not
    count those of a Booster of LightGBM.
    """
    if made_by(estimator, "lightgbm"):
        booster = getattr(estimator, "booster_", estimator)
        return np.broadcast_to(read[:1], booster.num_model_per_iteration())
    if len(read) == 1:
        return read
    booster = estimator.get_booster() if hasattr(estimator, "get_booster") else estimator
    settings = json.loads(booster.save_config())["learner"]["learner_model_param"]
    return np.broadcast_to(np.asarray(json.loads(settings["base_score"]), dtype=np.float64), read.shape)


def _of_shap(tree: Any, column: int, outputs: int) -> Tree:
    # Of a tree without a split shap does not know the rows; any number of them is right.
    weights = tree.node_sample_weight if len(tree.values) > 1 else np.ones(1)
    values = _in_column(tree.values[:, 0], column, outputs)
    return Tree(tree.children_left, tree.children_right, tree.features, tree.thresholds, values, weights)


def _splits_by_categories(tree: Any) -> bool:
    return bool((tree.threshold_types > 0).any())


def _no_categories(name: str) -> str:
    return (
        f"`tree_shap` reads splits by thresholds, and this {name} splits by sets of categories. Encode them as numbers before "
        f"training, or use {ASKING_THE_MODEL}."
    )


def _stand_in(estimator: Any) -> Ensemble:
    """The tree or trees of a surrogate, in the numbers of the black box's columns."""
    trees = estimator.trees if hasattr(estimator, "trees") else (estimator.tree,)
    read = [Tree(one.left, one.right, one.feature, one.threshold, one.values / len(trees), one.weights) for one in trees]
    return Ensemble(tuple(read), np.zeros(trees[0].values.shape[1]), "probability")


_READERS: dict[str, Callable[[Any], Ensemble]] = {
    # Surrogates are on this floor too, and are known by their names alone.
    "xaivision.TreeStandIn": _stand_in,
    "xaivision.ForestStandIn": _stand_in,
    "sklearn.DecisionTreeClassifier": _single,
    "sklearn.RandomForestClassifier": _forest,
    "sklearn.ExtraTreesClassifier": _forest,
    "sklearn.GradientBoostingClassifier": _gradient_boosting,
    "sklearn.HistGradientBoostingClassifier": _histogram_boosting,
    "xgboost.XGBClassifier": _by_shap,
    "xgboost.Booster": _by_shap,
    "lightgbm.LGBMClassifier": _by_shap,
    "lightgbm.Booster": _by_shap,
}
