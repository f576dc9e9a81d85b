"""Repairs change how a module is written, never what it computes."""

import gc
import weakref
from collections import Counter

import pytest
import torch
from graph_networks import (
    FUNCTIONS,
    SIDE,
    Written,
    added_in_place,
    data_dependent,
    in_place_beside_a_skip,
    random,
    refusal,
    relu_twice,
    rounded,
    sample,
    without_gradients,
)
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.core.metering import metered
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import repairs
from xaivision.engines.module_graph import operations

REFUSED = {
    "random": (random, "answers the same input twice in two ways"),
    "without gradients": (without_gradients, "at Conv2d at `second` gradients are switched off or defined anew"),
    "own gradients": (rounded, "at round at `round_1` gradients are switched off or defined anew"),
    "data dependent": (data_dependent, "decides by its data"),
}


def check_the_view_computes_the_same(between):
    net = Written(between).eval()
    found = repairs.repaired(net, sample()).module
    inputs = sample(4) * 1.7 - 0.2
    assert torch.allclose(found(inputs), net(inputs), rtol=1e-6, atol=1e-7)


def check_each_call_has_its_own_instance():
    net = Written(relu_twice)
    found = repairs.repaired(net, sample())
    targets = [operation.target for operation in operations(found.module) if operation.kind == "module"]
    assert Counter(targets).most_common(1)[0][1] == 1
    assert found.repairs[-1] == "call 2 of `relu`, at `relu_1`, has an instance of its own"
    called = []
    for name, part in found.module.named_modules():
        if isinstance(part, nn.ReLU):
            part.register_forward_hook(lambda *_, name=name: called.append(name))
    found.module(sample())
    assert called == ["relu", "relu_call_2"]


def check_nothing_works_in_place():
    for between in (in_place_beside_a_skip, added_in_place):
        net = Written(between)
        assert refusal(lambda net=net: repairs.repaired(net, sample())) == ""
        found = repairs.repaired(net, sample()).module
        assert not any(getattr(part, "inplace", False) for part in found.modules())
        assert not any(operation.computes.endswith("_") for operation in operations(found))


def check_a_function_is_a_module(name):
    function, kind = FUNCTIONS[name]
    net = Written(lambda net, maps: function(net.second(maps)))
    found = repairs.repaired(net, sample())
    assert any(type(part) is kind for part in found.module.modules())
    assert any(f"is a module {kind.__name__}" in repair for repair in found.repairs)
    assert torch.equal(found.module(sample()), net.eval()(sample()))


def check_refused(name):
    between, why = REFUSED[name]
    assert why in refusal(lambda: repairs.repaired(Written(between), sample()))


def check_a_changed_module_is_repaired_anew():
    net = Written(relu_twice)
    first = repairs.repaired(net, sample())
    assert repairs.repaired(net, sample()) is first
    net.relu = nn.Tanh()
    second = repairs.repaired(net, sample())
    assert torch.equal(second.module(sample()), net.eval()(sample()))
    net.to(torch.float64)
    assert torch.equal(repairs.repaired(net, sample().double()).module(sample().double()), net(sample().double()))


@pytest.mark.parametrize("between", [relu_twice, in_place_beside_a_skip, added_in_place])
def test_the_view_computes_the_same(between):
    check_the_view_computes_the_same(between)


def test_each_call_has_its_own_instance():
    check_each_call_has_its_own_instance()


def test_nothing_works_in_place():
    check_nothing_works_in_place()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_a_module(name):
    check_a_function_is_a_module(name)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_repaired_is_refused_by_name(name):
    check_refused(name)


def test_a_changed_module_is_repaired_anew():
    check_a_changed_module_is_repaired_anew()


def test_the_module_stays_as_it_is():
    net = Written(in_place_beside_a_skip)
    net.train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    repairs.repaired(net, sample())
    assert net.in_place.inplace
    assert all(part.training for part in net.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(part._forward_hooks or part._backward_hooks for part in net.modules())


def test_new_weights_reach_the_remembered_view():
    net = Written(relu_twice).eval()
    view = repairs.repaired(net, sample()).module
    with torch.no_grad():
        net.head.weight.mul_(3)
    assert torch.equal(view(sample()), net(sample()))


def test_a_view_is_forgotten_with_its_module():
    net = Written(relu_twice)
    view = weakref.ref(repairs.repaired(net, sample()).module)
    del net
    gc.collect()
    assert view() is None


def test_work_in_place_that_spoils_gradients_is_mended():
    def spoiled(net, maps):
        kept = maps.tanh()  # needs its result for its gradient
        return net.second(kept.add_(1))

    found = repairs.repaired(Written(spoiled), sample())
    inputs = sample().requires_grad_()
    assert torch.autograd.grad(found.module(inputs).sum(), inputs)[0].any()


def test_a_function_of_somebodys_own_is_left_alone():
    net = Written(lambda net, maps: relu(maps))
    found = repairs.repaired(net, sample())
    assert not any(isinstance(part, nn.ReLU) for part in found.module.modules())
    assert found.repairs == ()


def relu(maps):
    return maps * 2


def test_what_exists_in_place_only_is_refused():
    def overwritten(net, maps):
        return maps.zero_() + 1

    with pytest.raises(CapabilityError, match="`zero` at `zero_` writes into a tensor"):
        repairs.repaired(Written(overwritten), sample())


def test_the_classifier_of_a_view_scores_as_the_model_does():
    net = Written(relu_twice)
    model = TorchClassifier(net, 2, mean=[0.4], std=[0.3])
    inputs = torch.rand(3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with metered() as meter:
        found = repairs.repaired_classifier(model, inputs)
    assert meter.gradient_calls == 4
    assert found.model.model is not net
    assert torch.equal(found.model(inputs), model(inputs))
    assert len(found.repairs) == 1


class Settled(nn.Module):
    """Reads a function, a container and a buffer in plain Python: a traced view bakes them in."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 3)
        self.act, self.settings = torch.relu, {"times": 1.0}
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, rows):
        return self.last(self.act(self.first(rows)) * self.settings["times"] * float(self.scale))


@pytest.mark.parametrize(
    "change",
    [
        lambda net: setattr(net, "act", torch.tanh),
        lambda net: net.settings.update(times=3.0),
        lambda net: net.scale.fill_(-1.0),
    ],
    ids=["another function", "another entry", "another value of a buffer"],
)
def test_a_view_is_built_anew_once_what_it_has_baked_in_has_changed(change):
    net, rows = Settled().eval(), torch.rand(3, 4)
    repairs.repaired(net, rows)
    change(net)
    torch.testing.assert_close(repairs.repaired(net, rows).module(rows), net(rows))
