import math

import numpy as np
import pytest
from sklearn.metrics import r2_score
from surrogate_subjects import linear_box, seen_by, table

from xaivision.surrogates import fidelity as module
from xaivision.surrogates.fidelity import explained_variance, fidelity, r2_of, share


def test_a_perfect_stand_in_has_one_of_everything_and_a_constant_has_nought():
    seen = seen_by(linear_box([2, 1, 0, 0, 0, 0]), table(200))
    perfect = fidelity(seen.probabilities, seen)
    assert perfect.agreement.value == perfect.r2.value == 1
    constant = np.tile(seen.probabilities.mean(0), (200, 1))
    assert fidelity(constant, seen).r2.value == pytest.approx(0, abs=1e-12)
    assert math.isnan(perfect.accuracy.value)


def test_r2_is_scikit_learns_weighted_by_variance_and_for_two_classes_the_usual_one():
    draws = np.random.default_rng(0)
    wanted, given = draws.dirichlet(np.ones(4), 50), draws.dirichlet(np.ones(4), 50)
    assert r2_of(given, wanted) == pytest.approx(r2_score(wanted, given, multioutput="variance_weighted"))
    two, guess = draws.random(50), draws.random(50)
    both, guesses = np.stack([1 - two, two], 1), np.stack([1 - guess, guess], 1)
    assert r2_of(guesses, both) == pytest.approx(r2_score(two, guess))


def test_where_nothing_is_to_be_explained_saying_the_same_is_one_and_anything_else_nought():
    """S20, as scikit-learn has it; nothing is said of how sure that is."""
    even = np.full((5, 2), 0.5)
    other = np.stack([even[:, 0] + 0.1, even[:, 1] - 0.1], 1)
    for given in (even, other):
        assert r2_of(given, even) == r2_score(even, given)
        assert math.isnan(explained_variance(given, even).interval[0])


def test_accuracy_is_told_beside_agreement_and_differs_from_it():
    model = linear_box([1, 0, 0, 0, 0, 0])
    inputs = table(300)
    truth = (inputs[:, 1] > 0).long()
    seen = seen_by(model, inputs, truth)
    found = fidelity(seen.probabilities, seen)
    assert found.agreement.value == 1
    assert found.accuracy.value == found.black_box_accuracy.value == pytest.approx(0.5, abs=0.1)
    assert found.accuracy_change == 0


def test_wilsons_interval_is_the_textbooks():
    found = share(np.array([True] * 9 + [False]))
    assert found.value == 0.9
    assert found.interval == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert share(np.ones(20, dtype=bool)).interval == pytest.approx((0.8389, 1.0), abs=1e-4)
    assert math.isnan(share(np.zeros(0, dtype=bool)).value)


def test_intervals_of_r2_by_resampling_and_by_the_normal_law_agree_on_many_rows(monkeypatch):
    draws = np.random.default_rng(1)
    wanted = draws.dirichlet(np.ones(3), 1500)
    given = 0.7 * wanted + 0.3 * draws.dirichlet(np.ones(3), 1500)
    resampled = explained_variance(given, wanted)
    monkeypatch.setattr(module, "MOST_RESAMPLED", 10)
    normal = explained_variance(given, wanted)
    assert normal.value == resampled.value
    assert normal.interval == pytest.approx(resampled.interval, abs=0.006)
    assert normal.interval[0] < normal.value < normal.interval[1]


def test_the_interval_of_r2_covers_it_as_often_as_it_says():
    draws = np.random.default_rng(2)

    def sample(count):
        p = draws.random(count)
        q = np.clip(p + 0.2 * draws.normal(size=count), 0, 1)
        return np.stack([1 - q, q], 1), np.stack([1 - p, p], 1)

    truth = r2_of(*sample(200_000))
    hits = [one.interval[0] <= truth <= one.interval[1] for one in (explained_variance(*sample(60)) for _ in range(200))]
    assert 0.90 <= np.mean(hits) <= 0.99
