"""Frequency bands of the sonar table as the players of one game."""

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.data.registry import load_dataset
from xaivision.explainers.registry import explainer


@pytest.mark.parametrize("method", ["exact_shapley", "feature_ablation"])
def test_a_band_gets_what_its_columns_add_to_a_linear_score_spread_evenly_over_them(method):
    sonar = load_dataset("uci_sonar", bands=6)
    weights = torch.linspace(-1, 1, 60, dtype=torch.float64).square() - 0.3

    def scores(rows):
        mine = torch.as_tensor(rows).double() @ weights
        return torch.stack([-mine, mine], 1).numpy()

    model = FunctionClassifier(scores, num_classes=2, score_unit="logit", domain="tabular", schema=sonar.schema)
    rows = sonar.test.inputs[:3]
    found = explainer(method, baseline=torch.zeros(60)).explain(model, rows, 1)
    expected = (rows.double() * weights).view(3, 6, 10).sum(2)
    assert torch.allclose(found.values.double().view(3, 6, 10).sum(2), expected, atol=1e-4)
    assert torch.allclose(found.values, found.values.view(3, 6, 10)[:, :, :1].expand(3, 6, 10).reshape(3, 60), atol=1e-6)
