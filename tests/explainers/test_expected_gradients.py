import captum.attr
import numpy as np
import pytest
import torch
from explainer_networks import drawn, image_classifier, linear_classifier, table_classifier

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.core.targets import Target
from xaivision.engines.background_paths import drawn_lines
from xaivision.explainers.expected_gradients import ExpectedGradients
from xaivision.explainers.integrated_gradients import IntegratedGradients


@pytest.mark.parametrize("shape", [(6,), (2, 4, 5)], ids=["table", "image"])
@pytest.mark.parametrize("samples", [48, 50, 200])
def test_g1_linear_a_background_that_is_gone_through_gives_the_weights_times_the_distance_from_its_mean(shape, samples):
    weights, inputs, background = drawn(shape, 0) - 0.5, drawn((3, *shape), 1), drawn((3, *shape), 2)
    found = ExpectedGradients(background=background, samples=samples).explain(linear_classifier(weights, 0.3), inputs, 0)
    torch.testing.assert_close(found.values, weights * (inputs - background.mean(0)), atol=1e-12, rtol=0)
    assert found.diagnostics.standard_error is None
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-12
    assert found.verdict.status == "ok"


def test_g1_linear_a_background_that_is_drawn_from_gives_it_within_its_standard_error():
    weights, inputs, background = drawn((6,), 0) - 0.5, drawn((3, 6), 1), drawn((100, 6), 2)
    found = ExpectedGradients(background=background, samples=400).explain(linear_classifier(weights, 0.3), inputs, 0)
    error = found.diagnostics.standard_error
    assert ((found.values - weights * (inputs - background.mean(0))).abs() <= 5 * error).all()
    torch.testing.assert_close(error[0], weights.abs() * background.std(0) / 20, rtol=0.15, atol=0)


def test_it_is_integrated_gradients_averaged_over_the_background():
    model, inputs, background = image_classifier(), drawn((2, 2, 8, 8), 0), drawn((3, 2, 8, 8), 1)
    found = ExpectedGradients(background=background, samples=60).explain(model, inputs, [2, 1])
    each = [IntegratedGradients(steps=20, baseline=one).explain(model, inputs, [2, 1]) for one in background]
    torch.testing.assert_close(found.values, torch.stack([one.values for one in each]).mean(0), atol=1e-13, rtol=0)
    torch.testing.assert_close(found.reference_scores, torch.stack([one.reference_scores for one in each]).mean(0))
    assert found.diagnostics.gradient_calls == 2 * 60


@pytest.mark.parametrize(
    "target",
    [Target([2, 1]), Target([2, 1], against=[0, 0]), Target([2, 1], output="probability"), Target([2, 1], output="margin")],
)
def test_the_reference_is_the_mean_score_of_the_background(target):
    model, inputs, background = table_classifier(), drawn((2, 4), 0), drawn((7, 4), 1)
    found = ExpectedGradients(background=background).explain(model, inputs, target)
    means = [
        float(IntegratedGradients(steps=1, baseline=one).explain(model, inputs, target).reference_scores[i])
        for i in range(2)
        for one in background
    ]
    torch.testing.assert_close(found.reference_scores, torch.tensor(means, dtype=torch.float64).view(2, 7).mean(1))
    change = found.query.scores - found.reference_scores
    torch.testing.assert_close(found.diagnostics.completeness_gap, change - found.values.sum(1))


def test_all_inputs_of_a_batch_share_their_draws():
    model, background = table_classifier(), drawn((40, 4), 1)
    inputs = drawn((1, 4), 0).expand(3, 4)
    found = ExpectedGradients(background=background, samples=30).explain(model, inputs, 1)
    assert torch.equal(found.values[0], found.values[1])
    assert torch.equal(found.values[0], found.values[2])


def test_it_is_captums_gradient_shap_on_the_same_draws(monkeypatch):
    model, inputs, background = table_classifier(), drawn((1, 4), 0), drawn((40, 4), 1)
    lines = drawn_lines(40, 30, generator(5, "expected_gradients"))
    monkeypatch.setattr(np.random, "uniform", lambda low, high, count: lines.shares.numpy())
    monkeypatch.setattr(np.random, "choice", lambda numbers, count: lines.references.numpy())
    peer = captum.attr.GradientShap(model.model)
    expected = peer.attribute(inputs.clone().requires_grad_(), background, n_samples=30, stdevs=0.0, target=2)
    found = ExpectedGradients(background=background, samples=30).explain(model, inputs, 2, seed=5)
    torch.testing.assert_close(found.values, expected.detach(), atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("references", [3, 7, 12])
def test_it_spends_as_many_gradients_as_it_was_given_samples(references):
    model, inputs, background = table_classifier(), drawn((2, 4), 0), drawn((references, 4), 1)
    found = ExpectedGradients(background=background).explain(model, inputs, 1)
    assert found.diagnostics.standard_error is None
    assert found.diagnostics.gradient_calls == 2 * 200
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-2 * float(found.values.abs().sum())


def test_completeness_of_a_drawn_background_improves_with_samples():
    model, inputs, background = table_classifier(), drawn((4, 4), 0), drawn((200, 4), 1)
    gaps = [
        float(
            ExpectedGradients(background=background, samples=n).explain(model, inputs, 1).diagnostics.completeness_gap.abs().max()
        )
        for n in (20, 3000)
    ]
    assert gaps[1] < gaps[0] / 3


def test_few_samples_are_a_doubt():
    model, inputs, background = image_classifier(), drawn((1, 2, 8, 8), 0), drawn((50, 2, 8, 8), 1)
    found = ExpectedGradients(background=background, samples=2).explain(model, inputs)
    assert found.verdict.status == "warn"
    assert "take more `samples`" in str(found.verdict)


@pytest.mark.parametrize(
    ("background", "sentence"),
    [
        (None, r"`background` must be a tensor \(N, \*S\), one example a row\. Got NoneType\."),
        (torch.zeros(4), r"`background` must be a tensor \(N, \*S\), one example a row\. Got shape \(4,\)\."),
        (torch.zeros(0, 4), r"one example a row\. Got shape \(0, 4\)\."),
        (torch.full((2, 4), float("nan")), r"`background` must be finite\."),
    ],
)
def test_what_is_no_background_is_refused(background, sentence):
    with pytest.raises(InputError, match=sentence):
        ExpectedGradients(background=background)


def test_a_background_that_does_not_fit_the_inputs_is_refused():
    with pytest.raises(InputError, match=r"`background` must hold inputs of shape \(4,\)\. Got \(3,\)\."):
        ExpectedGradients(background=torch.zeros(2, 3)).explain(table_classifier(), drawn((2, 4), 0))
    photos = torch.zeros(2, 2, 8, 8)
    photos[0, 0, 0, 0] = 255
    with pytest.raises(InputError, match=r"`background` must hold images in \[0, 1\]\. Got values from 0 to 255\."):
        ExpectedGradients(background=photos).explain(image_classifier(), drawn((2, 2, 8, 8), 0))


def test_a_background_in_another_precision_and_with_a_graph_is_taken():
    background = drawn((3, 4), 1).float().requires_grad_()
    found = ExpectedGradients(background=background).explain(table_classifier(), drawn((2, 4), 0))
    assert found.values.dtype == torch.float64
    assert not found.values.requires_grad
    assert background.grad is None
