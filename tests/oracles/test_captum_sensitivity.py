"""Sensitivity of ours and of captum, about the same copies of the same inputs."""

import pytest
import torch
from captum.attr import InputXGradient as TheirInputXGradient
from captum.metrics import sensitivity_max

from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.stability import box_draws
from xaivision.evaluation.sensitivity import MaxSensitivity
from xaivision.explainers.input_x_gradient import InputXGradient


@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")
@pytest.mark.parametrize("radius", [0.02, 0.2])
def test_max_sensitivity_is_captums(radius):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()
    model, inputs = TorchClassifier(module, 3, domain="tabular"), torch.rand(4, 5, generator=generator(1), dtype=torch.float64)
    method, targets, samples = InputXGradient(), torch.tensor([0, 2, 1, 0]), 6

    def copies(repeated, reach):
        return repeated + reach * box_draws((5,), range(samples), 3).repeat(len(repeated) // samples, 1)

    theirs = sensitivity_max(
        TheirInputXGradient(module).attribute, inputs, copies, perturb_radius=radius, n_perturb_samples=samples, target=targets
    )
    ours = MaxSensitivity(samples, radius).evaluate(model, method, method.explain(model, inputs, targets), seed=3)
    torch.testing.assert_close(ours.values, theirs.detach(), rtol=0, atol=1e-12)
