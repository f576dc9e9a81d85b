"""G8 and G9 of the literature's relations, and conservation: what layer-wise relevance must be. In float64 unless said."""

import pytest
import torch
from relation_networks import close, dense, drawn, seeded, table, values
from torch import nn

from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.operation_tape import recorded
from xaivision.engines.relevance import COMPOSITES, composite, initial_relevance
from xaivision.engines.relevance_walk import propagated
from xaivision.explainers.registry import explainer


class Residual(nn.Module):
    """Two residual blocks with batch normalization and a shortcut, as in ResNet; `bias=False`: no constants anywhere."""

    def __init__(self, bias):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1, bias=bias)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(6, 6, 3, padding=1, bias=False),
                nn.BatchNorm2d(6, affine=bias),
                nn.ReLU(inplace=True),
                nn.Conv2d(6, 6, 3, padding=1, bias=False),
                nn.BatchNorm2d(6, affine=bias),
            )
            for _ in range(2)
        )
        self.shortcut = nn.Conv2d(6, 6, 1, bias=bias)
        self.head = nn.Linear(6, 4, bias=bias)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = torch.relu(self.blocks[0](x) + x)
        x = torch.nn.functional.max_pool2d(x, 2)
        x = torch.relu(self.blocks[1](x) + self.shortcut(x))
        return self.head(x.mean((2, 3)))


def residual(bias):
    module = seeded(lambda: Residual(bias))
    with torch.no_grad():
        for number, (name, buffer) in enumerate(module.named_buffers()):
            if buffer.is_floating_point():
                buffer.copy_(drawn(buffer.shape, number) + 0.3)
                if name.endswith("mean"):
                    buffer.mul_(-0.3 if bias else 0)
    return module


def plain(bias):
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(3, 6, 3, bias=bias),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 6, 3, bias=bias),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(6, 8, bias=bias),
            nn.ReLU(),
            nn.Linear(8, 4, bias=bias),
        )
    )


NETWORKS = pytest.mark.parametrize("make", [plain, residual])
PHOTOS = drawn((3, 3, 8, 8), 0)
TARGETS = [Target(1), Target([0, 1, 2], against=3), Target(2, output="margin")]


@NETWORKS
@pytest.mark.parametrize("targets", TARGETS, ids=["score", "difference", "margin"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_g8_without_a_stabilizer_it_is_input_x_gradient_also_with_biases(make, targets, dtype, tolerance):
    """A difference is one of input x gradient too: the initial relevance is linear in the scores."""
    model, inputs = TorchClassifier(make(bias=True).to(dtype), 4), PHOTOS.to(dtype)
    found = values("layerwise_relevance", model, inputs, targets, composite="epsilon", epsilon=0.0)
    expected = values("input_x_gradient", model, inputs, targets)
    assert expected.flatten(1).any(1).all()
    close(found, expected, tolerance * float(expected.abs().max()))


def test_g8_with_biases_the_sum_is_not_the_score():
    model = TorchClassifier(plain(bias=True), 4)
    found = explainer("layerwise_relevance", composite="epsilon").explain(model, PHOTOS, 1)
    assert ((found.values.sum((1, 2, 3)) - found.query.scores).abs() > 1e-3).all()


def test_g8_holds_for_tables():
    model, inputs = table(seeded(lambda: dense(6, 12, 12, 3)), 3), drawn((4, 6), 1)
    found = values("layerwise_relevance", model, inputs, 1, epsilon=0.0)
    close(found, values("input_x_gradient", model, inputs, 1), 1e-12)


def books(make, name, dtype, epsilon=1e-9):
    module, inputs = make(bias=False).to(dtype), PHOTOS.to(dtype)
    model = TorchClassifier(module, 4, mean=[0.4] * 3, std=[0.3] * 3)
    with torch.no_grad():
        tape = recorded(model.forward, inputs)
        target = explainer("saliency").explain(model, inputs, 1).query.target
        return propagated(tape, initial_relevance(tape.result, target), composite(name, epsilon, 0.25))


@NETWORKS
@pytest.mark.parametrize("name", ["epsilon_plus", "epsilon_plus_flat"])
def test_g9_z_plus_without_biases_conserves_at_each_layer(make, name):
    found = books(make, name, torch.float64)
    assert len(found.steps) >= 8
    for step in found.steps:
        torch.testing.assert_close(step.passed, step.received, rtol=1e-6, atol=0)


@NETWORKS
@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_without_biases_every_composite_conserves_at_each_layer_to_a_ten_thousandth(make, name, dtype):
    found = books(make, name, dtype)
    assert found.values.flatten(1).any(1).all()
    for step in found.steps:
        torch.testing.assert_close(step.passed, step.received, rtol=1e-4, atol=0)
    explained = found.initial.double().sum(1)
    torch.testing.assert_close(found.values.double().sum((1, 2, 3)), explained, rtol=1e-4, atol=0)


@NETWORKS
@pytest.mark.parametrize("name", ["epsilon_plus", "epsilon_plus_flat"])
def test_under_z_plus_the_absolute_relevance_never_grows_below_the_dense_layers(make, name):
    module = make(bias=True)
    model = TorchClassifier(module, 4)
    target = explainer("saliency").explain(model, PHOTOS, 1).query.target
    with torch.no_grad():
        tape = recorded(model.forward, PHOTOS)
        found = propagated(tape, initial_relevance(tape.result, target), composite(name, 1e-6, 0.25))
    last_dense = max(number for number, step in enumerate(found.steps) if step.name == "linear")
    assert found.values.flatten(1).any(1).all()
    assert (found.values.abs().sum((1, 2, 3)) <= found.steps[last_dense].mass * (1 + 1e-9)).all()


@pytest.mark.parametrize("name", COMPOSITES)
def test_g12_a_normalization_merged_into_its_convolution_changes_nothing(name):
    module = residual(bias=True)
    merged = residual(bias=True)
    for block in merged.blocks:
        for place in (0, 3):
            block[place] = torch.nn.utils.fuse_conv_bn_eval(block[place], block[place + 1])
            block[place + 1] = nn.Identity()
    found, other = (
        values("layerwise_relevance", TorchClassifier(part, 4), PHOTOS, 1, composite=name) for part in (module, merged)
    )
    close(other, found, 1e-12)


@pytest.mark.parametrize("name", COMPOSITES)
def test_normalization_in_the_module_or_in_the_classifier_gives_the_same_map(name):
    class Normalizing(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def forward(self, x):
            return self.module((x - 0.4) / 0.3)

    module = plain(bias=True)
    outside = TorchClassifier(module, 4, mean=[0.4] * 3, std=[0.3] * 3)
    inside = TorchClassifier(Normalizing(module), 4)
    found, other = (values("layerwise_relevance", model, PHOTOS, 1, composite=name) for model in (outside, inside))
    close(other, found, 1e-12)


@NETWORKS
@pytest.mark.parametrize("name", COMPOSITES)
def test_g14_every_photo_gets_the_map_it_gets_alone(make, name):
    model = TorchClassifier(make(bias=True), 4, batch_size=2)
    inputs = torch.cat([PHOTOS, torch.zeros(1, 3, 8, 8), PHOTOS[:1]]).double()
    together = values("layerwise_relevance", model, inputs, 1, composite=name)
    for index in range(len(inputs)):
        close(
            together[index : index + 1], values("layerwise_relevance", model, inputs[index : index + 1], 1, composite=name), 1e-12
        )
