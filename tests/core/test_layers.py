import pytest
import torch
from core_subjects import convnet, drawn, state_of
from torch import nn

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.layers import Layer, is_spatial_map, last_spatial_layer, named_layer, watching

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


@pytest.mark.parametrize("find", [lambda net, run: named_layer(net, "3", run), last_spatial_layer])
def test_hooks_are_taken_off_after_an_exception_of_the_run(find):
    net = convnet()
    before = state_of(net)

    def run():
        net(PHOTOS)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        find(net, run)
    assert state_of(net)["hooks"] == before["hooks"]
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("output", "is_map"),
    [
        (torch.zeros(2, 5, 3, 3), True),
        (torch.zeros(2, 5, 1, 2), True),
        (torch.zeros(2, 5, 1, 1), False),
        (torch.zeros(2, 5, 9), False),
        (torch.zeros(2, 5), False),
        ((torch.zeros(2, 5, 3, 3),), False),
    ],
    ids=["map", "line", "one position", "tokens", "vector", "tuple"],
)
def test_a_map_has_four_axes_and_more_than_one_position(output, is_map):
    assert is_spatial_map(output) is is_map


def test_the_pooled_map_is_not_the_last_spatial_layer():
    net = convnet()
    assert last_spatial_layer(net, lambda: net(PHOTOS)) == Layer("4")


def test_a_name_is_found_at_its_last_call_and_at_call_zero_where_there_is_none():
    net = nn.Sequential(nn.ReLU(), nn.Flatten())
    assert named_layer(net, "0", lambda: [net(PHOTOS), net(PHOTOS)]) == Layer("0", 1)
    assert named_layer(net, "0", lambda: None) == Layer("0", 0)


def test_an_unknown_name_is_refused_before_anything_runs():
    with pytest.raises(UnknownNameError, match=r"`feature` is not a known layer of this model. Did you mean `features`"):
        named_layer(nn.ModuleDict({"features": nn.ReLU()}), "feature", lambda: pytest.fail("it ran"))


def test_no_map_at_all_is_an_error_that_names_the_way_out():
    net = nn.Sequential(nn.Flatten())
    with pytest.raises(InputError, match="Use a gradient or perturbation method"):
        last_spatial_layer(net, lambda: net(PHOTOS))


def test_a_model_that_works_on_tokens_has_no_last_map():
    from torchvision.models import VisionTransformer

    vision = VisionTransformer(image_size=16, patch_size=4, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=8, num_classes=3)
    with pytest.raises(InputError, match=r"After its last map, `conv_proj`, this model works on tokens"):
        last_spatial_layer(vision.eval(), lambda: vision(torch.zeros(1, 3, 16, 16)))
