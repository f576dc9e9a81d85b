import pytest
import torch
from engine_networks import drawn, image_classifier, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.core.layer_layout import LayerLayout
from xaivision.core.layers import Layer
from xaivision.core.map_layers import MapLayer
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import channel_scores

INPUTS = drawn((2, 2, 6, 6), 1)
TARGET = TargetScore(torch.tensor([2, 0]))
ALL = torch.arange(4).expand(2, 4)
CONVOLUTION = MapLayer(Layer("0"), LayerLayout("channels_first", 6, 6))


class Residual(nn.Module):
    """What the layer `mix` gives is added to what it was given, with channels last where asked."""

    def __init__(self, last: bool = False):
        super().__init__()
        self.first, self.last = nn.Conv2d(2, 4, 1), last
        self.mix = nn.Linear(4, 4) if last else nn.Conv2d(4, 4, 1)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        maps = self.first(x)
        maps = maps.permute(0, 2, 3, 1) if self.last else maps
        return self.head((maps + self.mix(maps)).tanh().mean((1, 2) if self.last else (2, 3)))


class Tokens(nn.Module):
    """A leading token of its own; `norm` gives (B, 1 + 9, C); the mean of all is read."""

    def __init__(self):
        super().__init__()
        self.patches, self.norm, self.head = nn.Conv2d(2, 4, 2, 2), nn.LayerNorm(4), nn.Linear(4, 3)
        self.lead = nn.Parameter(torch.randn(1, 1, 4))

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = self.norm(torch.cat([self.lead.expand(len(x), 1, 4), tokens], 1))
        return self.head(tokens.tanh().mean(1))


class Writes(nn.Module):
    """Writes on what its first layer gave: that cannot be shown to several rows at once."""

    def __init__(self):
        super().__init__()
        self.first, self.pool, self.head = nn.Conv2d(2, 16, 1), nn.Conv2d(16, 4, 2, 2), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.pool(self.first(x).tanh_()).tanh().mean((2, 3)))


class Remembers(nn.Module):
    """Takes back at the end what its first layer has laid aside: going on later finds nothing, with an error or without."""

    def __init__(self, strict):
        super().__init__()
        self.first, self.head, self.strict = Noting(), nn.Linear(4, 3), strict

    def forward(self, x):
        maps = self.first(x)
        noted = self.first.noted.pop() if self.first.noted or self.strict else torch.ones(1)
        return self.head((maps * noted.mean()).tanh().flatten(2).mean(2))


class Noting(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Conv2d(2, 4, 1)
        self.noted = []

    def forward(self, x):
        self.noted.append(x)
        return self.mix(x)


def output_of(net, name):
    caught = []
    handle = dict(net.named_modules())[name].register_forward_hook(lambda _m, _i, output: caught.append(output.detach()))
    with torch.no_grad():
        net(INPUTS)
    handle.remove()
    return caught[0]


def plain_ablation(net, name, layout):
    """Scores without each channel, one forward pass of the whole network at a time."""
    found = torch.zeros(2, 4, dtype=torch.float64)
    for index in range(2):
        for channel in range(4):

            def without(_module, _inputs, output, channel=channel):
                output = output.clone()
                if layout.kind == "channels_first":
                    output[:, channel] = 0
                elif layout.kind == "channels_last":
                    output[..., channel] = 0
                else:
                    output[:, layout.leading :, channel] = 0
                return output

            handle = dict(net.named_modules())[name].register_forward_hook(without)
            with torch.no_grad():
                found[index, channel] = net(INPUTS[index : index + 1])[0, TARGET.classes[index]]
            handle.remove()
    return found


def ablated(net, name, layout, **more):
    outputs = output_of(net, name)
    where = MapLayer(Layer(name), layout)
    return channel_scores.ablated_scores(TorchClassifier(net, 3, **more), INPUTS, TARGET, where, outputs, ALL)


def check_ablated_scores_are_those_of_whole_passes(make, name, layout, size=None):
    net = seeded(make).eval()
    expected = plain_ablation(net, name, layout)
    assert float((expected - expected.mean(1, keepdim=True)).abs().max()) > 1e-3
    torch.testing.assert_close(ablated(net, name, layout, batch_size=size), expected, atol=1e-12, rtol=0)


def check_masked_scores_are_those_of_masked_inputs_one_by_one():
    model = image_classifier()
    maps = drawn((2, 4, 3, 3), 7) - 0.5
    maps[1, 2] = 0.25
    found = channel_scores.masked_scores(model, INPUTS, TARGET, maps, ALL)
    for index in range(2):
        for channel in range(4):
            mask = F.interpolate(maps[index, channel][None, None], (6, 6), mode="bilinear", align_corners=False)[0, 0]
            if index == 1 and channel == 2:
                assert found[index, channel] == -torch.inf
                continue
            mask = (mask - mask.min()) / (mask.max() - mask.min())
            expected = model.model(INPUTS[index : index + 1] * mask)[0, TARGET.classes[index]]
            torch.testing.assert_close(found[index, channel], expected.detach(), atol=1e-12, rtol=0)


def check_the_strongest_channels_have_the_largest_squares():
    maps = torch.tensor([[1.0, -3.0, 0.0, 2.0], [0.0, 1.0, 2.0, -4.0]])[:, :, None, None] * torch.ones(2, 4, 2, 2)
    assert channel_scores.strongest_channels(maps, 2).tolist() == [[1, 3], [2, 3]]
    assert channel_scores.strongest_channels(maps, None).tolist() == ALL.tolist()
    assert channel_scores.strongest_channels(maps, 9).tolist() == ALL.tolist()


def check_weights_are_a_softmax_without_channels_that_made_no_mask():
    scores = torch.tensor([[0.0, 1.0, -torch.inf], [-torch.inf] * 3], dtype=torch.float64)
    found = channel_scores.softmax_weights(scores)
    e = torch.tensor(1.0, dtype=torch.float64).exp()
    torch.testing.assert_close(found[0], torch.stack([1 / (1 + e), e / (1 + e), 0 * e]))
    assert found[1].tolist() == [0.0] * 3


NETWORKS = {
    "maps": (Residual, "mix", LayerLayout("channels_first", 6, 6)),
    "channels last": (lambda: Residual(last=True), "mix", LayerLayout("channels_last", 6, 6)),
    "tokens": (Tokens, "norm", LayerLayout("tokens", 3, 3, 1)),
    "takes back": (lambda: Remembers(strict=False), "first", LayerLayout("channels_first", 6, 6)),
    "takes back or breaks": (lambda: Remembers(strict=True), "first", LayerLayout("channels_first", 6, 6)),
    "written on": (Writes, "pool", LayerLayout("channels_first", 3, 3)),
}


@pytest.mark.parametrize("size", [None, 1, 3])
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_ablated_scores_are_those_of_whole_passes(network, size):
    check_ablated_scores_are_those_of_whole_passes(*network, size)


def test_masked_scores_are_those_of_masked_inputs_one_by_one():
    check_masked_scores_are_those_of_masked_inputs_one_by_one()


def test_the_strongest_channels_have_the_largest_squares():
    check_the_strongest_channels_have_the_largest_squares()


def test_weights_are_a_softmax_without_channels_that_made_no_mask():
    check_weights_are_a_softmax_without_channels_that_made_no_mask()


def test_weights_come_to_their_channels_and_others_get_none():
    values, channels = torch.tensor([[5.0, 6.0], [7.0, 8.0]]), torch.tensor([[0, 3], [1, 2]])
    assert channel_scores.placed(values, channels, torch.zeros(2, 4, 1, 1)).tolist() == [[5, 0, 0, 6], [0, 7, 8, 0]]


def check_layers_before_are_not_computed_again(make, name, layout, resumes):
    net = seeded(make).eval()
    outputs = output_of(net, name)
    rows = []
    net.get_submodule("first").register_forward_hook(lambda _module, _inputs, output: rows.append(len(output)))
    computed = []
    first = net.first.forward
    net.first.forward = lambda *inputs: computed.append(len(inputs[0])) or first(*inputs)
    with metered() as meter:
        where = MapLayer(Layer(name), layout)
        channel_scores.ablated_scores(TorchClassifier(net, 3), INPUTS[:1], TARGET.take(slice(1)), where, outputs[:1], ALL[:1])
    assert computed == ([1, 2] if resumes else [1, 2, 4])  # recorded, compared with whole passes, then asked about four
    assert meter.model_calls == 1 + 2 + 2 + 4
    assert "forward" in vars(net.first)


@pytest.mark.parametrize(
    ("make", "name", "side", "resumes"), [(Residual, "mix", 6, True), (Residual, "first", 6, True), (Writes, "pool", 3, False)]
)
def test_layers_before_are_computed_again_only_where_the_network_needs_it(make, name, side, resumes):
    check_layers_before_are_not_computed_again(make, name, LayerLayout("channels_first", side, side), resumes)


def test_a_layer_that_is_not_called_changes_nothing():
    model = image_classifier()
    where = MapLayer(Layer("unused"), None)
    found = channel_scores.ablated_scores(model, INPUTS, TARGET, where, torch.zeros(2, 1), ALL[:, :1])
    torch.testing.assert_close(found[:, 0], TARGET.of(model(INPUTS)))
