from itertools import pairwise

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from xaivision.surrogates.decision_tree import tree_from_sklearn
from xaivision.surrogates.rule_list import holds
from xaivision.surrogates.thresholds import shortest_between, with_short_thresholds


@pytest.fixture
def grown():
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(300, 5)).astype(np.float32)
    wanted = np.stack([rows[:, 0] > 0.1, rows[:, 1] * rows[:, 2] > 0], 1).astype(np.float64)
    estimator = DecisionTreeRegressor(max_depth=5, random_state=0).fit(rows, wanted)
    return estimator, tree_from_sklearn(estimator.tree_), rows


def test_leaves_and_values_are_scikit_learns_on_rows_it_never_saw(grown):
    estimator, tree, _ = grown
    rows = np.random.default_rng(1).normal(size=(500, 5))
    assert np.array_equal(tree.leaves_of(rows), estimator.apply(rows.astype(np.float32)))
    assert np.allclose(tree.probabilities(rows), estimator.predict(rows.astype(np.float32)), atol=0, rtol=0)
    assert tree.depth == estimator.get_depth()
    assert len(tree.leaves) == estimator.get_n_leaves()


def test_the_conditions_of_a_leaf_hold_of_its_rows_and_of_no_others(grown):
    _, tree, rows = grown
    leaves = tree.leaves_of(rows)
    for leaf in tree.leaves:
        conditions = tree.conditions_of(leaf)
        assert np.array_equal(holds(conditions, rows), leaves == leaf)
        assert len({one.feature for one in conditions}) == len(conditions)


def test_short_thresholds_leave_every_row_in_its_leaf_and_are_no_longer_than_they_were(grown):
    _, tree, rows = grown
    short = with_short_thresholds(tree, rows)
    assert np.array_equal(short.leaves_of(rows), tree.leaves_of(rows))
    lengths = [len(repr(float(one))) for one in short.threshold[short.left >= 0]]
    assert max(lengths) <= 9 < min(len(repr(float(one))) for one in tree.threshold[tree.left >= 0])


@pytest.mark.parametrize(
    ("low", "high", "digits"),
    [(1.2, 1.9, 3), (0.0, 1.0, 3), (14.61, 14.66, 6), (-3.0, 5.0, 1), (2.0, 2.0000005, 10), (1.6, 2.0, 3)],
)
def test_the_shortest_decimal_lies_between_two_values(low, high, digits):
    found = shortest_between(low, high)
    assert low < found < high
    assert len(f"{found:.17g}".rstrip("0")) <= digits or len(repr(found)) <= digits


@pytest.mark.parametrize("places", [2, 3, 6])
def test_decimals_as_they_are_written_decide_as_the_same_rounded_to_float32_do(places):
    draws = np.random.default_rng(places)
    for _ in range(200):
        written = np.unique(np.round(draws.random(12) * 10.0 ** draws.integers(-2, 4), places))
        rounded = written.astype(np.float32).astype(np.float64)
        for one, (low, high) in enumerate(pairwise(np.unique(rounded))):
            threshold = shortest_between(float(low), float(high))
            assert np.array_equal(written <= threshold, rounded <= threshold), (one, threshold)
            assert np.float32(threshold) <= threshold  # a new value that is written as the threshold is goes left too


def test_neighbors_in_float32_are_parted_in_their_middle():
    low = np.float32(0.7)
    high = np.nextafter(low, np.float32(1))
    assert float(low) < 0.7 < shortest_between(float(low), float(high)) < float(high)


def test_a_value_at_the_threshold_goes_left():
    rows = np.array([[1.0], [2.0], [3.0], [4.0]], dtype=np.float32)
    tree = tree_from_sklearn(DecisionTreeRegressor(max_depth=1).fit(rows, rows > 2).tree_)
    tree.threshold[0] = 2.0
    assert tree.probabilities(rows)[:, 0].tolist() == [0, 0, 1, 1]
    assert holds(tree.conditions_of(1), rows).tolist() == [True, True, False, False]


def test_renumbered_trees_say_of_wide_rows_what_they_said_of_narrow_ones(grown):
    _, tree, rows = grown
    wide = np.zeros((len(rows), 20), dtype=np.float32)
    numbers = np.array([3, 19, 7, 0, 11])
    wide[:, numbers] = rows
    assert np.array_equal(tree.renumbered(numbers).probabilities(wide), tree.probabilities(rows))
