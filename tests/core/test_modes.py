import pytest
import torch
from core_subjects import convnet, drawn, state_of
from torch import nn

from xaivision.core.modes import evaluating, parts
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier


def mixed_net():
    net = convnet().train()
    net[1].eval()  # a frozen batch norm in a network that is being trained
    return net


def flags(net):
    return {name: part.training for name, part in net.named_modules()}


def test_every_part_is_in_evaluation_mode_inside_and_as_it_was_afterwards():
    net = mixed_net()
    before = flags(net)
    with evaluating(net):
        assert not any(flags(net).values())
    assert flags(net) == before
    assert before["0"]
    assert not before["1"]


def test_flags_come_back_after_an_exception():
    net = mixed_net()
    before = flags(net)
    with pytest.raises(RuntimeError, match="broken"), evaluating(net):
        raise RuntimeError("broken")
    assert flags(net) == before


def test_nested_use_gives_back_what_each_level_found():
    net = mixed_net()
    before = flags(net)
    with evaluating(net):
        with evaluating(net):
            pass
        assert not any(flags(net).values())
    assert flags(net) == before


class RefusesEval(nn.Linear):
    """As exported programs do."""

    def train(self, mode=True):
        raise NotImplementedError("Calling train() or eval() is not supported.")


def test_a_module_that_refuses_eval_can_be_asked():
    module = RefusesEval(4, 3)
    with evaluating(module):
        assert not module.training
    assert module.training


def test_dropout_and_batch_norm_answer_as_in_evaluation_and_their_statistics_stay():
    net, inputs = convnet(), drawn(4, 3, 8, 8)
    training, expected = net.train()(inputs).detach(), net.eval()(inputs).detach()
    assert not torch.allclose(training, expected, atol=1e-3)
    net.train()
    before = state_of(net)
    model = TorchClassifier(net, 3)
    assert torch.allclose(model(inputs), expected, atol=1e-6)
    assert torch.allclose(
        model.gradients(inputs, TargetScore(torch.zeros(4, dtype=torch.long))).scores, expected[:, 0], atol=1e-6
    )
    assert state_of(net) == before


def test_all_parts_are_found_once_shared_ones_and_missing_ones_too():
    shared = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    net = nn.Sequential(shared, nn.Sequential(shared, nn.Dropout()), nn.Linear(4, 3))
    net.register_module("missing", None)
    found = parts(net)
    assert len(found) == len(set(found)) == 7
    assert set(found) == set(net.modules())
