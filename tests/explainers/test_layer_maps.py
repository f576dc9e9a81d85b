"""The class activation maps: each method's definition in slow loops over maps, maps with channels last and tokens."""

from itertools import pairwise

import pytest
import torch
from explainer_networks import drawn, image_classifier, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from xaivision.core.errors import InputError
from xaivision.core.metering import metered
from xaivision.core.sharing import sharing
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.registry import explainer

SINGLE_PASS = ("grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam", "x_grad_cam")
METHODS = (*SINGLE_PASS, "score_cam", "ablation_cam", "eigen_cam")
TARGETS = (2, 0)
INPUTS = drawn((2, 3, 8, 12), 1)


class Stages(nn.Module):
    """`start` makes maps (B, C, 2, 3), `laid_out` gives them in one of three layouts, `end` reads them nonlinearly."""

    def __init__(self, layout: str, leading: int = 1) -> None:
        super().__init__()
        self.layout, self.leading = layout, leading
        self.patches, self.norm = nn.Conv2d(3, 5, 4, 4), nn.LayerNorm(5)
        self.inner, self.head = nn.Linear(5, 6), nn.Linear(6, 3)
        self.token = nn.Parameter(torch.randn(1, leading, 5))

    def start(self, x):
        maps = self.norm(self.patches(x).movedim(1, -1)).sigmoid()
        if self.layout == "channels_last":
            return maps
        if self.layout == "channels_first":
            return maps.movedim(-1, 1)
        return torch.cat([self.token.expand(len(x), -1, -1), maps.flatten(1, 2)], 1)

    def end(self, out):
        last = out.movedim(1, -1) if self.layout == "channels_first" else out
        weights = torch.linspace(0.5, 1.5, last[0, ..., 0].numel(), dtype=out.dtype).view(last.shape[1:-1])
        return self.head((self.inner(last).tanh() * weights[..., None]).flatten(1, -2).sum(1))

    def forward(self, x):
        return self.end(self.laid_out(self.start(x)))

    def laid_out(self, out):
        return self.identity(out)


def stages(layout, seed=0):
    def make():
        module = Stages(layout)
        module.identity = nn.Identity()
        return module

    return seeded(make, seed).eval()


def plain(module, one, target):
    """(C, 2, 3) maps and gradients of one input, and the layer's output with a function from it to the target's score."""
    out = module.start(one[None]).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(module.end(out)[0, target], out)
    as_maps = {
        "channels_first": lambda t: t[0],
        "channels_last": lambda t: t[0].permute(2, 0, 1),
        "tokens": lambda t: t[0, module.leading :].T.reshape(5, 2, 3),
    }[module.layout]
    return as_maps(out.detach()), as_maps(gradients), out.detach(), as_maps


def plain_map(name, module, one, target):
    """The (2, 3) map of the definition."""
    maps, gradients, out, as_maps = plain(module, one, target)
    found = torch.zeros(2, 3, dtype=one.dtype)
    if name == "eigen_cam":
        _, _, right = torch.linalg.svd(maps.flatten(1).T, full_matrices=False)
        projected = (maps.flatten(1).T @ right[0]).view(2, 3)
        return projected if projected.sum() >= 0 else -projected
    scores = []
    for channel in range(5):
        a, g = maps[channel], gradients[channel]
        if name == "score_cam":
            mask = F.interpolate(a[None, None], (8, 12), mode="bilinear", align_corners=False)
            mask = (mask - mask.min()) / (mask.max() - mask.min())
            scores.append(module(one[None] * mask)[0, target].detach())
        elif name == "ablation_cam":
            without = out.clone()
            as_maps(without)[channel].zero_()
            found += (module.end(out) - module.end(without))[0, target].detach() * a
        elif name == "grad_cam":
            found += g.mean() * a
        elif name == "hires_cam":
            found += g * a
        elif name == "layer_cam":
            found += g.clamp_min(0) * a
        elif name == "x_grad_cam":
            found += (g * a / a.sum()).sum() * a
        else:
            alpha = g**2 / (2 * g**2 + a.sum() * g**3)
            found += (alpha * g.clamp_min(0)).sum() * a
    if name == "score_cam":
        found = (torch.stack(scores).softmax(0)[:, None, None] * maps).sum(0)
    return found


def explained(name, module, inputs=INPUTS, **more):
    return explainer(name, layer="identity", **more).explain(TorchClassifier(module, 3, batch_size=3), inputs, list(TARGETS))


@pytest.mark.parametrize("layout", ["channels_first", "channels_last", "tokens"])
@pytest.mark.parametrize("name", METHODS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=4, deadline=None)
def test_values_are_the_definition_enlarged_whatever_the_layout(name, layout, seed):
    module, inputs = stages(layout, seed), drawn((2, 3, 8, 12), seed)
    found = explained(name, module, inputs)
    assert found.kind == "contribution"
    for index, target in enumerate(TARGETS):
        expected = plain_map(name, module, inputs[index], target)
        torch.testing.assert_close(found.values[index], spread_over_input(expected[None, None], 8, 12)[0], atol=1e-11, rtol=0)


@pytest.mark.parametrize("name", METHODS)
def test_what_speaks_against_can_be_left_out(name):
    module = stages("tokens")
    found = explained(name, module, positive_only=True)
    for index, target in enumerate(TARGETS):
        expected = plain_map(name, module, INPUTS[index], target).clamp_min(0)
        torch.testing.assert_close(found.values[index], spread_over_input(expected[None, None], 8, 12)[0], atol=1e-11, rtol=0)


class Summed(nn.Module):
    """Layers after `maps` that are linear between kinks and have no biases."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.Softplus())
        self.mix, self.head = nn.Conv2d(6, 5, 3, bias=False), nn.Linear(5, 3, bias=False)

    def forward(self, x):
        return self.head(self.mix(self.maps(x)).relu().amax((2, 3)))


@pytest.mark.parametrize("name", ["hires_cam", "x_grad_cam"])
def test_values_sum_to_the_score_where_the_layers_after_are_linear_between_kinks(name):
    found = explainer(name, layer="maps").explain(TorchClassifier(seeded(Summed), 3), INPUTS)
    torch.testing.assert_close(found.values.sum((1, 2, 3)), found.query.scores, atol=1e-12, rtol=0)


def test_methods_that_need_the_same_pass_share_it_and_cost_what_they_cost_alone():
    model = image_classifier()
    inputs = drawn((2, 2, 8, 8), 0)
    alone = {name: explainer(name).explain(model, inputs) for name in SINGLE_PASS}
    with sharing(), metered() as meter:
        together = {name: explainer(name).explain(model, inputs) for name in SINGLE_PASS}
    assert (meter.gradient_calls, meter.model_calls) == (2, 0)
    for name in SINGLE_PASS:
        assert torch.equal(together[name].values, alone[name].values)
        found, expected = together[name].diagnostics, alone[name].diagnostics
        assert (found.gradient_calls, found.model_calls) == (expected.gradient_calls, expected.model_calls) == (2, 0)


def test_another_target_layer_or_output_is_another_pass():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    layer, probability = {"layer": "2"}, Target(1, output="probability")
    asked = [
        (1, {}),
        (1, layer),
        (0, layer),
        (Target(0, against=1), layer),
        (Target(0, against=2), layer),
        (1, {}),
        (probability, {}),
    ]
    expected = [explainer("grad_cam", **more).explain(model, inputs, target).values for target, more in asked]
    with sharing(), metered() as meter:
        found = [explainer("grad_cam", **more).explain(model, inputs, target).values for target, more in asked]
    assert meter.gradient_calls == 2 * len(asked)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    assert not any(torch.equal(one, other) for one, other in pairwise(expected))


def test_writing_on_an_answer_does_not_change_what_is_remembered():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    with sharing():
        first = explainer("saliency").explain(model, inputs)
        kept = first.values.clone()
        first.values.zero_()
        assert torch.equal(explainer("saliency").explain(model, inputs).values, kept)


@pytest.mark.parametrize("name", ["score_cam", "ablation_cam"])
def test_fewer_channels_are_those_with_the_largest_activations_and_the_verdict_says_so(name):
    module = stages("channels_first")
    found = explained(name, module, channels=2)
    assert found.verdict.status == "warn"
    for index in range(2):
        maps = module.start(INPUTS[index : index + 1])[0].detach()
        sizes = maps.square().sum((1, 2))
        kept = sizes.topk(2).values.sum() / sizes.sum()
        said = f"only 2 of 5 channels were tried, those with the largest activations; they hold {float(kept):.0%} of"
        assert said in str(found.verdicts[index])
    whole = explained(name, module, channels=5)
    assert whole.verdict.status == "ok"
    assert torch.equal(whole.values, explained(name, module).values)
    assert not torch.allclose(found.values, whole.values)


@pytest.mark.parametrize("name", ["score_cam", "ablation_cam"])
@pytest.mark.parametrize("channels", [0, -1, 2.5, True, "all"])
def test_channels_must_be_a_positive_integer(name, channels):
    with pytest.raises(InputError, match="`channels` must be a positive integer"):
        explainer(name, channels=channels)


@pytest.mark.parametrize("name", METHODS)
def test_an_unknown_layout_is_refused(name):
    with pytest.raises(InputError, match="`layout` must be one of"):
        explainer(name, layout="NHWC")


@pytest.mark.parametrize("name", METHODS)
def test_a_layer_that_is_not_called_is_refused(name):
    module = seeded(lambda: stages("channels_first"))
    module.unused = nn.Conv2d(2, 2, 1)
    found = explainer(name, layer="unused").explain(TorchClassifier(module, 3), INPUTS, 1)
    assert found.verdict.status == "refuse"
    assert "the layer `unused` was not called in the forward pass" in found.verdict.reasons


def test_maps_that_cancel_are_doubted_where_their_sum_is_divided_by():
    module = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten(), nn.Linear(4, 3)).double()
    with torch.no_grad():
        module[0].weight.fill_(1.0)
        module[2].weight.copy_(torch.tensor([[3.0, 1.0, 0.0, 0.0]] * 3))
    shifted = nn.Sequential(nn.Conv2d(1, 1, 1), *module)
    with torch.no_grad():
        shifted[0].weight.fill_(1.0)
        shifted[0].bias.fill_(-0.5)
    inputs = torch.tensor([[[[0.9, 0.1], [0.7, 0.3001]]]], dtype=torch.float64)
    found = explainer("x_grad_cam", layer="1").explain(TorchClassifier(shifted.double(), 3), inputs, 0)
    assert found.verdict.status == "warn"
    assert "hangs on weights that are hardly defined: channels whose activations of both signs cancel" in str(found.verdict)
    assert explainer("grad_cam", layer="1").explain(TorchClassifier(shifted, 3), inputs, 0).verdict.status == "ok"


@pytest.mark.parametrize("target", [Target(1, against=0), Target(1, output="margin")])
def test_a_map_that_ignores_the_class_does_not_say_why_one_and_not_another(target):
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    assert explainer("eigen_cam").explain(model, inputs, target).verdict.status == "refuse"
    assert torch.equal(
        explainer("eigen_cam").explain(model, inputs, 0).values, explainer("eigen_cam").explain(model, inputs, 1).values
    )


def test_channels_that_are_flat_make_no_mask_and_all_of_them_no_map():
    module = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3)).double()
    with torch.no_grad():
        module[0].weight[0].zero_()
    model = TorchClassifier(module, 3)
    found = explainer("score_cam").explain(model, drawn((1, 2, 4, 4), 0), 0)
    assert found.values.isfinite().all()
    with torch.no_grad():
        module[0].weight.zero_()
    assert not explainer("score_cam").explain(model, drawn((1, 2, 4, 4), 0), 0).values.any()


@pytest.mark.parametrize(("name", "calls"), [("eigen_cam", 1), ("score_cam", 5 + 1), ("ablation_cam", 5 + 6)])
def test_methods_without_gradients_cost_what_their_cards_say(name, calls):
    found = explained(name, stages("channels_first")).diagnostics
    assert (found.gradient_calls, found.model_calls) == (0, 2 * calls)


def test_a_vision_transformer_is_explained_without_a_word_about_its_layers():
    from torchvision.models import VisionTransformer

    make = lambda: VisionTransformer(16, 4, 2, 2, 8, 8, num_classes=3)  # noqa: E731
    module = seeded(make).eval()
    nn.init.normal_(module.heads.head.weight, generator=torch.Generator().manual_seed(0))
    model, inputs = TorchClassifier(module, 3), drawn((2, 3, 16, 16), 0)
    for name in METHODS:
        found = explainer(name).explain(model, inputs)
        assert found.values.shape == (2, 1, 16, 16)
        assert found.values.any()
        named = explainer(name, layer="encoder.layers.encoder_layer_1.ln_1").explain(model, inputs)
        assert torch.equal(found.values, named.values)
