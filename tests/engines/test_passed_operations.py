from collections import Counter

import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.engines import passed_operations


class Route(nn.Module):
    """Rectified where the first number is small, else not; twice the maxima of neighbors either way."""

    def __init__(self):
        super().__init__()
        self.line, self.act, self.pool = nn.Linear(4, 6), nn.ReLU(), nn.MaxPool1d(2)

    def forward(self, rows):
        lifted = self.line(rows)
        lifted = self.act(lifted) if float(rows[0, 0]) < 0.5 else F.silu(lifted) * 2
        return self.pool(lifted[:, None])[:, 0]


def passes_of(module, *batches):
    found = []
    with passed_operations.passes_watched(module, found.append):
        for rows in batches:
            module(rows)
    return found


def rows(first, count=2):
    found = drawn((count, 4), 0)
    found[:, 0] = first
    return found


def check_operations_are_those_of_each_pass():
    module = seeded(Route)
    found = passes_of(module, rows(0.1), rows(0.9, 3), rows(0.2, 1))
    low, high = Counter(ReluBackward=1, MaxPool=1), Counter(SiluBackward=1, MulBackward=1, MaxPool=1)
    assert found == [low, high, low]


def check_an_operation_that_two_branches_rest_on_is_counted_once():
    class Fork(Route):
        def forward(self, given):
            lifted = self.act(self.line(given))
            return lifted.exp() + lifted.tanh()

    assert passes_of(seeded(Fork), rows(0.1)) == [Counter(ReluBackward=1, ExpBackward=1, TanhBackward=1)]


@pytest.mark.parametrize("check", [found for name, found in sorted(vars().items()) if name.startswith("check_")])
def test_passes_are_told_by_what_they_do(check):
    check()


def test_passes_without_a_gradient_are_not_told_and_no_hook_stays():
    module = seeded(Route)
    with torch.no_grad():
        assert passes_of(module, rows(0.1)) == []
    assert not module._forward_hooks
