import captum.attr
import pytest
import torch
from explainer_networks import drawn, gradient_of, image_classifier, table_classifier

from xaivision.core.random import generator
from xaivision.explainers.registry import explainer
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.smooth_grad_squared import SmoothGradSquared


@pytest.mark.parametrize(("make", "shape"), [(table_classifier, (4,)), (image_classifier, (2, 8, 8))])
def test_values_are_the_mean_square_of_the_gradients_over_the_copies(make, shape):
    model, inputs = make(), drawn((2, *shape), 0)
    found = SmoothGradSquared(samples=6, noise=0.2).explain(model, inputs, [2, 1], seed=7)
    draws = [torch.randn(shape, generator=generator(7, "noisy copies", draw)).double() for draw in range(6)]
    assert found.kind == "slope"
    for i, target in enumerate((2, 1)):
        scale = 0.2 * (inputs[i].max() - inputs[i].min())
        squares = torch.stack([gradient_of(model, inputs[i] + scale * draw, target) for draw in draws]) ** 2
        torch.testing.assert_close(found.values[i], squares.mean(0), atol=1e-13, rtol=1e-9)
        error = squares.std(0, correction=1) / 6**0.5
        torch.testing.assert_close(found.diagnostics.standard_error[i], error, atol=1e-13, rtol=1e-9)


def test_it_is_the_square_of_the_mean_plus_the_variance_of_the_same_draws():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    mean, variance, square = (
        explainer(name, samples=9).explain(model, inputs, seed=2).values
        for name in ("smooth_grad", "var_grad", "smooth_grad_squared")
    )
    torch.testing.assert_close(square, mean**2 + variance, atol=1e-14, rtol=1e-9)


def test_without_noise_it_is_the_square_of_the_gradient():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    found = SmoothGradSquared(samples=3, noise=0.0).explain(model, inputs)
    torch.testing.assert_close(found.values, Saliency().explain(model, inputs).values ** 2, atol=1e-14, rtol=1e-9)


def test_it_is_captums_on_the_same_draws(monkeypatch):
    model, inputs = table_classifier(), drawn((1, 4), 0)
    span = float(inputs.max() - inputs.min())
    draws = [torch.randn(4, generator=generator(3, "noisy copies", draw)).double() * 0.2 * span for draw in range(5)]
    monkeypatch.setattr(torch, "normal", lambda mean, std: torch.stack(draws))
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(model.model))
    asked = inputs.clone().requires_grad_()
    expected = tunnel.attribute(asked, nt_type="smoothgrad_sq", nt_samples=5, stdevs=0.2 * span, target=1, abs=False)
    found = SmoothGradSquared(samples=5, noise=0.2).explain(model, inputs, 1, seed=3)
    torch.testing.assert_close(found.values, expected.detach(), atol=1e-12, rtol=1e-9)
