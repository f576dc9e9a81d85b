"""Cycles: the best one is kept, and what was written is not learned again."""

import pytest
import torch

from xaivision.models.cycle_file import CycleFile
from xaivision.models.cycle_lesson import run_cycles

LOSSES = [3.0, 1.0, 2.0, 1.0]


@pytest.fixture
def network():
    one = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(one.weight)
    return one


def cycles(network, asked):
    """Each adds 1 to the weight, and tells its own number."""

    def one(cycle):
        asked.append(cycle)
        with torch.no_grad():
            network.weight.add_(1.0)
        return LOSSES[cycle], (float(cycle),)

    return one


def test_the_last_of_the_cycles_with_the_lowest_loss_is_kept(network):
    assert run_cycles(network, 4, cycles(network, []), None) == (LOSSES, [0.0, 1.0, 2.0, 3.0])
    assert float(network.weight.detach()) == 4.0


def test_a_worse_cycle_is_undone(network):
    run_cycles(network, 3, cycles(network, []), None)
    assert float(network.weight.detach()) == 2.0


def test_cycles_that_are_kept_are_not_run_again(network, tmp_path):
    file, asked = CycleFile.within(tmp_path / "new" / "here", "it", "key"), []
    assert file.path == tmp_path / "new" / "here" / "it.safetensors"
    run_cycles(network, 2, cycles(network, asked), file)
    with torch.no_grad():
        network.weight.fill_(50.0)
    assert run_cycles(network, 3, cycles(network, asked), file) == (LOSSES[:3], [0.0, 1.0, 2.0])
    assert asked == [0, 1, 2]
    assert float(network.weight.detach()) == 2.0


def test_without_a_folder_nothing_is_kept():
    assert CycleFile.within(None, "it", "key") is None
