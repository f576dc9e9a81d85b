import pytest
import torch
from explainer_networks import drawn, image_classifier, seeded, table_classifier
from explainer_transformers import PlainVit, plain_layers, vit_classifier
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.attention_rollout import AttentionRollout

INPUTS = drawn((3, 1, 6, 6), 1)


def enlarged(patches):
    return spread_over_input(patches.view(len(patches), 1, 3, 3), 6, 6)


def plain_rollout(module, image):
    """(N, N) the definition in the plain order: the last layer's matrix times the one before, and so on."""
    weights, _ = plain_layers(module, image, 0)
    flow = torch.eye(len(weights[0][0]), dtype=torch.float64)
    for layer in weights:
        mixing = 0.5 * layer.mean(0) + 0.5 * torch.eye(len(flow), dtype=torch.float64)
        flow = mixing @ flow
    return flow


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_values_are_the_definition_at_the_class_token_or_over_all_tokens(mean, layers):
    model = vit_classifier(mean=mean, layers=layers)
    found = AttentionRollout().explain(model, INPUTS)
    assert (found.kind, found.verdict.status) == ("contribution", "ok")
    rows = [plain_rollout(model.model, image) for image in INPUTS]
    patches = torch.stack([flow.mean(0) if mean else flow[0, 1:] for flow in rows])
    torch.testing.assert_close(found.values, enlarged(patches), atol=1e-13, rtol=0)


def test_the_map_is_the_same_for_every_class():
    model = vit_classifier()
    first, second = (AttentionRollout().explain(model, INPUTS, target) for target in (0, 2))
    assert torch.equal(first.values, second.values)
    assert not torch.equal(first.query.scores, second.query.scores)
    assert "same map for every class" in AttentionRollout.about.misleads


@pytest.mark.parametrize("asked", [Target(0, against=1), Target(output="margin")], ids=["against", "margin"])
def test_it_refuses_to_say_why_one_class_and_not_another(asked):
    verdict = AttentionRollout().explain(vit_classifier(), INPUTS, asked).verdict
    assert verdict.status == "refuse"
    assert verdict.reasons == ("the map is the same for every class: it cannot say why one class and not another",)


@pytest.mark.parametrize("output", ["logit", "probability", "log_probability"])
def test_other_outputs_change_nothing(output):
    found = AttentionRollout().explain(vit_classifier(), INPUTS, Target(1, output=output))
    assert found.verdict.status == "ok"
    assert torch.equal(found.values, AttentionRollout().explain(vit_classifier(), INPUTS).values)


def test_uniform_attention_gives_a_uniform_map():
    model = vit_classifier()
    for block in model.model.blocks:
        nn.init.zeros_(block.heads.in_proj_weight)
        nn.init.zeros_(block.heads.in_proj_bias)
    block.heads.in_proj_bias.data[16:] = 1.0  # constant values, so that the scores still depend on the last attention
    block.heads.in_proj_weight.data[16:] = torch.eye(8)
    values = AttentionRollout().explain(model, INPUTS).values
    torch.testing.assert_close(values, values[:, :, :1, :1].expand_as(values), atol=1e-15, rtol=0)
    torch.testing.assert_close(values.sum((1, 2, 3)), torch.full((3,), 0.75 * 9 / 10, dtype=torch.float64), atol=1e-14, rtol=0)


def test_it_costs_one_forward_and_one_gradient_an_input_as_its_card_says():
    found = AttentionRollout().explain(vit_classifier(), INPUTS).diagnostics
    assert (found.model_calls, found.gradient_calls) == (3, 3)
    assert AttentionRollout.about.cost.startswith("1 forward, 1 gradient")


def test_a_model_that_scores_otherwise_while_it_is_read_is_refused():
    class Shy(PlainVit):
        def forward(self, images):
            return super().forward(images) + len(torch.overrides._get_current_function_mode_stack())

    found = AttentionRollout().explain(TorchClassifier(seeded(Shy), 3), INPUTS)
    assert found.verdict.status == "refuse"
    assert found.verdict.reasons == ("the model's score moves by 1 when its attention is computed step by step",)


@pytest.mark.parametrize(
    ("model", "shape", "sentence"),
    [
        (image_classifier(), (2, 2, 8, 8), r"A model with attention over all its tokens is needed"),
        (table_classifier(), (2, 4), r"`attention_rollout` is for image inputs"),
    ],
    ids=["no attention", "table"],
)
def test_models_that_it_does_not_fit_are_refused(model, shape, sentence):
    with pytest.raises(CapabilityError, match=sentence):
        AttentionRollout().explain(model, drawn(shape, 0))


@pytest.mark.parametrize("name", ["swin_t", pytest.param("maxvit_t", marks=pytest.mark.slow)])
def test_windows_are_refused(name):
    import torchvision

    with torch.random.fork_rng():
        module = getattr(torchvision.models, name)(weights=None, num_classes=3)
    side = 224 if name == "maxvit_t" else 64
    with pytest.raises(CapabilityError, match=r"Every token must see every token of its input"):
        AttentionRollout().explain(TorchClassifier(module, 3), torch.rand(1, 3, side, side))
