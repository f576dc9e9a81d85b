import pytest
import torch
from explainer_networks import Untouched, drawn, image_classifier, table_classifier
from torch import nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer

GRADIENT_METHODS = ("saliency", "input_x_gradient", "integrated_gradients", "smooth_grad")


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_a_cut_gradient_is_refused(name):
    model = TorchClassifier(Untouched(), 2)
    found = explainer(name).explain(model, drawn((2, 1, 4, 4), 0))
    assert not found.values.any()
    for verdict in found.verdicts:
        assert verdict.status == "refuse"
        assert "the gradient is cut: the model's scores do not depend differentiably on the input" in verdict.reasons


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_a_gradient_that_arrives_is_not_doubted(name):
    found = explainer(name).explain(image_classifier(), drawn((2, 2, 8, 8), 0))
    assert found.verdict.status == "ok"


@pytest.mark.parametrize("name", ["saliency", "input_x_gradient", "smooth_grad"])
def test_a_zero_map_is_refused_where_the_score_moves_and_doubted_where_it_does_not(name):
    class Dead(nn.Module):
        """Flat around the first input; at the second a constant everywhere."""

        def forward(self, x):
            moving = torch.relu(x.sum(1) - 100) + (x.detach().sum(1) > 0.5)
            margin = torch.where(x[:, 0].detach() > 1, 0 * x.sum(1), moving)
            return torch.stack([margin, -margin], 1)

    def constant(x):
        return torch.cat([x[:, :1] * 0, x[:, :1] * 0 + 1], 1)

    flat = explainer(name).explain(TorchClassifier(Dead(), 2, domain="tabular"), torch.full((1, 4), 0.2).double())
    assert flat.verdict.status == "refuse"
    assert "the map is zero everywhere while the score moves by 1 when the input is replaced" in str(flat.verdict)

    class Still(nn.Module):
        def forward(self, x):
            return constant(x)

    still = explainer(name).explain(TorchClassifier(Still(), 2, domain="tabular"), torch.full((1, 4), 0.2).double())
    assert still.verdict.status == "warn"
    assert "the score does not depend on this input" in str(still.verdict)


def test_a_doubt_of_one_input_is_not_a_doubt_of_its_neighbors():
    class Clipped(nn.Module):
        def forward(self, x):
            margin = x.clamp(max=0.5).sum(1)
            return torch.stack([margin, -margin], 1)

    inputs = torch.tensor([[0.2, 0.3], [0.9, 0.8]]).double()
    found = explainer("saliency").explain(TorchClassifier(Clipped(), 2, domain="tabular"), inputs)
    assert [verdict.status for verdict in found.verdicts] == ["ok", "refuse"]


def test_scores_that_are_not_finite_are_refused():
    module = nn.Sequential(nn.Linear(4, 2).double())
    with torch.no_grad():
        module[0].bias[0] = float("inf")
    found = explainer("saliency").explain(TorchClassifier(module, 2, domain="tabular"), drawn((1, 4), 0), 0)
    assert found.verdict.status == "refuse"
    assert table_classifier()(drawn((1, 4), 0)).isfinite().all()
