import captum.attr
import pytest
import torch
from explainer_networks import Untouched, drawn
from rule_networks import Branching, Functional, Gated, Net, Reused, SharedInput, classifier_of, images
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.deconvolution import Deconvolution
from xaivision.explainers.guided_backprop import GuidedBackprop
from xaivision.explainers.saliency import Saliency

pytestmark = pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU:UserWarning")
BOTH = pytest.mark.parametrize("method", [GuidedBackprop, Deconvolution], ids=["guided_backprop", "deconvolution"])


class Rectified(torch.autograd.Function):
    """ReLU whose gradient is the definition: guided keeps what is positive on both ways, deconvolution on the way back."""

    guided = True

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clamp_min(0)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient.clamp_min(0) * (x > 0) if Rectified.guided else gradient.clamp_min(0)


class ByDefinition(nn.Module):
    def forward(self, x):
        return Rectified.apply(x)


def by_definition(method, make, inputs, targets):
    Rectified.guided = method is GuidedBackprop
    model = classifier_of(make)
    parts = [(owner, name) for owner in model.model.modules() for name, part in owner.named_children() if type(part) is nn.ReLU]
    for owner, name in parts:
        setattr(owner, name, ByDefinition())
    return Saliency().explain(model, inputs, targets).values


@BOTH
@pytest.mark.parametrize("network", [Net, Reused, SharedInput, Gated, Branching], ids=lambda network: network.__name__)
def test_it_is_the_definition_in_slow_steps(method, network):
    expected = by_definition(method, network, images(), [2, 0, 1])
    found = method().explain(classifier_of(network), images(), [2, 0, 1])
    torch.testing.assert_close(found.values, expected, atol=1e-14, rtol=0)
    assert found.kind == "slope"
    assert found.verdict.status == "ok"
    assert float((found.values - Saliency().explain(classifier_of(network), images(), [2, 0, 1]).values).abs().max()) > 1e-5


@BOTH
def test_functions_are_repaired_and_told(method):
    found = method().explain(classifier_of(Functional), images(), 0)
    torch.testing.assert_close(found.values, method().explain(classifier_of(Net), images(), 0).values, atol=1e-14, rtol=0)
    assert any("repaired on a copy: the function `relu`" in note.text for note in found.diagnostics.notes)


@BOTH
@pytest.mark.parametrize("inplace", [False, True])
def test_it_is_captums_where_captum_is_right(method, inplace):
    model = classifier_of(lambda: Net(lambda: nn.ReLU(inplace=inplace)))
    asked = getattr(captum.attr, method.__name__)(model.model.eval())
    expected = asked.attribute(images().requires_grad_(), torch.tensor([2, 0, 1])).detach()
    torch.testing.assert_close(method().explain(model, images(), [2, 0, 1]).values, expected, atol=1e-14, rtol=0)


@pytest.mark.parametrize("network", [SharedInput, Functional], ids=lambda network: network.__name__)
def test_captum_itself_is_wrong_there(network):
    """Without an error: what the repairs and copies are for."""
    module = classifier_of(network).model.eval()
    theirs = captum.attr.GuidedBackprop(module).attribute(images().requires_grad_(), 0).detach()
    ours = GuidedBackprop().explain(classifier_of(network), images(), 0).values
    assert float((theirs - ours).abs().max() / ours.abs().max()) > 0.05


@BOTH
@pytest.mark.parametrize("act", [nn.SiLU, nn.GELU, nn.ReLU6, nn.Tanh], ids=lambda act: act.__name__)
def test_models_without_relu_are_refused_with_what_they_have(method, act):
    with pytest.raises(
        CapabilityError, match=rf"changes the gradient at ReLU, and this model has none; it has {act.__name__} at `one`"
    ):
        method().explain(classifier_of(lambda: Net(act)), images())


@BOTH
def test_a_linear_model_is_refused(method):
    with pytest.raises(CapabilityError, match="this model has none: the answer would be the plain gradient"):
        method().explain(classifier_of(lambda: nn.Sequential(nn.Flatten(), nn.Linear(128, 3))), images())


def test_other_activations_beside_relu_are_a_warning():
    model = classifier_of(Net)
    model.model.two = nn.Hardswish()
    found = GuidedBackprop().explain(model, images())
    assert found.verdict.status == "warn"
    assert "1 of 2 activations are ReLU; Hardswish gets the plain gradient" in str(found.verdict)


@BOTH
def test_a_contrast_and_a_probability_are_explained(method):
    for target in (Target(0, against=1), Target(1, output="probability"), Target(output="margin")):
        found = method().explain(classifier_of(Net), images(), target)
        alone = method().explain(classifier_of(Net), images()[1:2], target)
        torch.testing.assert_close(found.values[1:2].sign(), alone.values.sign())
        assert found.values.any()


@BOTH
def test_a_cut_gradient_is_refused(method):
    assert method().explain(TorchClassifier(Untouched(), 2), drawn((2, 1, 3, 3), 0)).verdict.status == "refuse"


@BOTH
def test_it_costs_a_gradient_and_a_forward(method):
    model = classifier_of(Net)
    method().explain(model, images(1))
    found = method().explain(model, images(5)).diagnostics
    assert (found.gradient_calls, found.model_calls) == (5, 5)


def test_the_card_says_that_it_fails_the_sanity_checks():
    assert "fails the sanity checks" in GuidedBackprop.about.misleads
    assert "1810.03292" in GuidedBackprop.about.source


def test_without_pooling_deconvolution_does_not_depend_on_the_input():
    """As its card says."""
    model = classifier_of(lambda: Net(pool=nn.Identity))
    found = Deconvolution().explain(model, images(), 0).values
    torch.testing.assert_close(found[0], found[1], atol=1e-15, rtol=0)
