import dataclasses

import captum.attr
import pytest
import torch
from explainer_networks import Untouched, drawn
from rule_networks import Branching, Functional, Gated, Net, Reused, SharedInput, classifier_of, images
from torch import nn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.targets import Target, TargetScore, resolved_target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.repairs import repaired_classifier
from xaivision.explainers import captum_module
from xaivision.explainers.captum_original import Captum
from xaivision.explainers.deconvolution import Deconvolution
from xaivision.explainers.guided_backprop import GuidedBackprop
from xaivision.explainers.guided_grad_cam import GuidedGradCam
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


class Second(Net):
    """A ReLU module first, and then a function of the maps."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        x = self.pool(self.one(self.first(x)))
        return self.head(self.function(self.second(x)).mean((2, 3)))


class Handmade(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(context, gradient):
        return gradient * (context.saved_tensors[0] > 0)


class Disguised(nn.ReLU):
    """captum takes it for ReLU."""

    def forward(self, x):
        return x * torch.sigmoid(x)


RELU_BY_OTHER_NAMES = {
    "clamp": lambda x: x.clamp(min=0),
    "clip": lambda x: torch.clip(x, 0),
    "clamp_min": lambda x: x.clamp_min(0.0),
    "threshold": lambda x: nn.functional.threshold(x, 0, 0),
    "maximum": lambda x: torch.maximum(x, torch.zeros((), dtype=x.dtype)),
    "maximum of maps": lambda x: torch.maximum(x, torch.zeros_like(x)),
}
OTHER_ACTIVATIONS = {
    "clamp": lambda x: x.clamp(0, 1),
    "where": lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
    "masked_fill": lambda x: x.masked_fill(x < 0, 0),
    "mul by a value without gradient": lambda x: x * (x > 0),
    "abs": torch.abs,
    "mul": lambda x: x * torch.sigmoid(1.7 * x),
    "square": lambda x: x * x,
    "threshold": lambda x: nn.functional.threshold(x, 0.1, 0),
    "maximum": lambda x: torch.maximum(x, torch.full_like(x, -0.1)),
    "Threshold": nn.Threshold(0.0, 0.0),
    "RReLU": nn.RReLU(),
    "SiLU": nn.SiLU(),
    "sigmoid": torch.sigmoid,
    "pow": lambda x: x**2,
    "handmade": Handmade.apply,
    "disguised": Disguised(),
}
CUT = {name: f"{name} by a value without gradient" for name in ("where", "masked_fill")}
SPELLED = {"square": "mul", "disguised": "mul", **CUT}


@BOTH
@pytest.mark.parametrize("name", RELU_BY_OTHER_NAMES)
def test_relu_by_another_name_is_repaired_to_the_definition(method, name):
    found = method().explain(classifier_of(lambda: Second(RELU_BY_OTHER_NAMES[name])), images(), 0)
    expected = method().explain(classifier_of(lambda: Second(nn.ReLU())), images(), 0)
    torch.testing.assert_close(found.values, expected.values, atol=1e-14, rtol=0)
    assert found.verdict.status == expected.verdict.status == "ok"
    assert any("is a module ReLU" in note.text for note in found.diagnostics.notes)


@pytest.mark.parametrize("ask", [GuidedBackprop, Deconvolution, GuidedGradCam, lambda: Captum("GuidedBackprop")])
@pytest.mark.parametrize("name", OTHER_ACTIVATIONS)
def test_every_other_activation_beside_relu_is_named(ask, name):
    found = ask().explain(classifier_of(lambda: Second(OTHER_ACTIVATIONS[name])), images(), 0)
    assert found.verdict.status == "warn"
    assert f"1 of 2 activations are ReLU; {SPELLED.get(name, name)} gets the plain gradient" in str(found.verdict)


@pytest.mark.parametrize("name", RELU_BY_OTHER_NAMES)
def test_captums_own_is_not_repaired_and_says_so(name):
    found = Captum("GuidedBackprop").explain(classifier_of(lambda: Second(RELU_BY_OTHER_NAMES[name])), images(), 0)
    assert "1 of 2 activations are ReLU" in str(found.verdict)


@BOTH
def test_gates_poolings_and_normalizations_are_no_activations(method):
    for function in (
        lambda x: (x - 0.1).relu() * torch.sigmoid(x.mean((2, 3), keepdim=True)),
        lambda x: nn.functional.layer_norm(x, x.shape[1:]).relu(),
        lambda x: nn.functional.max_pool2d(x, 2).relu(),
    ):
        assert method().explain(classifier_of(lambda f=function: Second(f)), images(), 0).verdict.status == "ok"


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
def test_it_costs_a_gradient_and_the_first_time_two_looks_at_the_first_input(method):
    model = classifier_of(Net)
    for looks in (2, 0):
        found = method().explain(model, images(5)).diagnostics
        assert (found.gradient_calls, found.model_calls) == (5 + looks, 0)


@BOTH
@pytest.mark.parametrize("kind", [Net, Functional])
@pytest.mark.parametrize("output", ["score", "probability", "margin"])
def test_the_scores_of_its_own_pass_are_those_of_the_model_and_settle_what_is_explained(method, kind, output):
    model, inputs = classifier_of(kind, batch_size=2), images(5)
    scores = model(inputs)
    for classes in (None, [1, 2, 0, 1, 2]):
        target = Target(classes, output=output)
        query = method().explain(model, inputs, target).query
        expected = resolved_target(target, scores, model.score_unit)
        assert torch.equal(query.targets, expected.classes)
        assert torch.equal(query.scores, expected.of(scores))
        assert torch.equal(query.probabilities, TargetScore(expected.classes, output="probability").of(scores))


@BOTH
def test_predicted_classes_are_explained_as_if_they_had_been_named(method):
    model, inputs = classifier_of(Net), images(5)
    with torch.no_grad():
        model.model.head.bias -= model(inputs).mean(0)
    predicted = model(inputs).argmax(1)
    assert len(predicted.unique()) > 1, "of one class the order of the targets could not be seen"
    found, expected = (method().explain(model, inputs, target).values for target in (None, predicted))
    assert torch.equal(found, expected)


@BOTH
def test_an_input_held_against_its_own_predicted_class_is_told(method):
    model, inputs = classifier_of(Net), images(5)
    with pytest.raises(InputError, match="`against` must be another class"):
        method().explain(model, inputs, Target(None, against=int(model(inputs[:1]).argmax())))


@BOTH
def test_a_repaired_model_costs_two_forwards_and_the_proofs_more_the_first_time(method):
    model = classifier_of(Functional)
    found = [method().explain(model, images(5)).diagnostics for _ in range(2)]
    assert (found[0].gradient_calls, found[0].model_calls) == (5 + 2 + 2 + 4, 2)
    assert (found[1].gradient_calls, found[1].model_calls) == (5, 0)


@BOTH
def test_where_the_repair_rounds_differently_the_model_itself_gives_the_scores(method, monkeypatch):
    def rounding(model, inputs):
        return dataclasses.replace(repaired_classifier(model, inputs), exact=False)

    model = classifier_of(Functional)
    method().explain(model, images(5))
    monkeypatch.setattr(captum_module, "repaired_classifier", rounding)
    found = method().explain(model, images(5), 1)
    assert (found.diagnostics.gradient_calls, found.diagnostics.model_calls) == (5, 5)
    assert torch.equal(found.query.scores, model(images(5))[:, 1])


def test_the_card_says_that_it_fails_the_sanity_checks():
    assert "fails the sanity checks" in GuidedBackprop.about.misleads
    assert "1810.03292" in GuidedBackprop.about.source


def test_without_pooling_deconvolution_does_not_depend_on_the_input():
    """As its card says."""
    model = classifier_of(lambda: Net(pool=nn.Identity))
    found = Deconvolution().explain(model, images(), 0).values
    torch.testing.assert_close(found[0], found[1], atol=1e-15, rtol=0)
