"""Which methods fit a model, and the usual few."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import xaivision as xv
from xaivision.explainers.registry import EXPLAINERS
from xaivision.fitting_methods import USUAL_METHODS, fitting_methods, usual_methods

ROWS = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
KINDS = ROWS[:, 0] > 0


def function_of(domain):
    def scores(batch):
        first = batch.reshape(len(batch), -1)[:, 0]
        return np.stack([first, -first], 1)

    return xv.classifier(scores, num_classes=2, score_unit="logit", domain=domain)


def network():
    return xv.classifier(torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2)))


def test_each_usual_method_is_registered_for_its_domain_and_asks_for_no_more_than_is_there():
    for (domain, gradients), names in USUAL_METHODS.items():
        for name in names:
            about = EXPLAINERS[name].about
            assert domain in about.domains
            assert gradients or about.needs.name in ("LABELS", "SCORES", "LOGITS")
            assert not about.control


@pytest.mark.parametrize(
    ("model", "plain", "informed"),
    [
        (
            xv.classifier(RandomForestClassifier(5).fit(ROWS, KINDS)),
            ("tree_shap", "kernel_shap", "feature_ablation"),
            ("tree_shap", "feature_ablation", "lime_tabular", "nearest_examples"),
        ),
        (
            xv.classifier(make_pipeline(StandardScaler(), RandomForestClassifier(5)).fit(ROWS, KINDS)),
            ("tree_shap", "kernel_shap", "feature_ablation"),
            ("tree_shap", "feature_ablation", "lime_tabular", "nearest_examples"),
        ),
        (
            xv.classifier(GradientBoostingClassifier(n_estimators=5).fit(ROWS, KINDS)),
            ("kernel_shap", "feature_ablation"),
            ("kernel_shap", "feature_ablation", "lime_tabular", "nearest_examples"),
        ),
        (
            function_of("tabular"),
            ("kernel_shap", "feature_ablation"),
            ("kernel_shap", "feature_ablation", "lime_tabular", "nearest_examples"),
        ),
        (
            function_of("image"),
            ("occlusion", "lime_image", "kernel_shap"),
            ("occlusion", "lime_image", "nearest_examples"),
        ),
    ],
    ids=["forest", "pipeline", "boosting", "function of rows", "function of images"],
)
def test_models_that_give_scores_only_have_several_kinds_of_usual_methods(model, plain, informed):
    assert usual_methods(model) == plain
    assert usual_methods(model, ["background"]) == informed


def test_a_network_of_rows_is_asked_for_gradients_and_shapley_values():
    assert {"saliency", "integrated_gradients", "occlusion", "kernel_shap"} <= set(usual_methods(network()))
    assert "tree_shap" not in usual_methods(network())


def test_trees_are_asked_only_where_there_are_some():
    assert "tree_shap" in fitting_methods(xv.classifier(RandomForestClassifier(5).fit(ROWS, KINDS)))
    assert "tree_shap" not in fitting_methods(network())


def test_no_usual_method_asks_a_picture_for_much_more_than_a_thousand_passes():
    found = xv.compare(function_of("image"), np.random.default_rng(1).random((1, 3, 112, 112), np.float32), metrics=[])
    assert found.unanswered == {}
    assert all(one.diagnostics.model_calls <= 1100 for one in found.explanations.values())


@pytest.mark.parametrize("given", [{}, {"background": ROWS[:20]}], ids=["plain", "background"])
def test_every_method_that_fits_a_table_answers(given):
    model = xv.classifier(RandomForestClassifier(5, random_state=0).fit(ROWS, KINDS))
    names = fitting_methods(model, given)
    assert ("partition_shap" in names) == ("lime_package" in names) == bool(given)
    assert "owen" not in names
    found = xv.compare(model, ROWS[:1], names, metrics=[], **given)
    assert dict(found.failures) == {}
