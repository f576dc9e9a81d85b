"""Views that take a shift of the inputs back, for every kind of first layer, with exact scores."""

import pytest
import torch
from engine_networks import seeded
from torch import nn

from xaivision.engines import input_shift


def moved_by(inputs, shift):
    return inputs + torch.as_tensor(shift, dtype=inputs.dtype).view(-1, *[1] * (inputs.ndim - 2))


def view_of(module, inputs, shift):
    """The view that takes inputs moved by the shift of each channel, and those inputs."""
    moved = moved_by(inputs, shift)
    looks = [input_shift.first_layer(module, lambda given=given: module(given)) for given in (inputs, moved)]
    return input_shift.taking_back(module, *looks), moved


def assert_takes_back(make, *one, shift=(-1.0,)):
    module = seeded(make, 0).double().eval()
    inputs = torch.rand(3, *one, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    view, moved = view_of(module, inputs, shift)
    assert not torch.allclose(module(moved), module(inputs), atol=1e-3)
    assert view(moved).shape == module(inputs).shape
    assert torch.allclose(view(moved), module(inputs), rtol=0, atol=1e-12)
    gradients = []
    for part, given in ((module, inputs), (view, moved)):
        leaf = given.clone().requires_grad_()
        gradients.append(torch.autograd.grad(part(leaf).square().sum(), leaf)[0])
    assert torch.allclose(*gradients, rtol=0, atol=1e-12)
    return module, view


def check_a_linear_layer_takes_a_shift_back():
    assert_takes_back(lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)), 4)
    assert_takes_back(lambda: nn.Linear(4, 3), 4)


def check_columns_may_move_differently():
    assert_takes_back(lambda: nn.Sequential(nn.Linear(3, 5), nn.Tanh()), 3, shift=(2.0, 0.0, -7.0))


def check_a_layer_without_bias_gets_one_on_the_view_only():
    module, view = assert_takes_back(lambda: nn.Sequential(nn.Linear(4, 3, bias=False), nn.Tanh()), 4)
    assert module[0].bias is None
    assert view[0].bias is not None


def check_a_border_of_zeros_becomes_one_of_the_shift():
    for border, stride in (((1, 2), 1), ("same", 1), (1, 2)):
        assert_takes_back(lambda b=border, s=stride: nn.Sequential(nn.Conv2d(2, 4, 3, s, b), nn.Tanh()), 2, 9, 8)


def check_channels_may_move_differently():
    assert_takes_back(lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh()), 3, 8, 8, shift=(-4.3, 1.0, 0.5))


def check_groups_see_their_own_channels():
    assert_takes_back(
        lambda: nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, groups=2), nn.Tanh()), 4, 7, 7, shift=(1.0, 2.0, -3.0, 5.0)
    )


def check_reflected_borders_move_by_themselves():
    for mode in ("reflect", "replicate", "circular"):
        assert_takes_back(lambda m=mode: nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, padding_mode=m), nn.Tanh()), 1, 8, 8)


def check_pads_before_the_layer_move_along():
    pads = (nn.ZeroPad2d((0, 1, 2, 3)), nn.ConstantPad2d(2, 0.7))
    for pad in pads:
        assert_takes_back(lambda p=pad: nn.Sequential(p, nn.Conv2d(2, 4, 3), nn.Tanh()), 2, 9, 9, shift=(1.0, -2.0))


def check_later_pads_and_layers_stay_as_they_are():
    def make():
        return nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.Tanh(), nn.ZeroPad2d(1), nn.Conv2d(4, 2, 3, padding=1), nn.Flatten(), nn.Linear(128, 3)
        )

    module, view = assert_takes_back(make, 1, 8, 8)
    assert all(view[place] is module[place] for place in range(1, 6))


class Padding(nn.Conv2d):
    """A convolution that pads by a module of its own, as those that imitate TensorFlow do."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.static_padding = nn.ZeroPad2d((0, 1, 0, 1))

    def forward(self, maps):
        return super().forward(self.static_padding(maps))


def check_pads_inside_the_layer_move_along():
    assert_takes_back(lambda: nn.Sequential(Padding(2, 4, 3, stride=2), nn.Tanh()), 2, 8, 8, shift=(1.0, 3.0))


def check_the_module_keeps_its_parts_weights_and_hooks():
    module = seeded(lambda: nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1)), nn.Flatten(), nn.Linear(72, 2)), 0)
    before = {name: (id(part), part.training) for name, part in module.named_modules()}
    values = {name: tensor.detach().clone() for name, tensor in module.named_parameters()}
    view, _ = view_of(module, torch.rand(2, 1, 6, 6, dtype=torch.float64), (-1.0,))
    view.register_forward_hook(lambda *_: None)
    view[0].eval()
    assert before == {name: (id(part), part.training) for name, part in module.named_modules()}
    assert all(torch.equal(tensor, values[name]) for name, tensor in module.named_parameters())
    assert not module._forward_hooks
    assert not module[0][0]._forward_pre_hooks
    assert view[2] is module[2]


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_input_shift(check):
    check()


@pytest.mark.parametrize(
    ("layer", "one"), [(nn.Conv1d(2, 3, 3, padding=1), (2, 9)), (nn.Conv3d(1, 2, 3, padding=1), (1, 5, 5, 5))]
)
def test_convolutions_of_one_and_three_axes_take_a_shift_back(layer, one):
    assert_takes_back(lambda: nn.Sequential(layer, nn.Tanh()), *one)


def test_affine_steps_before_the_layer_are_followed():
    module = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, padding=1), nn.Tanh())
    module[0].running_mean.copy_(torch.tensor([0.1, 0.5, 2.0]))
    module[0].running_var.copy_(torch.tensor([0.2, 3.0, 0.7]))
    assert_takes_back(lambda: module, 3, 8, 8)


def test_a_module_without_such_layers_has_no_first_one():
    module = nn.Sequential(nn.Flatten(), nn.Tanh())
    assert input_shift.first_layer(module, lambda: module(torch.rand(1, 3))) is None


def test_hooks_are_taken_off_after_an_error_too():
    module = nn.Sequential(nn.Linear(3, 3))

    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        input_shift.first_layer(module, fail)
    assert not module[0]._forward_pre_hooks
    assert not module[0]._forward_hooks
