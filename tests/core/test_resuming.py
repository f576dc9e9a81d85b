import pytest
import torch
from core_subjects import convnet, drawn, linear, seeded, state_of
from token_networks import AddsInPlace, Vision
from torch import nn

from xaivision.core.layers import Layer
from xaivision.core.resuming import recorded_start, resumed

PHOTO = drawn(1, 3, 16, 16)


def output_of(net, layer):
    """The layer's output in the call that is meant."""
    caught = []
    handle = net.get_submodule(layer.name).register_forward_hook(lambda _m, _i, output: caught.append(output.clone()))
    with torch.no_grad():
        net(PHOTO)
    handle.remove()
    return caught[layer.call]


class Shared(nn.Module):
    """One activation for all: in a block, outside of it, and after the layer `second` again."""

    def __init__(self):
        super().__init__()
        with seeded():
            self.first, self.second, self.third = (nn.Conv2d(3, 3, 1) for _ in range(3))
            self.head = nn.Linear(3, 3)
        self.relu = nn.Tanh()
        self.block = nn.Sequential(self.first, self.relu, AddsInPlace())

    def forward(self, x):
        maps = self.relu(self.second(self.relu(self.block(x)) - 0.2))
        return self.head(self.relu(self.third(maps)).mean((2, 3)))


class WritesBetween(nn.Module):
    """Writes on what a part gave, outside of all parts, before the layer `last`."""

    def __init__(self):
        super().__init__()
        with seeded():
            self.first, self.last, self.head = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Linear(3, 3)

    def forward(self, x):
        maps = self.first(x)
        maps += x
        return self.head((self.last(maps) + maps).tanh().mean((2, 3)))


def cases():
    yield from ((WritesBetween().eval(), Layer(name)) for name in ("first", "last"))
    net = Shared().eval()
    yield from ((net, Layer(name, call)) for name, call in (("second", 0), ("relu", 0), ("relu", 1), ("relu", 2), ("relu", 3)))
    yield from ((net, Layer(name)) for name in ("first", "block", "block.2.inner", "third", "head"))
    yield from ((convnet().eval(), Layer(str(number))) for number in range(9))
    vision = Vision().eval()
    yield from (
        (vision, Layer(name))
        for name in ("patches", "blocks.0.norm1", "blocks.1.norm1", "blocks.1.norm2", "blocks.1.mlp", "norm")
    )


CASES = [(net, layer) for net, layer in cases()]


@pytest.mark.parametrize(("net", "layer"), CASES, ids=[f"{type(net).__name__} {layer.name} {layer.call}" for net, layer in CASES])
def test_taken_up_with_the_layers_own_output_it_gives_the_networks_scores_and_with_others_theirs(net, layer):
    before = state_of(net)
    start = recorded_start(net, layer, lambda: net(PHOTO))
    own = output_of(net, layer)
    outputs = torch.cat([own, own * 0.5, own + 1])

    def instead(_module, _inputs, _output):
        instead.call += 1
        return outputs.clone() if instead.call == layer.call else None

    instead.call = -1
    handle = net.get_submodule(layer.name).register_forward_hook(instead)
    rows = PHOTO.expand(3, -1, -1, -1)
    with torch.no_grad():
        expected = net(rows.clone())
    handle.remove()
    for _ in range(2):  # the second time nothing of the first is left
        with resumed(start, outputs), torch.no_grad():
            found = net(rows)
        assert torch.allclose(found, expected, atol=1e-6)
        assert torch.allclose(found[:1], net(PHOTO), atol=1e-6)
    assert not torch.allclose(found[0], found[1])
    assert state_of(net) == before
    assert not any("forward" in vars(part) for part in net.modules())


def test_the_parts_before_are_not_computed():
    net = convnet().eval()
    start = recorded_start(net, Layer("4"), lambda: net(PHOTO))
    computed = []
    for part in net[:5]:
        part.forward = lambda *_: computed.append(1)
    with resumed(start, torch.ones(2, 5, 7, 7)), torch.no_grad():
        net(PHOTO.expand(2, -1, -1, -1))
    assert not computed
    assert all("forward" in vars(part) for part in net[:5])  # what was there before is there again


def test_a_layer_that_is_not_called_has_no_start():
    net = Shared().eval()
    assert recorded_start(net, Layer("relu", 4), lambda: net(PHOTO)) is None
    net.unused = linear(3)
    assert recorded_start(net, Layer("unused"), lambda: net(PHOTO)) is None


def test_everything_is_given_back_after_an_error():
    net = convnet().eval()
    before = state_of(net)

    def broken():
        net(PHOTO)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        recorded_start(net, Layer("4"), broken)
    assert state_of(net) == before
    start = recorded_start(net, Layer("4"), lambda: net(PHOTO))
    with pytest.raises(RuntimeError, match="broken"), resumed(start, torch.ones(2, 5, 7, 7)):
        raise RuntimeError("broken")
    assert state_of(net) == before
    assert not any("forward" in vars(part) for part in net.modules())


def test_writing_on_large_maps_that_all_rows_share_is_an_error_and_small_ones_are_copied():
    class Writes(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.first, self.pool, self.head = nn.Conv2d(3, channels, 1), nn.Conv2d(channels, 3, 1), nn.Linear(3, 3)

        def forward(self, x):
            return self.head(self.pool(self.first(x).tanh_()).mean((2, 3)))

    large, small = Writes(12).eval(), Writes(3).eval()
    rows = PHOTO.expand(2, -1, -1, -1)
    for net in (large, small):
        start = recorded_start(net, Layer("pool"), lambda net=net: net(PHOTO))
        outputs = output_of(net, Layer("pool")).repeat(2, 1, 1, 1)
        with torch.no_grad(), resumed(start, outputs):
            if net is large:
                with pytest.raises(RuntimeError, match="single memory location"):
                    net(rows)
            else:
                assert torch.allclose(net(rows)[0], net(rows)[1])
