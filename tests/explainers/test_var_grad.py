import captum.attr
import pytest
import torch
from explainer_networks import drawn, gradient_of, image_classifier, table_classifier

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.var_grad import VarGrad


@pytest.mark.parametrize(("make", "shape"), [(table_classifier, (4,)), (image_classifier, (2, 8, 8))])
def test_values_are_the_mean_squared_deviation_of_the_gradients_over_the_copies(make, shape):
    model, inputs = make(), drawn((2, *shape), 0)
    found = VarGrad(samples=6, noise=0.2).explain(model, inputs, [2, 1], seed=7)
    draws = [torch.randn(shape, generator=generator(7, "noisy copies", draw)).double() for draw in range(6)]
    assert found.kind == "slope"
    for i, target in enumerate((2, 1)):
        scale = 0.2 * (inputs[i].max() - inputs[i].min())
        copies = torch.stack([gradient_of(model, inputs[i] + scale * draw, target) for draw in draws])
        torch.testing.assert_close(found.values[i], copies.var(0, correction=0), atol=1e-13, rtol=1e-9)


def test_the_normalization_is_captums(monkeypatch):
    """With the same draws: captum's come from the global generator, which is why they are put in its place."""
    model, inputs = table_classifier(), drawn((1, 4), 0)
    span = float(inputs.max() - inputs.min())
    draws = [torch.randn(4, generator=generator(3, "noisy copies", draw)).double() * 0.2 * span for draw in range(5)]
    monkeypatch.setattr(torch, "normal", lambda mean, std: torch.stack(draws))
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(model.model))
    expected = tunnel.attribute(
        inputs.clone().requires_grad_(), nt_type="vargrad", nt_samples=5, stdevs=0.2 * span, target=1, abs=False
    )
    found = VarGrad(samples=5, noise=0.2).explain(model, inputs, 1, seed=3)
    torch.testing.assert_close(found.values, expected.detach(), atol=1e-12, rtol=1e-9)


def test_without_noise_nothing_varies():
    found = VarGrad(samples=3, noise=0.0).explain(image_classifier(), drawn((2, 2, 8, 8), 0))
    assert float(found.values.abs().max()) < 1e-25


def test_a_linear_dependence_does_not_vary():
    from explainer_networks import linear_classifier

    found = VarGrad().explain(linear_classifier(torch.tensor([1.0, -2.0, 3.0]).double()), drawn((2, 3), 0))
    assert float(found.values.abs().max()) < 1e-25


def test_it_costs_as_many_gradients_as_samples():
    found = VarGrad(samples=7).explain(table_classifier(), drawn((3, 4), 0))
    assert (found.diagnostics.gradient_calls, found.diagnostics.model_calls) == (21, 3)


def test_one_sample_is_refused():
    with pytest.raises(InputError, match=r"`samples` must be at least 2: one sample does not vary\. Got 1\."):
        VarGrad(samples=1)


def test_the_variance_of_another_method_is_of_its_shape_and_kind():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    found = VarGrad(samples=4, base="grad_cam").explain(model, inputs)
    assert found.values.shape == (2, 1, 8, 8)
    assert found.kind == "contribution"
    plain = VarGrad(samples=4, base=Saliency()).explain(model, inputs)
    torch.testing.assert_close(plain.values, VarGrad(samples=4).explain(model, inputs).values, atol=1e-14, rtol=1e-9)
