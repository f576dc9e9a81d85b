import pytest
import torch
from explainer_networks import Columns, drawn, image_classifier, linear_classifier, table_classifier
from torch import nn

from xaivision.core.completeness import completeness_tolerance
from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.guided_integrated_gradients import GuidedIntegratedGradients
from xaivision.explainers.integrated_gradients import IntegratedGradients


@pytest.mark.parametrize("shape", [(6,), (2, 4, 5)], ids=["table", "image"])
@pytest.mark.parametrize("settings", [{}, {"steps": 1}, {"steps": 12, "anchors": 3}, {"max_distance": 1.0}], ids=str)
def test_g1_linear_contributions_are_the_weights_times_the_distance_from_the_baseline(shape, settings):
    weights, inputs, baseline = drawn(shape, 0) - 0.5, drawn((3, *shape), 1), drawn((3, *shape), 2)
    method = GuidedIntegratedGradients(baseline=baseline, **settings)
    found = method.explain(linear_classifier(weights, 0.3), inputs, 0)
    torch.testing.assert_close(found.values, weights * (inputs - baseline), atol=1e-8, rtol=0)
    assert (found.kind, found.verdict.status) == ("contribution", "ok")


@pytest.mark.parametrize("anchors", [0, 4])
def test_contributions_sum_to_the_change_of_the_score(anchors):
    model, inputs = image_classifier(), drawn((3, 2, 8, 8), 0)
    found = GuidedIntegratedGradients(anchors=anchors).explain(model, inputs, [2, 1, 0])
    change = found.query.scores - found.reference_scores
    assert (found.diagnostics.completeness_gap.abs() <= completeness_tolerance(change)).all()
    assert found.verdict.status == "ok"
    assert (found.diagnostics.gradient_calls, found.diagnostics.model_calls) == (3 * (200 + anchors + 1), 6)


def test_the_gap_of_a_smooth_network_shrinks_with_the_square_of_the_steps():
    model, inputs = table_classifier(), drawn((3, 4), 0)
    gaps = [
        GuidedIntegratedGradients(steps=steps, max_distance=0.0, baseline="black").explain(model, inputs, 1).diagnostics
        for steps in (10, 40)
    ]
    few, many = (float(found.completeness_gap.abs().max()) for found in gaps)
    assert 10 < few / many < 20


def test_without_leave_to_stray_it_is_integrated_gradients():
    model, inputs, baseline = table_classifier(), drawn((2, 4), 0), drawn((4,), 1)
    found = GuidedIntegratedGradients(max_distance=0.0, baseline=baseline).explain(model, inputs, 1)
    expected = IntegratedGradients(steps=200, baseline=baseline).explain(model, inputs, 1).values
    torch.testing.assert_close(found.values, expected, atol=1e-4 * float(expected.abs().max()), rtol=0)


def test_the_path_avoids_the_steep_region_that_the_straight_line_crosses():
    """x0 matters where x1 is not yet moved, and not at all afterwards: going along x1 first, x0 gets nothing."""

    class Hill(nn.Module):
        def forward(self, x):
            margin = torch.sin(3 * x[:, 0]) * (1 - x[:, 1]) + x[:, 1] / 100
            return torch.stack([margin, -margin], 1)

    model, inputs = TorchClassifier(Hill(), 2, domain="tabular"), torch.ones(1, 2).double()
    straight = IntegratedGradients(baseline="black").explain(model, inputs, 0)
    guided = GuidedIntegratedGradients(baseline="black", max_distance=1.0).explain(model, inputs, 0)
    assert float(straight.values[0, 0]) > 0.2
    assert abs(float(guided.values[0, 0])) < 0.01
    assert float(guided.diagnostics.completeness_gap.abs()) < 1e-3


def test_the_baseline_of_a_table_is_its_typical_row():
    weights = torch.tensor([1.0, -2.0, 3.0, 0.5]).double()
    model, inputs = linear_classifier(weights), drawn((2, 4), 0)
    model.schema = Columns(0.5, 0.5, 1.0, 2.0)
    found = GuidedIntegratedGradients(steps=5).explain(model, inputs, 0)
    torch.testing.assert_close(found.values, weights * (inputs - torch.tensor([0.5, 0.5, 1.0, 2.0])), atol=1e-8, rtol=0)


def test_a_step_that_the_path_misses_is_refused():
    class Step(nn.Module):
        def forward(self, x):
            margin = torch.sigmoid(1e5 * (x.mean(1) - 0.503)) + 1e-9 * x.sum(1)
            return torch.stack([margin, 1 - margin], 1)

    model = TorchClassifier(Step(), 2, domain="tabular", score_unit="probability")
    found = GuidedIntegratedGradients(steps=50, baseline="black").explain(model, torch.ones(1, 4).double(), 0)
    assert found.verdict.status == "refuse"
    assert "the map is next to zero" in str(found.verdict)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": 0}, r"`steps` must be a positive integer\. Got 0\."),
        ({"steps": "auto"}, r"`steps` must be a positive integer\. Got 'auto'\."),
        ({"fraction": 0}, r"`fraction` must be a share above 0 to 1\. Got 0\."),
        ({"fraction": 1.5}, r"`fraction` must be a share above 0 to 1\. Got 1\.5\."),
        ({"fraction": True}, r"`fraction` must be a share above 0 to 1\. Got True\."),
        ({"max_distance": -0.1}, r"`max_distance` must be a share from 0 to 1\. Got -0\.1\."),
        ({"max_distance": float("nan")}, r"`max_distance` must be a share from 0 to 1\. Got nan\."),
        ({"anchors": -1}, r"`anchors` must be an integer from 0\. Got -1\."),
        ({"anchors": 1.0}, r"`anchors` must be an integer from 0\. Got 1\.0\."),
        ({"anchors": 2}, r"`steps` must be a multiple of `anchors` \+ 1, which is 3: each stretch gets as many\. Got 200\."),
    ],
)
def test_wrong_settings_are_refused_when_they_are_given(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        GuidedIntegratedGradients(**wrong)


def test_it_works_in_the_precision_of_the_inputs():
    model = table_classifier()
    model.model.float()
    found = GuidedIntegratedGradients(steps=10, baseline="black").explain(model, drawn((2, 4), 0).float())
    assert found.values.dtype == torch.float32
