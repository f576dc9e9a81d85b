"""Shapley values of ours, of shap and of captum on the same question; and what their defaults leave out."""

import captum.attr
import numpy as np
import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.engines.coalition_sampling import PairedSample
from xaivision.engines.shapley_regression import shapley_fit
from xaivision.explainers.exact_shapley import ExactShapley
from xaivision.explainers.kernel_shap import KernelShap
from xaivision.explainers.permutation_shap import PermutationShap
from xaivision.explainers.shap_package import quiet_shap

DOUBLE = torch.float64
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")


def network(columns, seed=0):
    """Two scores of rows, as NumPy gives them."""
    draws = np.random.default_rng(seed)
    inner, outer = draws.normal(size=(columns, 12)), draws.normal(size=(12, 2))

    def scores(rows):
        return np.tanh(np.asarray(rows, dtype=np.float64) @ inner) @ outer

    return scores


def question(columns, background, seed=0):
    draws = np.random.default_rng(seed + 100)
    return network(columns, seed), draws.normal(size=(3, columns)), draws.normal(size=(background, columns))


def classifier(scores):
    return FunctionClassifier(scores, 2, score_unit="logit", domain="tabular")


def ours(method, scores, rows, background, **settings):
    found = method(background=torch.from_numpy(background), **settings).explain(classifier(scores), torch.from_numpy(rows), 1)
    return found.values.numpy()


@pytest.mark.parametrize("background", [1, 7])
@pytest.mark.parametrize("method", [ExactShapley, KernelShap, PermutationShap])
def test_values_are_those_of_shaps_kernel_explainer_on_all_coalitions(method, background):
    scores, rows, reference = question(8, background)
    with quiet_shap() as shap:
        peer = shap.KernelExplainer(lambda asked: scores(asked)[:, 1], reference)
        expected = peer.shap_values(rows, nsamples=2**8, l1_reg=0, silent=True)
    assert np.abs(ours(method, scores, rows, reference) - expected).max() < 1e-8


@pytest.mark.parametrize("background", [1, 7])
@pytest.mark.parametrize("method", [ExactShapley, KernelShap])
def test_values_are_those_of_shaps_exact_explainer(method, background):
    scores, rows, reference = question(7, background, seed=3)
    with quiet_shap() as shap:
        peer = shap.ExactExplainer(lambda asked: scores(asked)[:, 1], shap.maskers.Independent(reference))
        expected = peer(rows).values
    assert np.abs(ours(method, scores, rows, reference) - expected).max() < 1e-8


def test_the_fit_is_captums_on_captums_coalitions():
    """captum gives the endpoints a weight of a million, every drawn coalition one, and answers in float32.

    Its coalitions are no pairs: each gets the complement whose value tells nothing new.
    """
    scores, seen = network(8), []

    def asked(rows):
        seen.append(rows.clone())
        return torch.from_numpy(scores(rows.numpy()))

    with torch.random.fork_rng():
        torch.manual_seed(0)
        one = torch.ones(1, 8, dtype=DOUBLE)
        theirs = captum.attr.KernelShap(asked).attribute(one, baselines=0 * one, target=1, n_samples=80)[0]
    masks = torch.cat(seen).bool()
    inner = masks[masks.any(1) & ~masks.all(1)]
    values = torch.from_numpy(scores(torch.cat((0 * one, one, inner.double())).numpy())[:, 1])
    pairs = torch.stack([inner, ~inner], 1).flatten(0, 1)
    mirrored = torch.stack([values[2:], values[0] + values[1] - values[2:]], 1).flatten()
    sample = PairedSample(pairs, torch.ones(len(pairs), dtype=DOUBLE), inner.sum(1), torch.ones(len(inner), dtype=DOUBLE))
    found = shapley_fit(sample, mirrored, float(values[0]), float(values[1])).values
    assert float((found - theirs).abs().max()) < 3e-5


def additive(columns=50):
    weights = np.stack([np.zeros(columns), np.random.default_rng(1).normal(size=columns)], 1)

    def scores(rows):
        return np.asarray(rows, dtype=np.float64) @ weights

    return scores, weights[:, 1]


def test_s4_all_fifty_features_of_an_additive_model_are_found_where_defaults_of_others_miss_most():
    scores, weights = additive()
    row, nothing = np.ones((1, 50)), np.zeros((1, 50))
    for method in (KernelShap, PermutationShap):
        found = ours(method, scores, row, nothing)[0]
        assert np.abs(found - weights).max() < 1e-8
        assert (np.abs(found) > 1e-6).sum() == 50
    with quiet_shap() as shap:
        peer = shap.KernelExplainer(lambda asked: scores(asked)[:, 1], nothing)
        kept = peer.shap_values(row, nsamples=1024, l1_reg="num_features(10)", silent=True)[0]
    assert (np.abs(kept) > 1e-6).sum() <= 10


def test_s4_captums_default_budget_is_no_shapley_value_and_ours_is_refused():
    scores, weights = additive()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        one = torch.ones(1, 50, dtype=DOUBLE)
        peer = captum.attr.KernelShap(lambda rows: torch.from_numpy(scores(rows.numpy())))
        theirs = peer.attribute(one, baselines=0 * one, target=1)[0].numpy()
    assert np.corrcoef(theirs, weights)[0, 1] < 0.9
    with pytest.raises(ValueError, match="`budget` must be at least 208 for a regression of 50 players"):
        ours(KernelShap, scores, np.ones((1, 50)), np.zeros((1, 50)), budget=25)
