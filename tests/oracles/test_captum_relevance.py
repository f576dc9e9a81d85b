"""Layer-wise relevance put to captum, on the networks where captum is right: plain, with its own layer types only."""

import captum.attr
import pytest
import torch
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule
from torch import nn

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import relevance
from xaivision.explainers.registry import explainer

# captum's stabilizer is this number itself, not a share of the outputs: next to nothing, as ours is here.
ABSOLUTE, RELATIVE = 1e-15, 1e-15
TARGETS = torch.tensor([3, 0])
PRECISIONS = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-9)])


def network(bias=True):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, bias=bias),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1, bias=bias),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d((2, 2)),
        Rows(),
        nn.Linear(32, 12, bias=bias),
        nn.ReLU(),
        nn.Linear(12, 4, bias=bias),
    )


class Rows(nn.Module):
    """captum refuses `nn.Flatten`, but takes any layer that it is told a rule for."""

    def forward(self, x):
        return x.reshape(len(x), -1)


def drawn(shape, seed):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pair(dtype, bias=True):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = network(bias).to(dtype).eval()
    return module, drawn((2, 3, 12, 12), 3).to(dtype)


def by_captum(module, inputs, rule_of):
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.rule = rule_of(part)
        elif isinstance(part, nn.MaxPool2d | nn.AdaptiveAvgPool2d | Rows):
            part.rule = EpsilonRule()
        if hasattr(part, "rule"):
            part.rule.STABILITY_FACTOR = ABSOLUTE
    found = captum.attr.LRP(module).attribute(inputs.clone().requires_grad_(), TARGETS)
    return found.detach()


def same(found, expected, tolerance):
    assert found.dtype == expected.dtype
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance * float(expected.abs().max()))


def ours(module, inputs, composite, **settings):
    model = TorchClassifier(module, 4)
    return (
        explainer("layerwise_relevance", composite=composite, epsilon=RELATIVE, **settings).explain(model, inputs, TARGETS).values
    )


@PRECISIONS
@pytest.mark.parametrize("bias", [True, False])
def test_epsilon_is_captums_epsilon_rule(dtype, tolerance, bias):
    module, inputs = pair(dtype, bias)
    found = ours(module, inputs, "epsilon")
    same(found, by_captum(module, inputs, lambda _part: EpsilonRule()), tolerance)


@PRECISIONS
@pytest.mark.parametrize("bias", [True, False])
def test_epsilon_plus_is_captums_alpha_1_beta_0_for_convolutions_with_biases_that_have_no_share(dtype, tolerance, bias):
    module, inputs = pair(dtype, bias)
    found = ours(module, inputs, "epsilon_plus")
    rule = lambda part: Alpha1_Beta0_Rule(set_bias_to_zero=True) if isinstance(part, nn.Conv2d) else EpsilonRule()  # noqa: E731
    same(found, by_captum(module, inputs, rule), tolerance)


@PRECISIONS
def test_gamma_without_biases_is_captums_gamma_rule(dtype, tolerance):
    """In the second convolution: the first has the box rule, which captum does not know. captum favors no bias, ours does."""
    module, inputs = pair(dtype, bias=False)
    with torch.no_grad():
        maps = module[:3](inputs)
    rest = nn.Sequential(nn.Identity(), *module[3:])
    rule = lambda part: GammaRule(0.25) if isinstance(part, nn.Conv2d) else EpsilonRule()  # noqa: E731
    expected = by_captum(nn.Sequential(*module[3:]), maps, rule)
    found = relevance_of_maps(rest, maps)
    same(found, expected, tolerance)


def relevance_of_maps(module, maps):
    """The rules of the composite without its first one."""
    model = TorchClassifier(module, 4)
    rules = relevance.composite("epsilon_gamma_box", RELATIVE, 0.25)._replace(first=None)
    return relevance.relevance(model, maps, TargetScore(TARGETS), rules).values
