import random

import captum.attr
import numpy as np
import pytest
import torch
from explainer_networks import Columns, drawn, linear_classifier, seeded
from rule_networks import Apart, Functional, Net, Reused, SharedInput, classifier_of, images
from torch import nn

from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.captum_call import attribution_classes
from xaivision.explainers.captum_original import Captum
from xaivision.explainers.registry import explainer


def test_settings_are_those_that_captum_takes_by_name():
    one, other = Captum("Saliency", abs=False), Captum("Saliency", {"abs": False})
    assert (one.method, one.settings) == (other.method, other.settings) == ("Saliency", {"abs": False})
    assert explainer("captum", method="Saliency", settings={"abs": False}).settings == {"abs": False}


def test_absolute_values_stay_captums_default():
    model, inputs = classifier_of(Net), images()
    slopes = explainer("saliency").explain(model, inputs, 0).values
    torch.testing.assert_close(Captum("Saliency").explain(model, inputs, 0).values, slopes.abs(), atol=1e-15, rtol=0)
    torch.testing.assert_close(Captum("Saliency", abs=False).explain(model, inputs, 0).values, slopes, atol=1e-15, rtol=0)


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        ("Salency", {}, r"`Salency` is not a known attribution class of captum\. Did you mean `Saliency`"),
        ("Saliency", {"asb": True}, r"`asb` is not a known setting of captum's Saliency\. Did you mean `abs`"),
        ("IntegratedGradients", {"steps": 3}, r"`steps` is not a known setting of captum's .* Did you mean `n_steps`"),
        ("Saliency", {"target": 3}, r"`target` is not a known setting"),
        ("NoiseTunnel", {"attribution_method": "Salency"}, r"Did you mean `Saliency`"),
        ("NoiseTunnel", {"attribution_method": "Saliency", "abz": 1}, r"`abz` is not a known setting of captum's NoiseTunnel"),
    ],
)
def test_an_unknown_name_is_answered_with_the_closest_one(method, settings, message):
    with pytest.raises(UnknownNameError, match=message):
        Captum(method, settings)


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        (
            "Occlusion",
            {},
            r"needs `sliding_window_shapes`\. Got no value\. Give `settings={'sliding_window_shapes': \.\.\.}`",
        ),
        ("GradientShap", {}, r"`GradientShap` of captum needs `baselines`"),
        ("NoiseTunnel", {}, r"`NoiseTunnel` of captum needs `attribution_method`, the name of the class it asks\. Got None"),
        ("NoiseTunnel", {"attribution_method": "NoiseTunnel"}, r"must be a class that asks the model itself"),
    ],
)
def test_a_missing_setting_is_named(method, settings, message):
    with pytest.raises(InputError, match=message):
        Captum(method, settings)


NO_ANSWERS = [name for name in attribution_classes() if any(part in name for part in ("Neuron", "LLM", "Loader", "Permutation"))]


@pytest.mark.parametrize("method", NO_ANSWERS)
def test_what_does_not_explain_scores_is_refused(method):
    with pytest.raises(CapabilityError, match=rf"`{method}` of captum is no method here: it "):
        Captum(method)


BACKGROUND = images(4, seed=8)
NEEDED = {
    "Occlusion": {"sliding_window_shapes": (2, 3, 3), "strides": (2, 2, 2)},
    "NoiseTunnel": {"attribution_method": "Saliency", "nt_samples": 3},
    "ShapleyValues": {"feature_mask": (torch.arange(64) // 16).view(1, 1, 8, 8)},
    "ShapleyValueSampling": {"feature_mask": (torch.arange(64) // 16).view(1, 1, 8, 8), "n_samples": 3},
    "KernelShap": {"feature_mask": (torch.arange(64) // 16).view(1, 1, 8, 8)},
    "Lime": {"feature_mask": (torch.arange(64) // 16).view(1, 1, 8, 8)},
    "LRP": None,
    "LayerLRP": None,
    **{name: {"baselines": BACKGROUND} for name in ("GradientShap", "DeepLiftShap", "LayerGradientShap", "LayerDeepLiftShap")},
}
ANSWERING = [name for name in attribution_classes() if name not in (*NO_ANSWERS, "LimeBase") and NEEDED.get(name, {}) is not None]


@pytest.mark.parametrize("method", ANSWERING)
def test_an_input_alone_gets_what_it_gets_in_a_batch_and_nothing_global_moves(method):
    model, inputs = classifier_of(lambda: Apart(pool=nn.Identity)), images()
    torch.manual_seed(3)
    states = torch.get_rng_state(), repr(np.random.get_state()), random.getstate()  # noqa: NPY002
    before = [(set(vars(part)), len(part._forward_hooks)) for part in model.model.modules()]
    method = Captum(method, NEEDED.get(method))
    together = method.explain(model, inputs, [2, 0, 1], seed=5)
    for index, target in enumerate([2, 0, 1]):
        alone = method.explain(model, inputs[index : index + 1], target, seed=5).values
        torch.testing.assert_close(together.values[index : index + 1], alone, atol=1e-12, rtol=0)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert repr(np.random.get_state()) == states[1]  # noqa: NPY002
    assert random.getstate() == states[2]
    assert [(set(vars(part)), len(part._forward_hooks)) for part in model.model.modules()] == before
    assert together.values.dtype == inputs.dtype
    assert together.method == "captum"
    assert together.origin.settings["method"] == method.method


@pytest.mark.parametrize("method", ["NoiseTunnel", "GradientShap", "ShapleyValueSampling", "LayerGradientShap"])
def test_draws_depend_on_the_seed_alone(method):
    model, inputs, asked = classifier_of(Net), images(), Captum(method, NEEDED[method])
    first = asked.explain(model, inputs, 0, seed=1).values
    torch.manual_seed(9)
    np.random.seed(9)  # noqa: NPY002
    assert torch.equal(first, asked.explain(model, inputs, 0, seed=1).values)
    assert not torch.equal(first, asked.explain(model, inputs, 0, seed=2).values)


@pytest.mark.parametrize("method", ["FeatureAblation", "Occlusion", "ShapleyValueSampling", "KernelShap"])
def test_methods_that_need_scores_only_work_on_any_model(method):
    weights = drawn((2, 8, 8), 0) - 0.5
    torch_model = linear_classifier(weights)
    matrix = torch_model.model[1].weight.detach().numpy()
    function = FunctionClassifier(lambda x: x.reshape(len(x), -1) @ matrix.T, 2, score_unit="logit", domain="image")
    asked = Captum(method, NEEDED.get(method))
    ours, theirs = asked.explain(function, images(), 0), asked.explain(torch_model, images(), 0)
    torch.testing.assert_close(ours.values, theirs.values, atol=1e-6, rtol=0)
    assert ours.diagnostics.gradient_calls == 0


def test_methods_that_need_gradients_say_so():
    function = FunctionClassifier(lambda x: x.reshape(len(x), -1)[:, :2], 2, score_unit="logit", domain="image")
    with pytest.raises(CapabilityError, match="`captum` needs a model's gradients, and FunctionClassifier gives no more"):
        Captum("Saliency").explain(function, images())


@pytest.mark.parametrize("baselines", ["mean", 0.5, images(seed=5), images(1, seed=5), None])
def test_baselines_are_names_numbers_or_tensors(baselines):
    given = {} if baselines is None else {"baselines": baselines}
    found = Captum("IntegratedGradients", n_steps=64, **given).explain(classifier_of(Net), images(), 0)
    house = torch.full((1, 1, 1, 1), baselines or 0.0) if baselines is None or isinstance(baselines, float) else baselines
    expected = explainer("integrated_gradients", baseline=house, steps=2000).explain(classifier_of(Net), images(), 0)
    assert torch.equal(found.baseline, expected.baseline)
    assert torch.equal(found.reference_scores, expected.reference_scores)
    torch.testing.assert_close(found.values, expected.values, atol=3e-3, rtol=0)


def test_a_table_takes_its_typical_row():
    module = seeded(lambda: nn.Sequential(nn.Linear(3, 7), nn.Tanh(), nn.Linear(7, 3)))
    model = TorchClassifier(module, 3, domain="tabular", schema=Columns(0.1, 0.2, 0.3))
    found = Captum("ShapleyValues", baselines="typical").explain(model, drawn((2, 3), 0))
    assert found.baseline.tolist() == [[0.1, 0.2, 0.3]] * 2
    torch.testing.assert_close(found.values.sum(1), found.query.scores - found.reference_scores, atol=1e-5, rtol=0)


def test_what_should_add_up_and_does_not_is_a_warning():
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False), nn.Sigmoid(), nn.Linear(1, 2, bias=False)).double()
    with torch.no_grad():
        module[1].weight.fill_(-10)
    found = Captum("IntegratedGradients", n_steps=2).explain(TorchClassifier(module, 2), torch.full((1, 1, 2, 2), 0.8).double())
    assert found.verdict.status == "warn"
    assert "does not add up" in str(found.verdict)


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (lambda: Net(nn.SiLU), "captum has no rule for SiLU at `one` and 1 more, and takes the plain gradient there"),
        (Functional, "captum has no rule for relu and 2 more"),
        (SharedInput, "captum's hooks get in each other's way at ReLU at `one`"),
        (Net, "captum's hooks get in each other's way at MaxPool2d at `pool`"),
        (lambda: Apart(pool=lambda: nn.MaxPool2d(3, 1)), "captum loses shares of max pooling whose windows overlap"),
    ],
)
def test_where_captums_deep_lift_is_silently_wrong_there_is_a_warning(network, reason):
    found = Captum("DeepLift", baselines="mean").explain(classifier_of(network), images())
    assert found.verdict.status == "warn"
    assert reason in str(found.verdict)


def test_where_captums_deep_lift_is_right_there_is_none():
    found = Captum("DeepLift", baselines="mean").explain(classifier_of(Apart), images())
    assert found.verdict.status == "ok"
    ours = explainer("deep_lift", baseline="mean").explain(classifier_of(Apart), images())
    torch.testing.assert_close(found.values, ours.values, atol=1e-13, rtol=0)


@pytest.mark.parametrize("method", ["GuidedBackprop", "Deconvolution", "GuidedGradCam"])
def test_where_guided_gradients_are_plain_ones_there_is_a_warning(method):
    found = Captum(method).explain(classifier_of(lambda: Net(nn.SiLU)), images())
    assert "no ReLU that captum sees lies on the gradient's way; SiLU at `one` does: this is the plain gradient" in str(
        found.verdict
    )
    assert Captum(method).explain(classifier_of(Net), images()).verdict.status == "ok"


def test_what_captum_refuses_is_a_refusal_in_its_words():
    with pytest.raises(CapabilityError, match=r"captum's DeepLift does not take this model or these settings: A Module ReLU"):
        Captum("DeepLift").explain(classifier_of(Reused), images())
    with pytest.raises(CapabilityError, match="captum's LRP does not take this model or these settings: Module of type"):
        Captum("LRP").explain(classifier_of(lambda: Net(nn.SiLU)), images())


def test_what_the_model_raises_is_the_models_own():
    model = classifier_of(Net)
    calls = []
    model.model.head.register_forward_pre_hook(lambda *_: calls.append(1) or broken_from(calls, 4))
    with pytest.raises(RuntimeError, match=r"^broken$"):
        Captum("FeatureAblation").explain(model, images(1))


def broken_from(calls, number):
    if len(calls) >= number:
        raise RuntimeError("broken")


def test_lrp_leaves_the_weights_alone_and_doubts_what_explodes():
    model = classifier_of(lambda: Net(pool=lambda: nn.AvgPool2d(2)))
    before = {name: tensor.clone() for name, tensor in model.model.state_dict().items()}
    with torch.no_grad():
        model.model.head.bias.zero_()
    before["head.bias"].zero_()
    Captum("LRP").explain(model, images())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.model.state_dict().items())
    with torch.no_grad():
        model.model.head.bias.copy_(-model(images(1))[0] + 1e-6)
    found = Captum("LRP").explain(model, images(1), 0)
    assert abs(float(found.values.sum())) > 10 * abs(float(found.query.scores))
    assert "relevance is not handed on" in str(found.verdict)


class Between(Net):
    """Something between the layers that captum's LRP sees nothing of."""

    def __init__(self, between):
        super().__init__(pool=lambda: nn.AvgPool2d(2))
        self.between = between

    def forward(self, x):
        x = self.between(self.pool(self.one(self.first(x))))
        return self.head(self.two(self.second(x)).mean((2, 3)))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "between",
    [lambda x: x + x.roll(1, 3), lambda x: x * x.mean((2, 3), keepdim=True), lambda x: (x - 0.2 * x.roll(1, 3)).abs()],
    ids=["sum", "gate", "abs"],
)
def test_lrp_that_is_not_handed_on_between_layers_is_a_warning_with_its_numbers(between, bias):
    model, twin = (classifier_of(lambda part=part: Between(part)) for part in (between, torch.relu))
    for one in (model, twin) if not bias else ():
        for name, part in one.model.named_parameters():
            part.data.mul_(0 if name.endswith("bias") else 1)
    found = Captum("LRP").explain(model, images(2), 0)
    assert found.verdict.status == "warn"
    assert "on a copy without biases it sums to" in str(found.verdict)
    if not bias:
        held, score = float(found.values[0].sum()), float(found.query.scores[0])
        assert f"it sums to {held:.3g}, the score is {score:.3g}" in str(found.verdict)
    assert Captum("LRP").explain(twin, images(2), 0).verdict.status == "ok"


def test_lrp_never_writes_on_the_weights_of_the_model_itself():
    model = classifier_of(lambda: Net(pool=lambda: nn.AvgPool2d(2)))
    before = [parameter._version for parameter in model.model.parameters()]
    Captum("LRP").explain(model, images(1))
    assert [parameter._version for parameter in model.model.parameters()] == before


@pytest.mark.parametrize("method", ["LayerGradCam", "LayerGradientXActivation", "LayerIntegratedGradients", "LayerDeepLift"])
def test_a_layers_answer_is_summed_over_channels_and_keeps_its_sum(method):
    model, inputs = classifier_of(Apart), images(2)
    module = model.model.eval()
    theirs = getattr(captum.attr, method)(module, module.second)
    expected = torch.stack([theirs.attribute(one[None].clone().requires_grad_(), target=1)[0].sum() for one in inputs]).detach()
    found = Captum(method, layer="second").explain(model, inputs, 1)
    assert found.values.shape == (2, 1, 8, 8)
    torch.testing.assert_close(found.values.flatten(1).sum(1), expected, atol=1e-12, rtol=0)


def test_a_layer_without_maps_is_refused():
    with pytest.raises(InputError, match="`layer` must name a layer whose output is a map"):
        Captum("LayerGradientXActivation", layer="head").explain(classifier_of(Net), images())
    with pytest.raises(UnknownNameError, match="Did you mean `second`"):
        Captum("LayerGradCam", layer="secnd").explain(classifier_of(Net), images())


def test_activations_of_a_layer_are_said_to_explain_no_score():
    assert "explain no score" in str(Captum("LayerActivation").explain(classifier_of(Net), images()).verdict)


@pytest.mark.parametrize("target", [Target(2, against=0), Target(output="probability"), Target(output="margin")])
@pytest.mark.parametrize("method", ["Saliency", "FeatureAblation", "IntegratedGradients", "LayerGradCam"])
def test_contrasts_and_probabilities_are_explained(method, target):
    module = classifier_of(Net).model.eval()

    class Asked(nn.Module):
        def forward(self, x):
            scores = module(x)
            if target.output == "probability":
                return scores.softmax(1)[:, 1]
            if target.output == "margin":
                return scores[:, 1] - torch.maximum(scores[:, 0], scores[:, 2])
            return scores[:, 2] - scores[:, 0]

    if target.against is None:
        target = Target(1, output=target.output)
    arguments = (Asked(), module.second) if method == "LayerGradCam" else (Asked(),)
    expected = getattr(captum.attr, method)(*arguments).attribute(images(1).requires_grad_()).detach()
    found = Captum(method, **({"layer": "second"} if method == "LayerGradCam" else {})).explain(
        classifier_of(Net), images(1), target
    )
    if method == "LayerGradCam":
        assert float(found.values.sum()) == pytest.approx(float(expected.sum()), abs=1e-12)
    else:
        torch.testing.assert_close(found.values, expected.to(found.values), atol=1e-7, rtol=0)
