"""Layers found, watched and differentiated: compared with a plain computation that records the whole graph."""

import pytest
import torch
from core_subjects import Applied, convnet, drawn, linear, seeded, state_of
from torch import nn

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.layers import Layer
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore, target_numbers
from xaivision.core.torch_classifier import TorchClassifier

TARGETS = torch.tensor([0, 2, 1])
PHOTOS = drawn(3, 3, 8, 8, dtype=torch.float64)


def plainly(net, name, call=-1):
    """The layer's output in its last call and the gradients of the scores, with the graph of the whole network."""
    outputs = []

    def keep(_module, _inputs, output):
        outputs.append(output.clone())
        return outputs[-1].clone()  # the next layer works in place

    handle = dict(net.named_modules())[name].register_forward_hook(keep)
    scores = net.eval()(PHOTOS.clone()).gather(1, TARGETS[:, None])[:, 0]
    handle.remove()
    (gradients,) = torch.autograd.grad(scores.sum(), outputs[call])
    return scores.detach(), outputs[call].detach(), gradients


def assert_equal_to_plain(net, name):
    model = TorchClassifier(net, 3)
    scores, activations, gradients = plainly(net, name)
    found = model.layer_gradients(PHOTOS, TargetScore(TARGETS), model.layer(name, PHOTOS))
    assert found.fired
    assert not found.cut
    assert gradients.abs().max() > 0
    assert torch.allclose(found.scores, scores, rtol=1e-10, atol=0)
    assert torch.allclose(found.activations, activations, rtol=1e-10, atol=1e-14)
    assert torch.allclose(found.gradients, gradients, rtol=1e-10, atol=1e-14)
    return found


@pytest.mark.parametrize("name", ["0", "1", "2", "3", "4"])
def test_every_layer_has_the_maps_and_gradients_of_the_full_graph_though_in_place_layers_follow(name):
    assert_equal_to_plain(convnet(dtype=torch.float64), name)


class Reuses(nn.Module):
    """One ReLU for all: as many networks have it."""

    def __init__(self):
        super().__init__()
        with seeded():
            self.first = nn.Conv2d(3, 4, 3, dtype=torch.float64)
            self.second = nn.Conv2d(4, 4, 3, dtype=torch.float64)
            self.head = nn.Linear(4, 3, dtype=torch.float64)
        self.relu = nn.ReLU()
        self.unused = nn.Conv2d(3, 3, 1)

    def forward(self, photos):
        maps = self.relu(self.second(self.relu(self.first(photos))))
        return self.head(maps.mean((2, 3)))


def test_of_a_reused_module_the_last_call_is_meant():
    net = Reuses()
    model = TorchClassifier(net, 3)
    assert model.layer("relu", PHOTOS) == Layer("relu", 1)
    assert model.layer(None, PHOTOS) == Layer("relu", 1)
    assert assert_equal_to_plain(net, "relu").activations.shape[-1] == 4
    first = model.layer_gradients(PHOTOS, TargetScore(TARGETS), Layer("relu", 0))
    assert torch.allclose(first.gradients, plainly(net, "relu", call=0)[2], rtol=1e-10, atol=1e-14)
    assert model.activations(PHOTOS, Layer("relu", 0)).shape[-1] == 6


def test_without_a_name_the_last_layer_with_a_map_is_found():
    assert TorchClassifier(convnet(), 3).layer(None, PHOTOS) == Layer("4")


def test_an_unknown_layer_is_refused_with_the_closest_one():
    net = Reuses()
    with pytest.raises(UnknownNameError, match=r"`secnd` is not a known layer of this model. Did you mean `second`\?"):
        TorchClassifier(net, 3).layer("secnd", PHOTOS)


def test_a_model_without_maps_has_no_layer_to_find():
    model = TorchClassifier(nn.Sequential(nn.Flatten(), linear(12)), 3)
    with pytest.raises(InputError, match="This model has none"):
        model.layer(None, drawn(1, 3, 2, 2))


def test_a_layer_that_is_never_called_has_not_fired():
    model = TorchClassifier(Reuses(), 3)
    layer = model.layer("unused", PHOTOS)
    found = model.layer_gradients(PHOTOS, TargetScore(TARGETS), layer)
    assert layer == Layer("unused", 0)
    assert not found.fired
    assert not found.activations.any()
    assert model.activations(PHOTOS, layer) is None


@pytest.mark.parametrize("cut", ["detach", "no_grad"])
def test_a_gradient_that_is_cut_after_the_layer_is_reported(cut):
    def stop(maps):
        with torch.no_grad():
            return maps.detach() if cut == "detach" else maps * 1

    net = convnet()
    model = TorchClassifier(nn.Sequential(*net[:5], Applied(stop), *net[5:]), 3)
    found = model.layer_gradients(PHOTOS, TargetScore(TARGETS), Layer("4"))
    assert found.fired
    assert found.cut
    assert found.activations.any()
    assert torch.equal(found.gradients, torch.zeros_like(found.activations))


@pytest.mark.parametrize("name", ["6", "8"])
def test_a_layer_without_maps_is_refused_by_its_shape(name):
    with pytest.raises(InputError, match=rf"stand for the places of a grid. `{name}` gives shape \(1, "):
        TorchClassifier(convnet(), 3).map_layer(name, None, PHOTOS)


def test_a_layer_without_maps_has_gradients_all_the_same():
    assert_equal_to_plain(convnet(dtype=torch.float64), "6")


class GivesTwo(nn.Module):
    def forward(self, maps):
        return maps, maps


def test_a_layer_with_several_outputs_is_refused_by_its_type():
    net = convnet()
    model = TorchClassifier(nn.Sequential(*net[:5], GivesTwo(), Applied(lambda both: both[0]), *net[5:]), 3)
    with pytest.raises(InputError, match=r"a tensor of floating-point numbers. `5` gives tuple"):
        model.layer_gradients(PHOTOS, TargetScore(TARGETS), Layer("5"))
    with pytest.raises(InputError, match=r"a tensor of floating-point numbers. `5` gives tuple"):
        model.activations(PHOTOS, Layer("5"))


class OverwritesWhatItPassedThrough(nn.Module):
    """The dropout's output is its input in evaluation mode, and the input is overwritten afterwards."""

    def __init__(self):
        super().__init__()
        net = convnet(dtype=torch.float64)
        self.features, self.drop, self.head = net[0], nn.Dropout(), nn.Linear(4, 3, dtype=torch.float64)

    def forward(self, photos):
        maps = self.features(photos)
        dropped = self.drop(maps)
        return self.head(dropped.mean((2, 3)) + maps.zero_().mean((2, 3)))


def test_maps_are_kept_although_the_network_overwrites_them_later():
    net = OverwritesWhatItPassedThrough()
    expected = net.features(PHOTOS).detach()
    model = TorchClassifier(net, 3)
    assert torch.allclose(model.layer_gradients(PHOTOS, TargetScore(TARGETS), Layer("drop")).activations, expected)
    assert torch.allclose(model.activations(PHOTOS, Layer("drop")), expected)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_layer_gradients_work_in_any_mode_of_the_caller(mode):
    model = TorchClassifier(convnet(), 3)
    expected = model.layer_gradients(PHOTOS, TargetScore(TARGETS), Layer("3"))
    with mode():
        found = model.layer_gradients(PHOTOS.clone(), TargetScore(TARGETS.clone()), model.layer("3", PHOTOS))
    assert not found.cut
    assert torch.equal(found.gradients, expected.gradients)


def test_maps_do_not_depend_on_the_size_of_a_batch():
    net = convnet(dtype=torch.float64)
    whole, split = (TorchClassifier(net, 3, batch_size=size) for size in (None, 1))
    for ask in (
        lambda model: model.layer_gradients(PHOTOS, TargetScore(TARGETS), Layer("3")).gradients,
        lambda m: m.activations(PHOTOS, Layer("3")),
    ):
        assert torch.allclose(ask(split), ask(whole), rtol=1e-10, atol=1e-14)


def test_no_graph_is_recorded_before_the_layer():
    net = convnet()
    recorded = []
    net[0].register_forward_hook(lambda _module, _inputs, output: recorded.append(output.requires_grad))
    net[8].register_forward_hook(lambda _module, _inputs, output: recorded.append(output.requires_grad))
    before = state_of(net)
    TorchClassifier(net, 3).layer_gradients(PHOTOS, TargetScore(TARGETS), Layer("3"))
    assert recorded == [False, True]
    assert state_of(net) == before


def test_all_scores_come_from_the_same_pass_and_the_predicted_class_waits_for_them():
    net = convnet()
    model = TorchClassifier(net, 3, batch_size=2)
    expected = model(PHOTOS.float())
    found = model.layer_gradients(PHOTOS.float(), target_numbers(None, 3, 3, "logit", PHOTOS.device), Layer("3"))
    assert torch.allclose(found.all_scores, expected, atol=1e-6)
    assert torch.equal(found.scores, found.all_scores.amax(1))
    outputs = model.layer_outputs(PHOTOS.float(), Layer("3"))
    assert torch.allclose(outputs.all_scores, expected, atol=1e-6)
    assert torch.allclose(outputs.activations, found.activations, atol=1e-6)
    plain = model.gradients(PHOTOS.float(), target_numbers(None, 3, 3, "logit", PHOTOS.device))
    assert torch.allclose(plain.all_scores, expected, atol=1e-6)


@pytest.mark.parametrize("resumes", [True, False])
@pytest.mark.parametrize("size", [None, 2])
def test_scores_with_other_outputs_are_those_of_the_rest_of_the_network(resumes, size):
    net = convnet(dtype=torch.float64)
    model = TorchClassifier(net, 3, batch_size=size)
    outputs = drawn(5, 5, 3, 3, seed=4, dtype=torch.float64) - 0.5
    kept, before = outputs.clone(), state_of(net)
    start = model.start(PHOTOS[:1], Layer("3")) if resumes else None
    found = model.scores_with(PHOTOS[:1], Layer("3"), outputs, start)
    assert state_of(net) == before
    expected = net.eval()[4:](outputs.clone())
    assert torch.allclose(found, expected, rtol=1e-10)
    assert torch.equal(outputs, kept)


def test_the_layers_before_work_once_and_every_score_is_counted():
    net = convnet()
    rows = []
    net[1].register_forward_hook(lambda _module, inputs, _output: rows.append(len(inputs[0])))
    model = TorchClassifier(net, 3)
    with metered() as meter:
        start = model.start(PHOTOS[:1].float(), Layer("3"))
        assert rows == [1]
        expected = model.scores_with(PHOTOS[:1].float(), Layer("3"), drawn(5, 5, 3, 3))
        assert rows == [1, 5]
        net[1].forward = lambda maps: pytest.fail("it was computed again")
        del rows[:]
        assert torch.allclose(model.scores_with(PHOTOS[:1].float(), Layer("3"), drawn(5, 5, 3, 3), start), expected)
    assert meter.model_calls == 11


@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize("skipped", [0, 2])
def test_a_layer_that_one_batch_passes_by_has_fired_at_times_alone(skipped, width):
    rows = drawn(3, 4)
    marked = float(rows[skipped, 0])

    class Passing(nn.Module):
        """One number by a layer, and that of one row by hand."""

        def __init__(self):
            super().__init__()
            self.number = linear(4, width)

        def forward(self, part):
            by_hand = bool((part[:, 0] == marked).any())
            return (part if by_hand else self.number(part)).sum(1, keepdim=True) * torch.arange(3)

    model, number = TorchClassifier(Passing(), 3, domain="tabular", batch_size=1), Layer("number")
    alone = model.layer_outputs(rows[1:2], number)
    assert (alone.fired, alone.at_times) == (True, False)
    for found in (model.layer_outputs(rows, number), model.layer_gradients(rows, TargetScore(TARGETS), number)):
        assert (found.fired, found.at_times) == (False, True)
        assert torch.equal(found.activations, torch.zeros_like(rows[:, :1]))
        assert torch.equal(found.all_scores, model(rows))
    nowhere = model.layer_outputs(rows[skipped : skipped + 1], number)
    assert (nowhere.fired, nowhere.at_times) == (False, False)
    assert model.activations(rows, number) is None
