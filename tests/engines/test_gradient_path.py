"""What lies between input and scores, told without reading the code."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from xaivision.engines import gradient_path
from xaivision.engines.gradient_path import Step


class Written(nn.Module):
    """A convolution, whatever `between` does, and a linear head."""

    def __init__(self, between, **parts):
        super().__init__()
        self.first, self.head, self.between = nn.Conv2d(2, 3, 3, padding=1), nn.Linear(3, 2), between
        for name, part in parts.items():
            self.add_module(name, part)
        self.eval()

    def forward(self, inputs):
        return self.head(self.between(self, self.first(inputs)).mean((2, 3)))


class Swish(nn.Module):
    def forward(self, maps):
        return maps * maps.sigmoid()


class Doubled(nn.ReLU):
    def forward(self, maps):
        return 2 * super().forward(maps)


def steps_of(module, shape=(1, 2, 6, 6)):
    return gradient_path.gradient_path(module, module, torch.rand(shape, generator=torch.Generator().manual_seed(0)))


def curved(module, shape=(1, 2, 6, 6)):
    return [step for step in steps_of(module, shape) if not step.linear]


def check_an_activation_module_is_named_with_its_place():
    for part in (nn.ReLU(), nn.ReLU(inplace=True), nn.SiLU(), nn.GELU(), nn.ReLU6(), nn.Sigmoid(), nn.MaxPool2d(2), nn.PReLU()):
        found = curved(Written(lambda net, maps: net.act(maps), act=part))
        assert len(found) == 1
        step = found[0]
        assert step == Step(type(part).__name__, False, "act", type(part), alone=True, follows="first")
        assert str(step) == f"{type(part).__name__} at `act`"


def check_a_function_is_no_module():
    assert curved(Written(lambda net, maps: F.relu(maps))) == [Step("relu", False, "", Written, follows="first")]
    assert curved(Written(lambda net, maps: F.silu(maps))) == [Step("silu", False, "", Written, follows="first")]


def check_a_module_that_is_called_twice_does_nothing_alone():
    found = curved(Written(lambda net, maps: net.act(net.act(maps) - 1), act=nn.ReLU()))
    assert [(step.operation, step.path, step.alone) for step in found] == [("relu", "act", False)] * 2


def check_a_module_that_does_more_does_nothing_alone():
    found = curved(Written(lambda net, maps: net.act(maps), act=Swish()))
    assert [(step.operation, step.path, step.alone) for step in found] == [("sigmoid", "act", False), ("mul", "act", False)]
    assert [step.alone for step in curved(Written(lambda net, maps: net.act(maps), act=Doubled()))] == [False]


def check_products_of_what_depends_on_the_input_are_not_linear():
    gate = Written(lambda net, maps: maps * net.gate(maps), gate=nn.Conv2d(3, 3, 1))
    assert [step.operation for step in curved(gate)] == ["mul"]
    assert [step.operation for step in curved(Written(lambda net, maps: maps * maps))] == ["mul"]
    assert [step.operation for step in curved(Written(lambda net, maps: 1 / (maps + 9)))] == ["reciprocal"]
    assert [step.operation for step in curved(Written(lambda net, maps: maps / (maps + 9)))] == ["div"]
    assert [step.operation for step in curved(Written(lambda net, maps: maps @ maps))] == ["bmm"]


def check_what_is_linear_is_called_so():
    def between(net, maps):
        maps = F.pad(net.norm(maps) * 3 / 7 - 1, (1, 1, 1, 1)) @ torch.ones(8, 8)
        maps = torch.cat([maps, maps.flip(1)], 1).view(1, 2, 3, 8, 8).permute(0, 2, 1, 3, 4)[:, :, 0]
        return F.interpolate(F.avg_pool2d(F.dropout(maps, 0.5, False), 2), scale_factor=2) + maps

    module = Written(between, norm=nn.BatchNorm2d(3))
    assert curved(module) == []
    assert {"Conv2d", "cat", "BatchNorm2d"} <= {step.operation for step in steps_of(module)}


def check_statistics_of_the_batch_are_not_linear():
    norm = nn.BatchNorm2d(3, track_running_stats=False)
    found = curved(Written(lambda net, maps: net.norm(maps), norm=norm), (2, 2, 6, 6))
    assert found == [Step("BatchNorm2d", False, "norm", nn.BatchNorm2d, alone=True, follows="first")]


def check_only_what_the_gradient_passes_is_told():
    module = Written(lambda net, maps: maps + F.silu(torch.ones(1, requires_grad=True)) + F.gelu(maps).detach())
    assert curved(module) == []


def check_steps_come_in_order_from_the_input_on():
    module = Written(lambda net, maps: maps + net.b(net.a(maps)), a=nn.Tanh(), b=nn.Sigmoid())
    assert [step.operation for step in curved(module)] == ["Tanh", "Sigmoid"]
    assert steps_of(module)[-1].path == "head"


def check_it_is_told_whose_output_an_operation_works_on():
    parts = {"a": nn.ReLU(), "b": nn.Sigmoid(), "c": nn.Conv2d(3, 3, 1), "d": nn.Tanh()}
    found = curved(Written(lambda net, maps: net.d(net.c(net.b(net.a(maps)))), **parts))
    assert [(step.path, step.follows) for step in found] == [("a", "first"), ("b", "a"), ("d", "c")]
    between = curved(Written(lambda net, maps: net.b(net.a(maps).clone()), a=nn.ReLU(), b=nn.Sigmoid()))
    assert [step.follows for step in between] == ["first", ""]


def check_it_is_told_where_others_work_on_the_same():
    parts = {"a": nn.ReLU(), "b": nn.Sigmoid()}
    assert [step.shares_input for step in curved(Written(lambda net, maps: net.b(net.a(maps)), **parts))] == [False, False]
    beside = curved(Written(lambda net, maps: net.b(maps) + net.a(maps), **parts))
    assert [step.shares_input for step in beside] == [True, True]
    assert [step.shares_input for step in curved(Written(lambda net, maps: maps + net.a(maps), **parts))] == [True]


def check_a_cut_gradient_passes_nothing():
    assert steps_of(Written(lambda net, maps: maps.detach())) == ()
    with torch.no_grad():
        assert steps_of(nn.Sequential(nn.Flatten(), nn.Linear(72, 2))) != ()


def check_no_hook_stays():
    module = Written(lambda net, maps: net.act(maps), act=nn.ReLU())
    steps_of(module)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


@pytest.mark.parametrize("check", [found for name, found in sorted(vars().items()) if name.startswith("check_")])
def test_the_path_of_the_gradient(check):
    check()


def test_hooks_are_gone_after_an_error():
    def broken(_net, _maps):
        raise RuntimeError("broken")

    module = Written(broken)
    with pytest.raises(RuntimeError, match="broken"):
        steps_of(module)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


def test_a_module_with_a_backward_hook_is_still_alone():
    part = nn.ReLU()
    part.register_full_backward_hook(lambda *_: None)
    assert [step.alone for step in curved(Written(lambda net, maps: net.act(maps), act=part))] == [True]


def test_what_another_hook_makes_of_an_output_is_the_modules_own():
    part = nn.ReLU()
    part.register_forward_hook(lambda _part, _given, output: output * output)
    assert [step.alone for step in curved(Written(lambda net, maps: net.act(maps), act=part))] == [False, False]


def test_unruled_steps_are_neither_linear_nor_done_alone_by_a_module_with_a_rule():
    steps = (
        Step("conv", True),
        Step("ReLU", False, "a", nn.ReLU, alone=True),
        Step("relu", False, "b", nn.ReLU),
        Step("mul", False),
    )
    assert gradient_path.unruled(steps, lambda kind: kind is nn.ReLU) == steps[2:]
    assert gradient_path.unruled(steps, lambda kind: False) == steps[1:]
