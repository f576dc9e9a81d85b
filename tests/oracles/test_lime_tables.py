"""LIME on tables against the lime package: the fit on the same rows, what is known of the columns, the draws, and whole runs."""

import numpy as np
import pytest
import torch
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer
from scipy import stats
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.engines.ridge import weighted_ridge
from xaivision.engines.table_bins import bins_in_words, bins_of, learned_bins
from xaivision.engines.table_draws import drawn_from_bins
from xaivision.explainers.lime_package import LimePackage
from xaivision.explainers.lime_tabular import LimeTabular

NAMES = load_breast_cancer().feature_names
ROWS = load_breast_cancer().data
LABELS = load_breast_cancer().target
TRAIN, TEST = ROWS[:400, :8], ROWS[400:, :8]
WIDTH = 0.75 * 8**0.5


def kernel(distances):
    return np.sqrt(np.exp(-(distances**2) / WIDTH**2))


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array)).double()


@pytest.fixture(scope="module")
def forest():
    return RandomForestClassifier(30, random_state=0).fit(TRAIN, LABELS[:400])


@pytest.fixture(scope="module")
def network():
    made = make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=400, tol=0.01, random_state=0))
    return made.fit(TRAIN, LABELS[:400])


@pytest.fixture
def lime():
    """Settings of lime under which it is asked the same question: all columns."""

    def made(**settings):
        return LimeTabularExplainer(TRAIN, mode="regression", feature_selection="none", random_state=0, **settings)

    return made


@pytest.mark.parametrize("binary", [True, False])
def test_the_fit_on_the_same_rows_is_limes(binary):
    draws = np.random.default_rng(0)
    rows = draws.integers(0, 2, (500, 8)).astype(float) if binary else draws.normal(size=(500, 8))
    rows[0] = 1
    scores = np.tanh(rows @ draws.normal(size=8)) + 0.3 * rows[:, 0] * rows[:, 1]
    distances = np.linalg.norm(rows - rows[0], axis=1)
    intercept, pairs, fit, _ = LimeBase(kernel).explain_instance_with_data(rows, scores[:, None], distances, 0, 8, "none")
    ours = weighted_ridge(tensor(rows), tensor(scores), tensor(kernel(distances)), 1.0)
    for column, coefficient in pairs:
        assert float(ours.coefficients[column]) == pytest.approx(coefficient, abs=1e-8)
    assert ours.intercept == pytest.approx(intercept, abs=1e-8)
    assert ours.fit == pytest.approx(fit, abs=1e-8)


@pytest.mark.parametrize("form", [{}, {"discretize": False}, {"discretize": False, "sample_around_instance": True}], ids=str)
def test_the_answer_on_the_same_rows_is_limes(form, forest, lime, monkeypatch):
    """lime is given the rows that we drew, through its own door: the random state it draws from is bypassed."""
    seen = []

    def spy(rows):
        seen.append(rows.copy())
        return forest.predict_proba(rows)

    class Spied(RandomForestClassifier):
        def predict_proba(self, rows):
            return spy(rows)

    estimator = Spied()
    estimator.classes_, estimator.n_features_in_ = forest.classes_, 8
    ours = LimeTabular(background=tensor(TRAIN), budget=600, **form).explain(SklearnClassifier(estimator), tensor(TEST[:1]), 1)
    rows = np.concatenate([TEST[:1], seen[-1]])
    made = lime(discretize_continuous=not form, sample_around_instance=bool(form.get("sample_around_instance")))
    data = (made.discretizer.discretize(rows) == made.discretizer.discretize(TEST[:1])).astype(float) if not form else rows

    monkeypatch.setattr(made, "_LimeTabularExplainer__data_inverse", lambda _row, _count: (data, rows))
    theirs = made.explain_instance(TEST[0], lambda given: forest.predict_proba(given)[:, 1], num_samples=601)
    expected = torch.zeros(8).double()
    for column, coefficient in theirs.local_exp[1]:
        expected[column] = coefficient
    unit = tensor(TRAIN).std(0, correction=0) if form else 1
    torch.testing.assert_close(ours.values[0] * unit, expected, atol=1e-8, rtol=0)
    assert float(ours.diagnostics.local_fit) == pytest.approx(theirs.score, abs=1e-8)


def test_what_is_known_of_the_columns_is_what_lime_knows(lime):
    made, bins = lime(), learned_bins(tensor(TRAIN))
    for column in range(8):
        for ours, theirs in (
            (bins.low, made.discretizer.mins),
            (bins.high, made.discretizer.maxs),
            (bins.mean, made.discretizer.means),
            (bins.spread, made.discretizer.stds),
            (bins.share, made.feature_frequencies),
        ):
            np.testing.assert_allclose(ours[column].numpy(), theirs[column], rtol=1e-12)
    places = bins_of(bins, tensor(ROWS[:, :8])).numpy()
    np.testing.assert_array_equal(places, made.discretizer.discretize(ROWS[:, :8]))


def test_bins_are_named_as_lime_names_them_up_to_digits(lime):
    made, bins = lime(feature_names=list(NAMES[:8])), learned_bins(tensor(TRAIN))
    rows = bins_in_words(bins, torch.arange(4)[:, None].expand(4, 8), [str(name) for name in NAMES[:8]])
    for place, ours in enumerate(rows):
        for column, words in enumerate(ours):
            theirs = made.discretizer.names[column][place].split()
            assert len(words.split()) == len(theirs)
            for said, expected in zip(words.split(), theirs, strict=True):
                if expected.replace(".", "").isdigit():
                    assert float(said) == pytest.approx(float(expected), abs=0.0051, rel=1e-3)
                else:
                    assert said == expected


def test_rows_are_drawn_from_the_distribution_that_lime_draws_from(lime):
    count = 20000
    _, theirs = lime()._LimeTabularExplainer__data_inverse(TEST[0], count + 1)
    ours = drawn_from_bins(learned_bins(tensor(TRAIN)), count, torch.Generator().manual_seed(0)).rows.numpy()
    for column in range(8):
        assert stats.ks_2samp(ours[:, column], theirs[1:, column]).pvalue > 1e-4


def test_a_bin_of_one_value_is_filled_with_that_value_where_lime_fills_it_with_0():
    """The one difference of the draws: lime forgets to go back from standard units where a bin has no width."""
    table = np.concatenate([np.full((60, 1), 7.25), 8 + np.arange(40.0)[:, None]])
    made = LimeTabularExplainer(table, mode="regression", random_state=0)
    _, theirs = made._LimeTabularExplainer__data_inverse(table[70], 2000)
    ours = drawn_from_bins(learned_bins(tensor(table)), 2000, torch.Generator().manual_seed(0)).rows
    assert (theirs == 0).mean() == pytest.approx(0.6, abs=0.05)
    assert not (theirs[1:] == 7.25).any()
    assert float((ours == 7.25).double().mean()) == pytest.approx(0.6, abs=0.05)
    assert not bool((ours == 0).any())


@pytest.mark.parametrize("form", [{}, {"discretize": False}, {"discretize": False, "sample_around_instance": True}], ids=str)
@pytest.mark.parametrize("kind", ["forest", "network"])
def test_whole_runs_agree_within_the_error_of_their_draws(kind, form, lime, request):
    estimator = request.getfixturevalue(kind)
    ours = LimeTabular(background=tensor(TRAIN), **form).explain(SklearnClassifier(estimator), tensor(TEST[:3]), 1)
    unit = tensor(TRAIN).std(0, correction=0) if form else torch.ones(8).double()
    for index in range(3):
        made = lime(discretize_continuous=not form, sample_around_instance=bool(form.get("sample_around_instance")))
        theirs = made.explain_instance(TEST[index], lambda rows: estimator.predict_proba(rows)[:, 1])
        expected = torch.zeros(8).double()
        for column, coefficient in theirs.local_exp[1]:
            expected[column] = coefficient
        # Both runs draw: the difference has the root of two of one's error.
        error = 2**0.5 * ours.diagnostics.standard_error[index] * unit
        assert bool(((ours.values[index] * unit - expected).abs() <= 4.5 * error).all())
        assert float(ours.diagnostics.local_fit[index]) == pytest.approx(theirs.score, abs=0.05)


@pytest.mark.parametrize("discretized", [True, False])
def test_the_package_behind_our_interface_answers_what_it_answers_alone(discretized, forest):
    settings = {"num_samples": 300, "num_features": 8, "discretize_continuous": discretized}
    method = LimePackage(background=tensor(TRAIN), settings=settings)
    found = method.explain(SklearnClassifier(forest), tensor(TEST[:2]), 1, seed=3)
    seed = method_seed(3)
    for index in range(2):
        made = LimeTabularExplainer(TRAIN, discretize_continuous=discretized, random_state=seed)
        theirs = made.explain_instance(TEST[index], forest.predict_proba, labels=(1,), num_samples=300, num_features=8)
        expected = torch.zeros(8).double()
        for column, coefficient in theirs.local_exp[1]:
            expected[column] = coefficient
        assert torch.equal(found.values[index], expected)
        assert float(found.diagnostics.local_fit[index]) == theirs.score


def method_seed(seed):
    from xaivision.core.random import generator

    return generator(seed, "lime_package", "lime").initial_seed() % 2**32
