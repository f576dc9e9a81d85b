"""Small networks with known answers, and short ways to ask about them."""

from itertools import pairwise

import torch
from torch import nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer

GRADIENT_METHODS = ("saliency", "input_x_gradient", "integrated_gradients", "smooth_grad")


def drawn(shape, seed):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def seeded(make, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make().double().eval()


def dense(*sizes, activation=nn.ReLU, bias=True):
    parts = []
    for size, following in pairwise(sizes):
        parts += [nn.Linear(size, following, bias=bias), activation()]
    return nn.Sequential(*parts[:-1])


def table(module, classes=2, **settings):
    return TorchClassifier(module, classes, domain="tabular", **settings)


def values(name, model, inputs, targets=None, **settings):
    return explainer(name, **settings).explain(model, inputs, targets).values


def close(found, expected, tolerance):
    torch.testing.assert_close(found, expected, atol=tolerance, rtol=0)
