"""The structure of a module tells whether what was found out about it still holds."""

import torch
from torch import nn

from xaivision.core.structure import module_structure


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
