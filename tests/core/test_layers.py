import pytest
import torch
from core_subjects import convnet, drawn, state_of
from torch import nn

from xaivision.core.errors import UnknownNameError
from xaivision.core.layers import Layer, named_layer, watching

PHOTOS = drawn(2, 3, 8, 8)


def seen_in(net, names, run):
    seen = []
    with watching(net, names, lambda layer, _output: seen.append(layer)):
        run()
    return seen


def test_named_parts_are_shown_in_the_order_of_their_calls():
    net = convnet()
    assert seen_in(net, {"3", "0"}, lambda: net(PHOTOS)) == [Layer("0"), Layer("3")]


def test_without_names_every_leaf_is_shown_and_no_container():
    net = nn.Sequential(convnet()[:3], nn.Sequential(nn.Flatten()))
    assert [layer.name for layer in seen_in(net, None, lambda: net(PHOTOS))] == ["0.0", "0.1", "0.2", "1.0"]


def test_calls_of_one_part_are_counted_from_zero_and_anew_each_time():
    net = nn.Sequential(nn.ReLU())
    for _ in range(2):
        assert seen_in(net, {"0"}, lambda: [net(PHOTOS) for _ in range(3)]) == [Layer("0", call) for call in range(3)]


def test_what_the_watcher_returns_takes_the_outputs_place():
    net = nn.Sequential(nn.ReLU(), nn.Flatten())
    with watching(net, {"0"}, lambda _layer, output: output * 0):
        assert not net(PHOTOS).any()
    assert net(PHOTOS).any()


@pytest.mark.parametrize("names", [{"0", "3"}, None])
def test_hooks_are_taken_off_after_an_exception_of_the_watcher(names):
    net = convnet()
    before = state_of(net)

    def broken(_layer, _output):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"), watching(net, names, broken):
        net(PHOTOS)
    assert state_of(net)["hooks"] == before["hooks"]


def test_hooks_are_taken_off_after_an_exception_of_the_run():
    net = convnet()
    before = state_of(net)

    def run():
        net(PHOTOS)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        named_layer(net, "3", run)
    assert state_of(net)["hooks"] == before["hooks"]
    assert torch.is_grad_enabled()


def test_a_name_is_found_at_its_last_call_and_at_call_zero_where_there_is_none():
    net = nn.Sequential(nn.ReLU(), nn.Flatten())
    assert named_layer(net, "0", lambda: [net(PHOTOS), net(PHOTOS)]) == Layer("0", 1)
    assert named_layer(net, "0", lambda: None) == Layer("0", 0)


def test_an_unknown_name_is_refused_before_anything_runs():
    with pytest.raises(UnknownNameError, match=r"`feature` is not a known layer of this model. Did you mean `features`"):
        named_layer(nn.ModuleDict({"features": nn.ReLU()}), "feature", lambda: pytest.fail("it ran"))
