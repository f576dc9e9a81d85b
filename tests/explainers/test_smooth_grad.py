import pytest
import torch
from explainer_networks import drawn, gradient_of, image_classifier, table_classifier

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.explainers.smooth_grad import SmoothGrad


@pytest.mark.parametrize(("make", "shape"), [(table_classifier, (4,)), (image_classifier, (2, 8, 8))])
def test_values_are_the_mean_gradient_over_noise_that_is_a_share_of_each_inputs_range(make, shape):
    model, inputs = make(), drawn((2, *shape), 0) * torch.tensor([1.0, 0.5]).double().view(2, *[1] * len(shape))
    found = SmoothGrad(samples=5, noise=0.2).explain(model, inputs, [2, 1], seed=7)
    draws = [torch.randn(shape, generator=generator(7, "noisy copies", draw)).double() for draw in range(5)]
    assert found.kind == "slope"
    for i, target in enumerate((2, 1)):
        scale = 0.2 * (inputs[i].max() - inputs[i].min())
        copies = [gradient_of(model, inputs[i] + scale * draw, target) for draw in draws]
        torch.testing.assert_close(found.values[i], torch.stack(copies).mean(0), atol=1e-13, rtol=0)
        error = torch.stack(copies).std(0, correction=1) / 5**0.5
        torch.testing.assert_close(found.diagnostics.standard_error[i], error, atol=1e-13, rtol=0)


def test_the_seed_decides_the_draws():
    model, inputs = table_classifier(), drawn((2, 4), 0)
    first, again, other = (SmoothGrad().explain(model, inputs, 0, seed=seed).values for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_it_costs_as_many_gradients_as_samples():
    found = SmoothGrad(samples=7).explain(table_classifier(), drawn((3, 4), 0))
    assert (found.diagnostics.gradient_calls, found.diagnostics.model_calls) == (21, 3)


@pytest.mark.parametrize("samples", [0, -1, True, 2.5, "25"])
def test_samples_that_are_no_positive_integer_are_refused(samples):
    with pytest.raises(InputError, match=r"`samples` must be a positive integer\. Got "):
        SmoothGrad(samples=samples)


@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf"), "0.1", True])
def test_noise_that_is_no_share_is_refused(noise):
    with pytest.raises(InputError, match=r"`noise` must be a number from 0, a share of the input's range\. Got "):
        SmoothGrad(noise=noise)


def test_noise_follows_the_range_of_each_column_where_a_schema_knows_it():
    """A column of thousands gets noise of hundreds, one of hundredths does not: the mean slope of x**2 / 2 is the mean x."""
    import pandas as pd

    from xaivision.core.torch_classifier import TorchClassifier
    from xaivision.data.schema import TableSchema

    class Squares(torch.nn.Module):
        def forward(self, rows):
            return torch.stack([torch.zeros(len(rows), dtype=rows.dtype), (rows**2).sum(1) / 2], dim=1)

    schema = TableSchema.from_frame(pd.DataFrame({"wide": [0.0, 2000.0], "narrow": [0.0, 0.02]}))
    model = TorchClassifier(Squares(), 2, domain="tabular", schema=schema)
    row = torch.tensor([[1000.0, 0.01]], dtype=torch.float64)
    found = SmoothGrad(samples=4, noise=0.5).explain(model, row, 1)
    shifts = (found.values - row)[0].abs()
    assert 10 < shifts[0] < 2000
    assert 1e-4 < shifts[1] < 2e-2
