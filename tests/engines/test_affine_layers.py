"""Every layer as an affine map gives what torch gives, and its transpose is one."""

import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.engines import affine_layers
from xaivision.engines.operation_tape import recorded

CONVOLUTIONS = {
    "conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2), (2, 4, 9)),
    "conv2d": (lambda: nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2), (2, 4, 7, 6)),
    "conv2d by name": (lambda: nn.Conv2d(4, 6, 3, padding="same", bias=False), (2, 4, 7, 6)),
    "conv3d": (lambda: nn.Conv3d(2, 3, 2, padding=1), (2, 2, 4, 3, 5)),
    "conv_transpose2d": (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, groups=2), (2, 4, 4, 3)),
}
PRODUCTS = {
    "linear": lambda x, w: F.linear(x, w, w[:, 0]),
    "x @ w": lambda x, w: x @ w.T,
    "w @ x": lambda x, w: w @ x.T,
    "mm": lambda x, w: torch.mm(x, w.T),
    "addmm": lambda x, w: torch.addmm(w[:, 0], x, w.T),
}


def last_call(run, inputs):
    tape = recorded(run, inputs)
    return tape.calls[-1], tape.calls[-1].inputs[0].tensor, tape.result


def check_is(layer, inputs, outputs):
    """`layer` gives `outputs`, and <s, apply(x)> = <pull(s), x>."""
    given = layer.apply(inputs, layer.weight)
    torch.testing.assert_close(given if layer.bias is None else given + layer.bias, outputs)
    relevance = drawn(outputs.shape, 9) - 0.5
    back = layer.pull(relevance, layer.weight, inputs)
    assert back.shape == inputs.shape
    torch.testing.assert_close((relevance * given).sum(), (back * inputs).sum())


def check_convolutions_are_torchs():
    for make, shape in CONVOLUTIONS.values():
        call, inputs, outputs = last_call(seeded(make), drawn(shape, 0))
        check_is(affine_layers.convolution(call), inputs, outputs)


def check_products_are_torchs():
    weight = drawn((3, 5), 7) - 0.5
    for run in PRODUCTS.values():
        tape = recorded(lambda x, run=run: run(x, weight), drawn((2, 5), 0))
        call = tape.calls[-1]
        check_is(affine_layers.dense(call), call.inputs[0].tensor, tape.result)


def statistics(channels, seed, make=nn.BatchNorm2d, **settings):
    module = make(channels, **settings).double().eval()
    with torch.no_grad():
        for number, part in enumerate((module.running_mean, module.running_var, *module.parameters())):
            part.copy_(drawn((channels,), seed + number) + 0.2)
    return module


def check_batch_normalization_is_torchs():
    for settings in ({}, {"affine": False}, {"eps": 0.3}):
        call, inputs, outputs = last_call(statistics(3, 0, **settings), drawn((2, 3, 4, 5), 5))
        check_is(affine_layers.normalizing(call), inputs, outputs)
    module = statistics(3, 0)
    arguments = (module.weight, module.bias, module.running_mean, module.running_var, False, 0.1, 1e-5, False)
    call, inputs, outputs = last_call(lambda x: torch.batch_norm(x, *arguments), drawn((2, 3, 4, 5), 5))
    check_is(affine_layers.normalizing(call), inputs, outputs)


def check_folding_gives_equal_outputs():
    pairs = [
        (lambda: nn.Conv2d(2, 3, 3, bias=False), statistics(3, 0), (2, 2, 5, 6)),
        (lambda: nn.Conv2d(2, 3, 3), statistics(3, 0), (2, 2, 5, 6)),
        (lambda: nn.Linear(4, 3), statistics(3, 0, nn.BatchNorm1d), (2, 4)),
    ]
    for make, normalization, shape in pairs:
        module = nn.Sequential(seeded(make), normalization)
        before = module[0].weight.detach().clone()
        tape = recorded(module, drawn(shape, 5))
        first, second = tape.calls
        assert affine_layers.takes_a_normalization(first)
        layer = affine_layers.convolution(first) if first.name == "conv2d" else affine_layers.dense(first)
        check_is(affine_layers.folded(layer, affine_layers.normalization(second)), tape.inputs.tensor, tape.result)
        assert torch.equal(module[0].weight, before)


@pytest.mark.parametrize(
    "run",
    [
        lambda x: F.avg_pool2d(x, 2, count_include_pad=False, padding=1),
        lambda x: F.adaptive_avg_pool2d(x, (2, 3)),
        lambda x: x.mean((2, 3), keepdim=True),
        lambda x: x.sum(1),
        lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    ],
    ids=["avg_pool2d", "adaptive", "mean", "sum", "interpolate"],
)
def test_means_and_sums_are_torchs(run):
    call, inputs, outputs = last_call(run, drawn((2, 3, 4, 6), 0))
    check_is(affine_layers.averaging(call, outputs), inputs, outputs)


@pytest.mark.parametrize(
    ("run", "factors", "constant"),
    [
        (lambda x, y: x + y, [1, 1], 0),
        (lambda x, y: x - y, [1, -1], 0),
        (lambda x, y: torch.add(x, y, alpha=3), [1, 3], 0),
        (lambda x, y: torch.sub(x, y, alpha=3), [1, -3], 0),
        (lambda x, y: x + 4, [1], 4),
        (lambda x, y: x - 4, [1], -4),
        (lambda x, y: 4 - x, [-1], 4),
        (lambda x, y: torch.rsub(x, 4, alpha=2), [-2], 4),
        (lambda x, y: x.add_(y), [1, 1], 0),
    ],
)
def test_sums_of_maps_are_taken_apart(run, factors, constant):
    call = recorded(lambda x: run(2 * x, 3 * x), drawn((2, 3), 0)).calls[-1]
    found = affine_layers.joined(call)
    assert [factor for _, factor in found.parts] == factors
    assert found.constant == constant
    outputs = call.outputs[0].tensor
    layer = affine_layers.adding(factors, constant, outputs)
    check_is(layer, torch.stack([value.tensor for value, _ in found.parts], -1), outputs)


def test_convolutions_are_torchs():
    check_convolutions_are_torchs()


def test_products_are_torchs():
    check_products_are_torchs()


def test_batch_normalization_is_torchs():
    check_batch_normalization_is_torchs()


def test_folding_gives_equal_outputs():
    check_folding_gives_equal_outputs()


def test_a_transposed_convolution_and_a_layer_over_tokens_take_no_normalization():
    transposed = recorded(seeded(lambda: nn.ConvTranspose2d(2, 3, 2)), drawn((1, 2, 3, 3), 0)).calls[-1]
    tokens = recorded(seeded(lambda: nn.Linear(3, 3)), drawn((1, 2, 3), 0)).calls[-1]
    assert not affine_layers.takes_a_normalization(transposed)
    assert not affine_layers.takes_a_normalization(tokens)
