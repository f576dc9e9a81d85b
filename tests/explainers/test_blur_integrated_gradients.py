import numpy as np
import pytest
import torch
from explainer_networks import drawn, gradient_of, image_classifier, linear_classifier, seeded
from scipy.ndimage import gaussian_filter
from torch import nn

from xaivision.core.completeness import completeness_tolerance
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.blur_integrated_gradients import BlurIntegratedGradients


def scipys(image, sigma):
    return torch.from_numpy(np.stack([gaussian_filter(channel, sigma, mode="reflect") for channel in image.numpy()]))


def smooth_images():
    """A network without kinks, whose score the contrast of an image moves."""
    make = lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 6), nn.Tanh(), nn.Linear(6, 3))  # noqa: E731
    return TorchClassifier(seeded(make), 3)


@pytest.mark.parametrize("steps", [1, 4, "auto"])
def test_g1_linear_contributions_are_the_weights_times_the_distance_from_the_blurred_image(steps):
    weights, inputs = drawn((2, 6, 5), 0) - 0.5, drawn((3, 2, 6, 5), 1)
    found = BlurIntegratedGradients(steps=steps, max_sigma=3.0).explain(linear_classifier(weights, 0.3), inputs, 0)
    blurred = torch.stack([scipys(image, 3.0) for image in inputs])
    torch.testing.assert_close(found.baseline, blurred, atol=1e-12, rtol=0)
    torch.testing.assert_close(found.values, weights * (inputs - blurred), atol=1e-12, rtol=0)
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-12
    assert (found.kind, found.verdict.status) == ("contribution", "ok")


def test_it_converges_to_the_papers_integral_of_the_gradient_times_the_derivative_of_the_blur():
    """As the authors' code sums it, by small steps of the blur and differences for the derivative, here at 4000 of them."""
    model, inputs = image_classifier(), drawn((1, 2, 8, 8), 0)
    found = BlurIntegratedGradients(steps=300, max_sigma=2.0).explain(model, inputs, 1)
    expected, step = torch.zeros_like(inputs[0]), 2.0 / 4000
    for number in range(4000):
        before, after = (scipys(inputs[0], sigma) for sigma in ((number + 1) * step, number * step))
        expected += gradient_of(model, before, 1) * (after - before)
    torch.testing.assert_close(found.values[0], expected, atol=2e-3 * float(expected.abs().max()), rtol=0)


def test_contributions_sum_to_the_change_of_the_score_from_the_blurred_image():
    model, inputs = smooth_images(), drawn((3, 2, 8, 8), 0)
    found = BlurIntegratedGradients().explain(model, inputs, [2, 1, 0])
    rows, targets = torch.arange(3), torch.tensor([2, 1, 0])
    reference = model(torch.stack([scipys(image, 50.0) for image in inputs]))[rows, targets]
    torch.testing.assert_close(found.reference_scores, reference)
    change = model(inputs)[rows, targets] - reference
    assert ((found.values.flatten(1).sum(1) - change).abs() <= completeness_tolerance(change)).all()
    assert found.verdict.status == "ok"
    assert found.diagnostics.model_calls == 6


def test_automatic_steps_answer_what_as_many_fixed_ones_do():
    model, inputs = smooth_images(), drawn((1, 2, 8, 8), 0)
    automatic = BlurIntegratedGradients().explain(model, inputs)
    assert automatic.diagnostics.gradient_calls == 16
    torch.testing.assert_close(automatic.values, BlurIntegratedGradients(steps=16).explain(model, inputs).values)


def test_a_step_that_the_path_misses_is_refused_and_a_flat_image_told():
    class Sharp(nn.Module):
        def forward(self, x):
            contrast = (x[:, :, :, 1:] - x[:, :, :, :-1]).square().flatten(1).mean(1)
            margin = torch.sigmoid(1e7 * (contrast - 0.015)) + 1e-9 * x.flatten(1).sum(1)
            return torch.stack([margin, 1 - margin], 1)

    model = TorchClassifier(Sharp(), 2, score_unit="probability")
    found = BlurIntegratedGradients(steps=16).explain(model, drawn((1, 1, 6, 6), 0), 0)
    assert found.verdict.status == "refuse"
    assert "the map is next to zero" in str(found.verdict)
    for dtype in (torch.float32, torch.float64):
        images = torch.stack([torch.full((2, 8, 8), 0.3), drawn((2, 8, 8), 0).float()]).to(dtype)
        found = BlurIntegratedGradients().explain(smooth_images(), images)
        assert "blurring changes nothing in this image" in str(found.verdicts[0])
        assert found.verdicts[1].status == "ok"


def test_tables_are_refused():
    from explainer_networks import table_classifier

    with pytest.raises(CapabilityError, match="`blur_integrated_gradients` is for image inputs"):
        BlurIntegratedGradients().explain(table_classifier(), drawn((2, 4), 0))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": 0}, r"`steps` must be a positive integer\. Got 0\."),
        ({"steps": "many"}, r"`steps` must be a positive integer\. Got 'many'\."),
        ({"max_steps": 15}, r"`max_steps` must be at least 16\. Got 15\."),
        ({"max_sigma": 0}, r"`max_sigma` must be a positive number of pixels\. Got 0\."),
        ({"max_sigma": float("inf")}, r"`max_sigma` must be a positive number of pixels\. Got inf\."),
        ({"max_sigma": "50"}, r"`max_sigma` must be a positive number of pixels\. Got '50'\."),
        ({"max_sigma": True}, r"`max_sigma` must be a positive number of pixels\. Got True\."),
    ],
)
def test_wrong_settings_are_refused_when_they_are_given(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        BlurIntegratedGradients(**wrong)
