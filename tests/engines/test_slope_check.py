"""The gradient a network reports is held against the slope of its score."""

import torch
from graph_networks import Written, relu_twice, rounded, sample, without_gradients
from torch import nn

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import slope_check

TARGET = TargetScore(torch.tensor([1]))


def error_of(between) -> float | None:
    return slope_check.slope_error(TorchClassifier(Written(between), 2), sample(1), TARGET)


def check_a_true_gradient_is_the_slope():
    assert error_of(relu_twice) < 1e-6
    assert error_of(lambda net, maps: net.second(torch.nn.functional.silu(maps))) < 1e-6


def check_a_gradient_that_is_cut_or_defined_anew_is_not():
    assert error_of(without_gradients) > 1e-2
    assert error_of(lambda net, maps: net.second(net.relu(maps.detach()))) == 1
    assert error_of(lambda net, maps: maps + net.second(maps).detach()) > 1e-2


def check_what_cannot_be_told_is_not_told():
    assert error_of(lambda net, maps: maps * 0) is None  # the score does not move
    assert error_of(lambda net, maps: maps * torch.nan) is None
    assert error_of(lambda net, maps: maps.float()) is None  # works in its own precision
    assert error_of(lambda net, maps: maps + torch.randn_like(maps)) is None


def test_a_true_gradient_is_the_slope():
    check_a_true_gradient_is_the_slope()


def test_a_gradient_that_is_cut_or_defined_anew_is_not():
    check_a_gradient_that_is_cut_or_defined_anew_is_not()


def test_what_cannot_be_told_is_not_told():
    check_what_cannot_be_told_is_not_told()


def test_a_gradient_beside_a_rounded_value_is_not_the_slope():
    assert error_of(rounded) is None or error_of(rounded) == 1  # between steps the score does not move at all


def test_a_module_that_cannot_be_copied_is_not_told_about():
    net = Written(relu_twice)
    net.stream = (number for number in ())
    assert slope_check.slope_error(TorchClassifier(net, 2), sample(1), TARGET) is None


def test_the_model_stays_as_it_is():
    net = Written(relu_twice)
    net.train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    slope_check.slope_error(TorchClassifier(net, 2, mean=[0.4], std=[0.3]), sample(1), TARGET)
    assert all(part.training for part in net.modules())
    assert all(
        torch.equal(tensor, before[name]) and tensor.dtype == before[name].dtype for name, tensor in net.state_dict().items()
    )
    assert torch.equal(torch.get_rng_state(), state)


def test_the_place_where_gradients_stop_is_named():
    assert slope_check.stopped_gradients(Written(without_gradients)) == ("Conv2d at `second`", "sigmoid at `sigmoid`")
    assert slope_check.stopped_gradients(Written(lambda net, maps: maps.detach())) == ("detach at `detach`",)
    assert slope_check.stopped_gradients(nn.Linear(3, 2)) == ()
