import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from surrogate_subjects import linear_box, seen_by, table

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.surrogates.fidelity import fidelity
from xaivision.surrogates.growing import KINDS, Growth, grown
from xaivision.surrogates.stand_in import ConstantStandIn


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_a_linear_black_box_of_two_features_from_four_that_may_be_read(kind):
    model = linear_box([4, -4, 0, 0, 0, 0])
    learned, held_out = seen_by(model, table(400)), seen_by(model, table(300, seed=1))
    stand_in = grown(kind, learned.rows, learned.probabilities, [0, 1, 2, 3], Growth(trees=30, strength=1.0))
    given = stand_in.probabilities(held_out.rows)
    assert given.shape == (300, 2)
    assert np.allclose(given.sum(1), 1)
    found = fidelity(given, held_out)
    # By measure: lists of ten rules reach 0.84, linear models 0.99.
    assert found.agreement.value > 0.8
    assert found.r2.value > 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_be_read_changes_nothing(kind):
    model = linear_box([[2, 0, 1, 0, 0, 0], [0, 2, 0, 0, 0, 0], [-2, 0, 0, 2, 0, 0]])
    learned = seen_by(model, table(200))
    stand_in = grown(kind, learned.rows, learned.probabilities, [1, 4], Growth(trees=10))
    before = stand_in.probabilities(learned.rows)
    other = learned.rows.copy()
    other[:, [0, 2, 3, 5]] = 9
    assert np.array_equal(before, stand_in.probabilities(other))
    moved = learned.rows.copy()
    moved[:, 1] += 3
    assert not np.array_equal(before, stand_in.probabilities(moved))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_grows_the_same(kind):
    model = linear_box([1, 2, 3, 0, 0, 0])
    seen = seen_by(model, table(120))
    first, second = (grown(kind, seen.rows, seen.probabilities, [0, 1, 2], Growth(trees=5, seed=4)) for _ in range(2))
    assert np.array_equal(first.probabilities(seen.rows), second.probabilities(seen.rows))


def test_a_leaf_holds_the_mean_probabilities_of_its_rows():
    seen = seen_by(linear_box([3, 0, 0, 0, 0, 1]), table(200))
    stand_in = grown("tree", seen.rows, seen.probabilities, [0, 5], Growth(depth=3))
    leaves = stand_in.tree.leaves_of(seen.rows)
    for leaf in stand_in.tree.leaves:
        assert np.allclose(stand_in.tree.values[leaf], seen.probabilities[leaves == leaf].mean(0))
        assert (leaves == leaf).sum() >= Growth().in_a_leaf


def test_a_penalty_leaves_the_linear_model_few_weights():
    seen = seen_by(linear_box([2, -1, 0.3, 0, 0, 0]), table(300))
    counts = []
    for strength in (0.01, 20.0, 60.0):
        stand_in = grown("linear", seen.rows, seen.probabilities, range(6), Growth(strength=strength))
        counts.append(int((stand_in.weights != 0).any(0).sum()))
    assert counts[0] > counts[1] > counts[2] >= 1


def test_a_black_box_that_says_one_thing_is_stood_in_for_by_a_constant():
    rows = table(20).numpy()
    stand_in = grown("boosting", rows, np.tile([0.2, 0.8], (20, 1)), [0, 1])
    assert isinstance(stand_in, ConstantStandIn)
    assert np.allclose(stand_in.probabilities(rows), [0.2, 0.8])


def test_a_class_that_no_row_is_given_has_probability_nought():
    seen = seen_by(linear_box([3, 0, 0, 0, 0, 0]), table(100))
    three = np.concatenate([seen.probabilities, np.zeros((100, 1))], 1)
    for kind in KINDS:
        given = grown(kind, seen.rows, three, [0, 1], Growth(trees=5)).probabilities(seen.rows)
        assert given.shape == (100, 3)
        assert np.array_equal(given[:, 2], np.zeros(100))


@pytest.mark.parametrize("kind", KINDS)
def test_a_black_box_that_is_nearly_sure_of_one_class_everywhere_is_learned_from(kind):
    rows = table(60).numpy()
    right = 1e-4 * (rows[:, 0] > 0)
    given = grown(kind, rows, np.stack([1 - right, right], 1), [0, 1], Growth(trees=3)).probabilities(rows)
    assert np.allclose(given, [1, 0], atol=2e-4)


@pytest.mark.parametrize("weights", [[[2, 0, 1, 0, 0, 0], [0, 2, 0, 0, 0, 0], [-2, 0, 0, 2, 0, 0]], [3, -2, 0, 1, 0, 0]])
def test_boosted_trees_say_what_scikit_learn_says_by_them(weights, monkeypatch):
    kept = []
    fit = HistGradientBoostingClassifier.fit
    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", lambda self, *a, **k: kept.append(fit(self, *a, **k)) or self)
    seen = seen_by(linear_box(weights), table(200).double())
    stand_in = grown("boosting", seen.rows, seen.probabilities, [3, 0, 1], Growth(trees=10))
    rows = table(300, seed=3).double().numpy()
    assert np.allclose(stand_in.probabilities(rows), kept[0].predict_proba(rows[:, [3, 0, 1]]), rtol=0, atol=1e-14)


@pytest.mark.parametrize("setting", [{"depth": 0}, {"trees": True}, {"rules": 1.5}, {"in_a_leaf": -1}, {"strength": 0.0}])
def test_settings_that_mean_nothing_are_named(setting):
    with pytest.raises(InputError, match=f"`{next(iter(setting))}` must be"):
        Growth(**setting)


def test_an_unknown_kind_is_told_with_the_nearest_one():
    with pytest.raises(UnknownNameError, match="Did you mean `forest`"):
        grown("forrest", np.zeros((4, 2)), np.zeros((4, 2)), [0])
