"""Tree Shapley values, and shap's TreeExplainer asked directly about the same estimator."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.targets import Target
from xaivision.explainers.shap_original import Shap
from xaivision.explainers.shap_package import quiet_shap
from xaivision.explainers.tree_shap import TreeShap

DRAWS = np.random.default_rng(0)
NUMBERS = DRAWS.normal(size=(300, 12))
LABELS = np.digitize(NUMBERS[:, 0] * NUMBERS[:, 1] + NUMBERS[:, 2], [-0.5, 0.5])
BACKGROUND, ROWS = NUMBERS[:150], NUMBERS[-6:]
FORESTS = [
    RandomForestClassifier(30, random_state=0),
    ExtraTreesClassifier(30, max_depth=7, random_state=0),
    DecisionTreeClassifier(random_state=0),
]
MARGINS = Target(1, against=0, output="log_probability")


def tensor(rows):
    return torch.from_numpy(np.ascontiguousarray(rows))


def shaps(model, background):
    with quiet_shap() as shap:
        masker = None if background is None else shap.maskers.Independent(background, max_samples=len(background))
        explainer = shap.TreeExplainer(model, masker)
        return explainer.shap_values(ROWS), explainer.expected_value


@pytest.mark.parametrize("background", [BACKGROUND, None])
@pytest.mark.parametrize("model", FORESTS)
def test_values_of_forests_are_shaps(model, background):
    model.fit(NUMBERS, LABELS)
    values, base = shaps(model, background)
    for target in range(3):
        for method in (TreeShap(given(background)), Shap("tree", given(background))):
            found = method.explain(SklearnClassifier(model), tensor(ROWS), target)
            np.testing.assert_allclose(found.values.numpy(), values[..., target], atol=1e-8, rtol=0)
            np.testing.assert_allclose(found.reference_scores.numpy(), base[target], atol=1e-8, rtol=0)


@pytest.mark.parametrize("background", [BACKGROUND, None])
def test_values_of_boosted_trees_are_shaps(background):
    model = GradientBoostingClassifier(n_estimators=40, random_state=0).fit(NUMBERS, LABELS > 0)
    values, base = shaps(model, background)
    for method in (TreeShap(given(background)), Shap("tree", given(background))):
        found = method.explain(SklearnClassifier(model), tensor(ROWS), MARGINS)
        np.testing.assert_allclose(found.values.numpy(), values, atol=1e-7, rtol=0)
        np.testing.assert_allclose(found.reference_scores.numpy(), np.ravel(base)[0], atol=1e-7, rtol=0)
        turned = method.explain(SklearnClassifier(model), tensor(ROWS), Target(0, against=1, output="log_probability"))
        np.testing.assert_allclose(turned.values.numpy(), -values, atol=1e-7, rtol=0)


def given(background):
    return None if background is None else tensor(background)


def test_probabilities_of_boosted_trees_that_shap_gives_are_no_shapley_values():
    """Why ours refuses them: shap stretches the margins' values, so that they add up, and are others than the definition's."""
    columns = [0, 1, 2]
    model = GradientBoostingClassifier(n_estimators=30, max_depth=4, random_state=0).fit(3 * NUMBERS[:, columns], LABELS > 0)
    rows, background = tensor(3 * ROWS[:, columns]), tensor(3 * BACKGROUND[:1, columns])
    stretched = Shap("tree", background, model_output="probability").explain(SklearnClassifier(model), rows, 1)
    exact = Shap("exact", background).explain(SklearnClassifier(model), rows, 1)
    assert float(stretched.diagnostics.completeness_gap.abs().max()) < 1e-6
    assert float((stretched.values - exact.values).abs().max()) > 0.01
    assert "no Shapley values of it" in str(stretched.verdict)
