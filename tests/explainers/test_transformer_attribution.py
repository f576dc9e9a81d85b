import pytest
import torch
from explainer_networks import drawn, image_classifier, seeded, table_classifier
from explainer_transformers import PlainVit, RectifiedVit, plain_layers, vit_classifier
from torch import nn
from torchvision.models import VisionTransformer

from xaivision.core.errors import CapabilityError
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.attention_rollout import AttentionRollout
from xaivision.explainers.transformer_attribution import TransformerAttribution

INPUTS = drawn((3, 1, 6, 6), 1)


def enlarged(patches):
    return spread_over_input(patches.view(len(patches), 1, 3, 3), 6, 6)


def plain_relevance(module, image, target):
    """(N, N) the paper's R, from the first layer to the last, and without what a token is to itself."""
    relevance = torch.eye(len(module.places), dtype=torch.float64)
    for weights, gradients in zip(*plain_layers(module, image, target), strict=True):
        counted = torch.stack([(a * g).clamp_min(0) for a, g in zip(weights, gradients, strict=True)]).mean(0)
        relevance = relevance + counted @ relevance
    return relevance - torch.eye(len(relevance), dtype=torch.float64)


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_values_are_the_papers_rule_at_the_class_token_or_over_all_tokens(mean, layers):
    model, targets = vit_classifier(mean=mean, layers=layers), [2, 0, 1]
    found = TransformerAttribution().explain(model, INPUTS, targets)
    assert (found.kind, found.verdict.status) == ("contribution", "ok")
    maps = [plain_relevance(model.model, image, target) for image, target in zip(INPUTS, targets, strict=True)]
    patches = torch.stack([relevance.mean(0) if mean else relevance[0, 1:] for relevance in maps])
    torch.testing.assert_close(found.values, enlarged(patches), atol=1e-13, rtol=0)


def test_classes_have_maps_of_their_own():
    first, second = (TransformerAttribution().explain(vit_classifier(), INPUTS, target).values for target in (0, 1))
    assert ((first - second).abs().amax((1, 2, 3)) > 0.1 * first.amax((1, 2, 3))).all()


def test_a_contrast_has_the_map_of_the_difference():
    model = vit_classifier()
    asked = TransformerAttribution().explain(model, INPUTS, Target(0, against=1))
    with torch.no_grad():
        model.model.head.weight[0] -= model.model.head.weight[1]
        model.model.head.bias[0] -= model.model.head.bias[1]
    difference = TransformerAttribution().explain(model, INPUTS, 0)
    torch.testing.assert_close(asked.values, difference.values, atol=1e-14, rtol=0)
    assert asked.verdict.status == "ok"


def test_values_are_never_negative():
    for target in range(3):
        assert (TransformerAttribution().explain(vit_classifier(), INPUTS, target).values >= 0).all()


def test_a_model_whose_attention_reaches_no_score_is_refused():
    model = vit_classifier()
    for block in model.model.blocks:
        nn.init.zeros_(block.heads.out_proj.weight)
    with pytest.raises(CapabilityError, match=r"No score of this model depends differentiably on its last attention"):
        TransformerAttribution().explain(model, INPUTS)


@pytest.mark.parametrize("method", [TransformerAttribution(), AttentionRollout()], ids=lambda method: method.about.name)
@pytest.mark.parametrize("turned", [False, True])
def test_the_tokens_that_are_read_are_those_of_each_input_whatever_its_neighbor(method, turned):
    dark, bright = INPUTS[:1] * 0.1, INPUTS[1:2] * 0.1 + 0.9
    model = TorchClassifier(seeded(RectifiedVit), 3)
    alone = method.explain(model, bright, 1)
    assert alone.verdict.status == "ok"
    both = method.explain(model, torch.cat([bright, dark] if turned else [dark, bright]), 1)
    clear, unclear = (0, 1) if turned else (1, 0)
    torch.testing.assert_close(both.values[clear], alone.values[0], atol=1e-13, rtol=0)
    assert [both.verdicts[clear].status, both.verdicts[unclear].status] == ["ok", "refuse"]
    assert "This model reads 1 of 9 tokens after its last attention" in str(both.verdicts[unclear])
    with pytest.raises(CapabilityError, match="This model reads 1 of 9 tokens"):
        method.explain(model, dark, 1)


def test_a_gradient_that_is_cut_between_the_layers_is_refused():
    class Cut(PlainVit):
        def forward(self, images):
            tokens = self.blocks[0](self.first(images)).detach()
            return self.head(self.blocks[1](tokens)[:, 0])

    found = TransformerAttribution().explain(TorchClassifier(seeded(Cut), 3), INPUTS)
    assert found.verdict.status == "refuse"
    assert "the gradient is cut: the score does not depend differentiably on all attention layers" in found.verdict.reasons


def test_a_model_that_scores_otherwise_while_it_is_read_is_refused():
    class Shy(PlainVit):
        def forward(self, images):
            return super().forward(images) + len(torch.overrides._get_current_function_mode_stack())

    found = TransformerAttribution().explain(TorchClassifier(seeded(Shy), 3), INPUTS)
    assert found.verdict.status == "refuse"
    assert found.verdict.reasons == ("the model's score moves by 1 when its attention is computed step by step",)


def test_it_costs_one_forward_and_one_gradient_an_input_as_its_card_says():
    found = TransformerAttribution().explain(vit_classifier(), INPUTS).diagnostics
    assert (found.model_calls, found.gradient_calls) == (3, 3)
    assert TransformerAttribution.about.cost.startswith("1 forward, 1 gradient")


@pytest.mark.parametrize("frozen", [False, True])
def test_torchvisions_vision_transformer_gets_a_map(frozen):
    def make():
        return VisionTransformer(image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=4)

    module = seeded(make)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        nn.init.normal_(module.heads.head.weight)
    module.requires_grad_(not frozen)
    model, inputs = TorchClassifier(module, 4), drawn((2, 3, 32, 32), 0)
    found = TransformerAttribution().explain(model, inputs, 1)
    other = TransformerAttribution().explain(model, inputs, 2)
    assert found.values.shape == (2, 1, 32, 32)
    assert found.verdict.status == "ok"
    assert not torch.equal(found.values, other.values)


@pytest.mark.parametrize(
    ("model", "shape", "sentence"),
    [
        (image_classifier(), (2, 2, 8, 8), r"A model with attention over all its tokens is needed"),
        (table_classifier(), (2, 4), r"`transformer_attribution` is for image inputs"),
    ],
    ids=["no attention", "table"],
)
def test_models_that_it_does_not_fit_are_refused(model, shape, sentence):
    with pytest.raises(CapabilityError, match=sentence):
        TransformerAttribution().explain(model, drawn(shape, 0))
