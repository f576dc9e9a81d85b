"""Layer-wise relevance through architectures as they come: with random weights, and one trained on photos."""

import re
import warnings

import pytest
import skimage.data
import torch
import torchvision
from torchvision.transforms.v2 import functional as pictures

from xaivision.core.errors import CapabilityError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.relevance import COMPOSITES
from xaivision.explainers.registry import explainer
from xaivision.models import load_model

FOLLOWED = ["resnet18", "vgg11_bn", "densenet121", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5"]
# Their gates are constants here, and a gradient has the slopes of gates too.
GATED = ["mobilenet_v3_small"]
# The bias that torchvision draws for the last layer is next to all of the score. Before that layer all biases here are 0.
HELD_BY_A_BIAS = ["shufflenet_v2_x0_5"]
REFUSED = {"convnext_tiny": "`layer_norm` has no rule", "vit_b_32": "`layer_norm` has no rule"}
SIDE = {"vit_b_32": 224}
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def photo(side):
    cat = torch.from_numpy(skimage.data.chelsea()).permute(2, 0, 1).float() / 255
    resized = pictures.resize(cat, [side * 8 // 7], antialias=True)
    return pictures.center_crop(resized, [side, side]).clamp(0, 1)[None]


def with_random_weights(name):
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        module = torchvision.models.get_model(name, weights=None).eval()
    return TorchClassifier(module, 1000, mean=MEAN, std=STD)


@pytest.mark.parametrize("name", FOLLOWED)
def test_an_architecture_is_followed_and_its_relevance_does_not_explode(name):
    model, inputs = with_random_weights(name), photo(SIDE.get(name, 64))
    last_bias = float([bias for key, bias in model.model.state_dict().items() if key.endswith(".bias")][-1][7])
    for composite in COMPOSITES:
        found = explainer("layerwise_relevance", composite=composite).explain(model, inputs, 7)
        score, total = float(found.query.scores), float(found.values.double().sum())
        assert found.values.any()
        assert total == pytest.approx(score - last_bias, rel=1e-3, abs=2e-7 * abs(score)), composite
        assert found.verdict.status == ("warn" if name in HELD_BY_A_BIAS else "ok"), f"{composite}: {found.verdict}"
        if name in HELD_BY_A_BIAS:
            kept = f"of {score:.3g}, biases and the stabilizer keep {score - total:.3g}: the map shares out {total:.3g}"
            assert found.verdict.reasons == (kept,)


@pytest.mark.parametrize("name", [name for name in FOLLOWED if name not in GATED])
def test_without_a_stabilizer_the_plain_rules_are_input_x_gradient_where_nothing_but_rectifiers_bends(name):
    model, inputs = with_random_weights(name), photo(64).double()
    module = model.model.double()
    found = explainer("layerwise_relevance", composite="epsilon", epsilon=0.0).explain(model, inputs, 7).values
    normalized = (inputs - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    leaf = normalized.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(module(leaf)[0, 7], leaf)
    expected = normalized * gradient
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6 * float(expected.abs().max()))


@pytest.mark.parametrize("name", REFUSED)
def test_an_architecture_with_operations_without_a_rule_is_refused_by_their_names(name):
    with pytest.raises(CapabilityError, match=REFUSED[name]):
        explainer("layerwise_relevance").explain(with_random_weights(name), photo(SIDE.get(name, 64)), 7)


@pytest.fixture(scope="module")
def trained():
    return load_model("efficientnet_lite0")


@pytest.mark.parametrize("composite", ["epsilon_plus", "epsilon_plus_flat", "epsilon_gamma_box"])
def test_a_trained_network_keeps_most_of_its_score_says_so_and_shares_out_the_rest_among_the_pixels_of_a_cat(trained, composite):
    cat = photo(224)
    found = explainer("layerwise_relevance", composite=composite).explain(trained, cat)
    assert trained.class_names[int(found.query.targets)] in ("tabby", "tiger cat", "Egyptian cat")
    # Next to all of what reaches the pixels speaks for the cat, and it is less than a quarter of the score.
    total, size, score = float(found.values.double().sum()), float(found.values.abs().sum()), float(found.query.scores)
    assert 0.8 * size < total < score / 4
    (reason,) = found.verdict.reasons
    assert found.verdict.status == "warn"
    kept = re.match(rf"of {score:.3g}, biases and the stabilizer keep ([0-9.]+).*: the map shares out {total:.3g}$", reason)
    assert float(kept[1]) == pytest.approx(score - total, rel=0.01)


def test_on_a_trained_network_most_of_the_relevance_lies_on_eyes_and_nose(trained):
    """A quarter of the area: boxes around each eye and around the nose."""
    cat = photo(224)
    found = explainer("layerwise_relevance").explain(trained, cat).values.sum(1)[0]
    inside = torch.zeros(224, 224, dtype=torch.bool)
    inside[50:130, 25:110] = inside[90:145, 160:224] = inside[180:224, 115:170] = True
    assert float(found[inside].sum() / found.sum()) > 2 * float(inside.float().mean())


def test_on_a_trained_network_the_plain_rules_are_doubted_with_the_number(trained):
    found = explainer("layerwise_relevance", composite="epsilon").explain(trained, photo(224))
    assert found.verdict.status == "warn"
    assert "relevance grows" in str(found.verdict)
