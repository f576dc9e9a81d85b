import pytest
import torch
from explainer_networks import drawn, image_classifier, seeded, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.grad_cam import GradCam


def plain_map(module, one, target, until):
    """(h, w) of the definition: the module's first `until` parts give maps, the others the score."""
    maps = one[None]
    for part in module[:until]:
        maps = part(maps)
    maps = maps.detach().requires_grad_()
    score = maps
    for part in module[until:]:
        score = part(score)
    (gradients,) = torch.autograd.grad(score[0, target], maps)
    found = torch.zeros(maps.shape[2:], dtype=maps.dtype)
    for channel in range(maps.shape[1]):
        found += gradients[0, channel].mean() * maps[0, channel].detach()
    return found


@given(st.integers(0, 10**6), st.sampled_from([("0", 1), ("2", 3), (None, 4)]), st.booleans())
@settings(max_examples=12, deadline=None)
def test_values_are_the_definition_enlarged(seed, layer, positive_only):
    model, inputs = image_classifier(seed=seed), drawn((2, 2, 8, 8), seed)
    found = GradCam(layer=layer[0], positive_only=positive_only).explain(model, inputs, [2, 0])
    assert found.kind == "contribution"
    for i, target in enumerate((2, 0)):
        expected = plain_map(model.model, inputs[i], target, layer[1])
        expected = expected.clamp_min(0) if positive_only else expected
        enlarged = spread_over_input(expected[None, None], 8, 8)[0]
        torch.testing.assert_close(found.values[i], enlarged, atol=1e-13, rtol=0)


def test_values_have_one_channel_whatever_the_input_has():
    assert GradCam().explain(image_classifier(), drawn((2, 2, 8, 8), 0)).values.shape == (2, 1, 8, 8)
    assert GradCam().explain(image_classifier(1), drawn((2, 1, 8, 8), 0)).values.shape == (2, 1, 8, 8)


def test_the_layer_that_is_found_is_the_last_one_with_a_map():
    model, inputs = image_classifier(), drawn((1, 2, 8, 8), 0)
    assert torch.equal(GradCam().explain(model, inputs).values, GradCam(layer="3").explain(model, inputs).values)
    assert not torch.equal(GradCam().explain(model, inputs).values, GradCam(layer="2").explain(model, inputs).values)


def test_it_costs_one_gradient_an_input_whose_forward_pass_gives_the_scores_too():
    found = GradCam().explain(image_classifier(), drawn((3, 2, 8, 8), 0))
    assert (found.diagnostics.gradient_calls, found.diagnostics.model_calls) == (3, 0)


def test_of_a_module_that_is_called_twice_the_last_call_counts():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.mix = nn.Conv2d(2, 2, 3, padding=1)
            self.head = nn.Linear(2, 3)

        def forward(self, x):
            return self.head(self.mix(self.mix(x).tanh()).mean((2, 3)))

    module, inputs = seeded(Twice), drawn((1, 2, 6, 6), 0)
    found = GradCam(layer="mix").explain(TorchClassifier(module, 3), inputs, 1).values
    with torch.no_grad():
        maps = module.mix(module.mix(inputs).tanh())
        expected = (maps * module.head.weight[1].view(1, 2, 1, 1)).sum(1, keepdim=True) / 36
    torch.testing.assert_close(found, expected, atol=1e-14, rtol=0)


class Branches(nn.Module):
    """`unused` is never called; what `seen` gives reaches the score without a gradient."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Conv2d(2, 2, 3)
        self.seen = nn.Conv2d(2, 2, 3)
        self.head = nn.Linear(2, 3)

    def forward(self, x):
        return self.head(self.seen(x).detach().mean((2, 3)) + x.mean((2, 3)))


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ("unused", "the layer `unused` was not called in the forward pass"),
        ("seen", "the gradient is cut: the score does not depend differentiably on the layer `seen`"),
    ],
)
def test_a_layer_that_is_not_called_or_cut_off_is_refused(layer, reason):
    found = GradCam(layer=layer).explain(TorchClassifier(seeded(Branches), 3), drawn((2, 2, 6, 6), 0))
    assert found.verdict.status == "refuse"
    assert reason in found.verdict.reasons


class Dark(nn.Module):
    """Pictures of little light take a way around `mix`."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Conv2d(2, 4, 3)
        self.head = nn.Linear(2, 3)

    def forward(self, x):
        found = self.mix(x)[:, :2] if bool((x.mean((1, 2, 3)) > 0.1).all()) else x
        return self.head(found.mean((2, 3)))


def test_a_layer_that_is_called_for_some_inputs_alone_is_refused_in_words():
    inputs = torch.stack([torch.full((2, 6, 6), level, dtype=torch.float64) for level in (0.9, 0.01, 0.5)])
    model = TorchClassifier(seeded(Dark), 3, batch_size=1)
    found = GradCam(layer="mix").explain(model, inputs)
    assert "the layer `mix` was called for some of the inputs alone: ask about them one by one, or choose another" in str(
        found.verdict
    )
    assert GradCam(layer="mix").explain(model, inputs[:1]).verdict.status != "refuse"


@pytest.mark.parametrize(
    ("layer", "error", "sentence"),
    [
        ("9", UnknownNameError, r"`9` is not a known layer of this model\. Known: 0, 1, 2, 3, 4, 5, 6, 7\."),
        ("5", InputError, r"`layer` must name a layer whose output is a map .* `5` gives shape \(1, 6\)\."),
    ],
)
def test_a_layer_that_does_not_fit_is_refused(layer, error, sentence):
    with pytest.raises(error, match=sentence):
        GradCam(layer=layer).explain(image_classifier(), drawn((1, 2, 8, 8), 0))


def test_a_misspelled_layer_is_answered_with_the_closest_one():
    with pytest.raises(UnknownNameError, match=r"`sen` is not a known layer of this model\. Did you mean `seen`\?"):
        GradCam(layer="sen").explain(TorchClassifier(seeded(Branches), 3), drawn((1, 2, 6, 6), 0))


def test_a_model_without_maps_is_refused_with_a_remedy():
    module = nn.Sequential(nn.Flatten(), nn.Linear(8, 3)).double()
    with pytest.raises(InputError, match=r"This model has none, .* Use a gradient or perturbation method\."):
        GradCam().explain(TorchClassifier(module, 3), drawn((1, 2, 2, 2), 0))


def test_a_table_is_refused():
    with pytest.raises(CapabilityError, match=r"`grad_cam` is for image inputs\. Got a model of tabular inputs\."):
        GradCam().explain(table_classifier(), drawn((1, 4), 0))
