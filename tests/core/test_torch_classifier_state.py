"""Whatever is asked of a module, and however it ends, the module is given back byte for byte."""

import pytest
import torch
from core_subjects import Applied, convnet, drawn, state_of
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.layers import Layer
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier

TARGETS = torch.tensor([0, 1])

ASKED = {
    "call": lambda model, inputs: model(inputs),
    "forward": lambda model, inputs: model.forward(inputs),
    "gradients": lambda model, inputs: model.gradients(inputs, TargetScore(TARGETS)),
    "last spatial layer": lambda model, inputs: model.layer(None, inputs),
    "named layer": lambda model, inputs: model.layer("3", inputs),
    "activations": lambda model, inputs: model.activations(inputs, Layer("3")),
    "layer gradients": lambda model, inputs: model.layer_gradients(inputs, TargetScore(TARGETS), Layer("3")),
}


class Bomb(nn.Module):
    """Passes its input on until it is armed."""

    armed = False

    def forward(self, inputs):
        if self.armed:
            raise RuntimeError("the module is broken")
        return inputs


def mixed_net():
    """Trained in part: one frozen layer, one batch norm in evaluation mode, one gradient that is waiting, one user's hook."""
    net = nn.Sequential(*convnet(), Bomb()).train()
    net[1].eval()
    net[0].weight.requires_grad_(False)
    net[8].weight.grad = torch.ones_like(net[8].weight)
    net[3].register_forward_hook(lambda *_: None)
    return net


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_everything_is_as_it_was(ask):
    net, inputs = mixed_net(), drawn(2, 3, 8, 8)
    before, asked = state_of(net), inputs.clone()
    assert before["hooks"]["3"][0] == 1
    ask(TorchClassifier(net, 3, mean=[0.5] * 3, std=[0.2] * 3), inputs)
    assert state_of(net) == before
    assert torch.equal(inputs, asked)
    assert inputs.grad is None
    assert not inputs.requires_grad


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_everything_is_as_it_was_after_the_module_raised(ask):
    net, inputs = mixed_net(), drawn(2, 3, 8, 8)
    model = TorchClassifier(net, 3)
    before = state_of(net)
    net[-1].armed = True
    with pytest.raises(RuntimeError, match="the module is broken"), model.held():
        ask(model, inputs)
    assert state_of(net) == before
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("grad_mode", [True, False])
@pytest.mark.parametrize("broken", [True, False])
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_the_callers_grad_mode_is_left_alone(ask, broken, grad_mode):
    net = mixed_net()
    model = TorchClassifier(net, 3)
    net[-1].armed = broken
    with torch.set_grad_enabled(grad_mode):
        try:
            ask(model, drawn(2, 3, 8, 8))
        except RuntimeError:
            assert broken
        assert torch.is_grad_enabled() is grad_mode
        assert not torch.is_inference_mode_enabled()


def test_a_refused_layer_leaves_no_hook_and_no_grad_mode_behind():
    net = nn.Sequential(*mixed_net(), Applied(lambda scores: (scores, scores)), Applied(lambda both: both[0]))
    before = state_of(net)
    with torch.no_grad():
        with pytest.raises(InputError, match=r"`10` gives tuple"):
            TorchClassifier(net, 3).layer_gradients(drawn(2, 3, 8, 8), TargetScore(TARGETS), Layer("10"))
        assert not torch.is_grad_enabled()
    assert state_of(net) == before


def test_inputs_that_require_a_gradient_get_none():
    inputs = drawn(2, 3, 8, 8).requires_grad_()
    model = TorchClassifier(convnet(), 3)
    assert not model(inputs).requires_grad
    assert not model.gradients(inputs, TargetScore(TARGETS)).values.requires_grad
    assert inputs.grad is None
