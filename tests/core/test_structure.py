"""The structure of a module tells whether what was found out about it still holds."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from xaivision.core import structure
from xaivision.core.structure import module_structure, walked_once


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))


def test_values_and_modes_are_no_change():
    net = network()
    before = module_structure(net)
    with torch.no_grad():
        net[0].weight.mul_(2)
    net.eval()
    assert module_structure(net) == before


def test_parts_tensors_hooks_and_settings_are():
    changes = (
        lambda net: setattr(net[2], "p", 0.1),
        lambda net: net.__setitem__(2, nn.ReLU()),
        lambda net: net.append(nn.ReLU()),
        lambda net: net[1].double(),
        lambda net: net[0].register_forward_hook(lambda *_: None),
        lambda net: setattr(net[1], "track_running_stats", False),
    )
    for change in changes:
        net = network()
        before = module_structure(net)
        change(net)
        assert module_structure(net) != before


@pytest.mark.parametrize(
    "register",
    ["register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook"],
)
@pytest.mark.parametrize("keywords", [False, True])
def test_every_hook_that_a_pass_runs_is_a_change_until_it_is_taken_off(register, keywords):
    net = network()
    before = module_structure(net)
    told = {"with_kwargs": True} if keywords and "forward" in register else {}
    handle = getattr(net[0], register)(lambda *_: None, **told)
    assert module_structure(net) != before
    handle.remove()
    assert module_structure(net) == before


def test_settings_in_tuples_are_looked_at_and_tensors_that_are_no_buffers_are_no_obstacle():
    net = network()
    net[0].stride, net[0].table, net[0].names = (1, 2), torch.zeros(3), []
    before = module_structure(net)
    net[0].table.add_(1)
    assert module_structure(net) == before
    net[0].stride = (1, 3)
    assert module_structure(net) != before


def test_a_part_under_another_name_and_a_setting_that_moves_to_another_part_are_changes():
    first, second = nn.Module(), nn.Module()
    net = nn.Module()
    net.a, net.b = first, second
    first.scale = 2
    before = module_structure(net)
    del net.b
    net.c = second
    renamed = module_structure(net)
    del first.scale
    second.scale = 2
    assert len({before, renamed, module_structure(net)}) == 3


def test_functions_and_containers_are_changes_only_where_it_is_looked_at_closely():
    net = network()
    before, closely = module_structure(net), module_structure(net, closely=True)
    net[2].table = [1, 2]
    assert module_structure(net) == before
    assert module_structure(net, closely=True) != closely


class Slotted:
    __slots__ = ("gelu",)

    def __init__(self, gelu):
        self.gelu = gelu


@pytest.mark.parametrize("make", [SimpleNamespace, Slotted, lambda gelu: SimpleNamespace(inner=Slotted(gelu), itself=None)])
def test_a_setting_inside_an_object_is_a_change_where_it_is_looked_at_closely(make):
    net = network()
    net[2].config = config = make(gelu=False)
    inner = config
    if hasattr(config, "itself"):
        config.itself, inner = config, config.inner  # an object that holds itself is no obstacle
    before = module_structure(net, closely=True)
    assert module_structure(net, closely=True) == before
    inner.gelu = True
    assert module_structure(net, closely=True) != before


def test_a_module_is_walked_once_inside_and_anew_for_each_question():
    net = network()
    with walked_once():
        before = module_structure(net)
        net[2].p = 0.1
        assert module_structure(net) is before
        assert module_structure(network()) != before
        with walked_once():
            within = module_structure(net)
        assert module_structure(net) is before
    assert within != before
    assert module_structure(net) == within


def test_what_is_looked_at_closely_is_never_an_older_walk():
    net = network()
    with walked_once():
        module_structure(net)
        before = module_structure(net, closely=True)
        net[1].running_mean.add_(1)
        assert module_structure(net, closely=True) != before


def test_nothing_is_remembered_after_an_error():
    net = network()

    def breaks():
        with walked_once():
            module_structure(net)
            raise RuntimeError("broken")

    before = module_structure(net)
    with pytest.raises(RuntimeError, match="broken"):
        breaks()
    net[2].p = 0.1
    assert module_structure(net) != before
    assert structure._walked.get() is None


def test_another_class_for_the_same_part_is_a_change():
    class Doubling(nn.Linear):
        def forward(self, rows):
            return 2 * super().forward(rows)

    net = network()
    before = module_structure(net)
    net[0].__class__ = Doubling
    assert module_structure(net) != before
    net[0].__class__ = nn.Linear
    assert module_structure(net) == before
