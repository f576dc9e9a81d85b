"""The methods that go through captum, and captum asked directly about the same network in pixel space."""

import captum.attr
import pytest
import torch
from test_captum_attributions import MEAN, STD, TARGETS, Normalized, asked, drawn, same
from torch import nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.captum_original import Captum
from xaivision.explainers.registry import explainer

PRECISIONS = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:\s*Setting forward, backward hooks:UserWarning"),
    pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU:UserWarning"),
]


def network():
    """Modules alone, each called once, with a layer between activations and pooling: here captum is right."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(8 * 4 * 3, 4),
    )


def question(dtype):
    """(our classifier, captum's module, two photos)."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = network().to(dtype).eval()
    with torch.no_grad():
        module[1].running_mean.copy_(drawn((6,), 1) - 0.5)
        module[1].running_var.copy_(drawn((6,), 2) + 0.5)
    return TorchClassifier(module, 4, mean=MEAN, std=STD), Normalized(module, MEAN, STD), drawn((2, 3, 16, 12), 3, dtype)


def one_by_one(method, inputs, **settings):
    """captum's max pooling and draws mix inputs; alone each is right."""
    rows = zip(inputs, TARGETS, strict=True)
    return torch.cat([method.attribute(asked(one[None]), target=int(target), **settings) for one, target in rows])


@PRECISIONS
def test_deep_lift_is_captums(dtype, tolerance):
    model, module, inputs = question(dtype)
    baseline = drawn(inputs.shape[1:], 5, dtype) / 2
    expected = one_by_one(captum.attr.DeepLift(module), inputs, baselines=baseline[None])
    same(explainer("deep_lift", baseline=baseline).explain(model, inputs, TARGETS).values, expected, tolerance)


@PRECISIONS
def test_deep_lift_shap_is_captums(dtype, tolerance):
    model, module, inputs = question(dtype)
    background = drawn((5, *inputs.shape[1:]), 5, dtype)
    expected = one_by_one(captum.attr.DeepLiftShap(module), inputs, baselines=background)
    same(explainer("deep_lift_shap", background=background).explain(model, inputs, TARGETS).values, expected, tolerance)


@PRECISIONS
@pytest.mark.parametrize(("name", "method"), [("guided_backprop", "GuidedBackprop"), ("deconvolution", "Deconvolution")])
def test_rectified_gradients_are_captums(name, method, dtype, tolerance):
    model, module, inputs = question(dtype)
    expected = getattr(captum.attr, method)(module).attribute(asked(inputs), TARGETS)
    same(explainer(name).explain(model, inputs, TARGETS).values, expected, tolerance)


@PRECISIONS
@pytest.mark.parametrize("layer", ["0", "3", "6"])
def test_guided_grad_cam_is_captums(dtype, tolerance, layer):
    model, module, inputs = question(dtype)
    expected = captum.attr.GuidedGradCam(module, module.module[int(layer)]).attribute(asked(inputs), TARGETS)
    assert expected.any()
    same(explainer("guided_grad_cam", layer=layer).explain(model, inputs, TARGETS).values, expected, tolerance)


MASK = (torch.arange(16 * 12) // 24).view(1, 1, 16, 12)
CALLS = {
    "Saliency": {},
    "InputXGradient": {},
    "IntegratedGradients": {"n_steps": 20, "method": "riemann_trapezoid"},
    "DeepLift": {"eps": 1e-8},
    "GuidedBackprop": {},
    "FeatureAblation": {"feature_mask": MASK, "baselines": 0.3},
    "Occlusion": {"sliding_window_shapes": (3, 4, 4), "strides": (3, 2, 2)},
    "ShapleyValueSampling": {"feature_mask": MASK, "n_samples": 4},
    "KernelShap": {"feature_mask": MASK, "n_samples": 30},
    "Lime": {"feature_mask": MASK, "n_samples": 30},
    "GradientShap": {"n_samples": 6, "stdevs": 0.1},
    "NoiseTunnel": {"nt_samples": 4, "stdevs": 0.1, "nt_type": "vargrad"},
}


def made(method, module, settings):
    """captum's object, and what is left for `attribute`."""
    making = {name: value for name, value in settings.items() if name in ("eps", "multiply_by_inputs")}
    asking = {name: value for name, value in settings.items() if name not in making}
    if method == "NoiseTunnel":
        return captum.attr.NoiseTunnel(captum.attr.InputXGradient(module)), asking
    return getattr(captum.attr, method)(module, **making), asking


@pytest.mark.parametrize("method", CALLS)
def test_the_original_is_captum_asked_directly_with_the_same_draws(method):
    """The seed of the draws is taken from the explainer: no other way is there to ask captum the same."""
    model, module, inputs = question(torch.float64)
    settings = {**CALLS[method], **({"baselines": drawn((5, 3, 16, 12), 5)} if method == "GradientShap" else {})}
    object_, asking = made(method, module, settings)
    expected = []
    for one, target in zip(inputs, TARGETS, strict=True):
        with globally_seeded():
            expected.append(object_.attribute(asked(one[None]), target=int(target), **asking).detach())
    ours = {**settings, **({"attribution_method": "InputXGradient"} if method == "NoiseTunnel" else {})}
    found = Captum(method, ours).explain(model, inputs, TARGETS, seed=7).values
    tolerance = 1e-6 if method in ("KernelShap", "Lime", "Occlusion", "FeatureAblation", "ShapleyValueSampling") else 1e-10
    same(found, torch.cat(expected).to(found), tolerance)


def globally_seeded():
    from types import SimpleNamespace

    from xaivision.core.random import generator
    from xaivision.explainers.global_draws import seeded

    return seeded(SimpleNamespace(generator=lambda *path: generator(7, "captum", *path)), torch.device("cpu"))
