"""Equal to shap on the same question: interaction values of trees, and the shares of a binary hierarchy."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestRegressor

from xaivision.engines.coalition_enumeration import all_coalitions, shapley_values
from xaivision.engines.owen import exact_owen
from xaivision.engines.shapley_interactions import exact_interactions
from xaivision.explainers.partition_shap import CoalitionMasker
from xaivision.explainers.shap_package import quiet_shap

DOUBLE = torch.float64
PLAYERS = 6


def forest():
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(80, PLAYERS))
    targets = rows[:, 0] * rows[:, 1] + np.sin(3 * rows[:, 2]) * rows[:, 3] + rows[:, 4]
    return RandomForestRegressor(6, max_depth=5, random_state=0).fit(rows, targets), rows


def expected_leaf(tree, row, coalition, node=0):
    """What the tree gives on average, by how many rows of the training went each way, where a feature is not there."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        return float(tree.value[node].ravel()[0])
    feature = tree.feature[node]
    if coalition[feature]:
        return expected_leaf(tree, row, coalition, left if row[feature] <= tree.threshold[node] else right)
    weights = tree.weighted_n_node_samples
    both = [(expected_leaf(tree, row, coalition, child), weights[child]) for child in (left, right)]
    return sum(value * weight for value, weight in both) / weights[node]


def table_of(estimator, row):
    trees = [one.tree_ for one in estimator.estimators_]
    values = [[expected_leaf(tree, row, coalition.tolist()) for tree in trees] for coalition in all_coalitions(PLAYERS)]
    return torch.tensor(values, dtype=DOUBLE).mean(1)


def game_of(table):
    return lambda coalitions: table[(coalitions.long() << torch.arange(PLAYERS)).sum(1)]


@pytest.mark.parametrize("row", range(2))
def test_interactions_are_those_of_shap(row):
    estimator, rows = forest()
    row_values = rows[row].astype(np.float32).astype(np.float64)
    with quiet_shap() as shap:
        explainer = shap.TreeExplainer(estimator, feature_perturbation="tree_path_dependent")
        theirs = explainer.shap_interaction_values(row_values[None])[0]
    ours = exact_interactions(game_of(table_of(estimator, row_values)), PLAYERS)
    assert np.abs(theirs).max() > 0.1
    assert torch.allclose(ours.matrix, torch.from_numpy(theirs), rtol=0, atol=1e-6)


def nested(tree, node=None):
    """A linkage matrix as nested groups."""
    node = 2 * len(tree) if node is None else node
    if node <= len(tree):
        return int(node)
    left, right = tree[node - len(tree) - 1, :2].astype(int)
    return nested(tree, left), nested(tree, right)


def test_a_binary_hierarchy_is_shared_as_shap_shares_it():
    tree = np.array([[0, 3, 0.1, 2], [1, 2, 0.2, 2], [6, 5, 0.3, 3], [8, 7, 0.5, 5], [9, 4, 0.9, 6]], dtype=np.float64)
    table = torch.randn(2**PLAYERS, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    game = game_of(table)
    with quiet_shap() as shap:
        explainer = shap.PartitionExplainer(lambda masks: game(torch.from_numpy(masks)).numpy(), CoalitionMasker(tree))
        theirs = explainer(np.zeros((1, PLAYERS)), max_evals=10_000, silent=True).values[0]
    ours = exact_owen(game, nested(tree)).values
    assert torch.allclose(ours, torch.from_numpy(theirs), rtol=0, atol=1e-10)
    assert float((ours - shapley_values(table)).abs().max()) > 0.01
