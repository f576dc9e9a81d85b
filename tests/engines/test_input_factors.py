"""Masks, gates and products of maps are told apart by what the operations were given."""

import pytest
import torch
from torch import nn

from xaivision.engines import input_factors


class Handmade(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.maximum(0 * x, x)

    @staticmethod
    def backward(context, gradient):
        return gradient * (context.saved_tensors[0] > 0)


def maps():
    return torch.rand(1, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


WEIGHT = torch.full((2, 2, 1, 1), 0.3, dtype=torch.float64)
# What is done to the maps, and the names that are found of it: cut, products, squashing.
NETWORKS = {
    "a mask": (lambda x: x * (x > 0.5), ("mul",), (), ()),
    "a mask in numbers": (lambda x: x * (x > 0.5).double(), ("mul",), ("mul",), ()),
    "a choice": (lambda x: torch.where(x > 0.5, x, 0.0), ("where",), (), ()),
    "a detached shift": (lambda x: x - x.detach().mean(), ("sub",), (), ()),
    "a gradient of its own": (lambda x: Handmade.apply(x) + 1, (), (), ()),
    "a constant mask": (lambda x: x * (WEIGHT[0, 0, 0, 0] > 0), (), (), ()),
    "a square": (lambda x: x * x, (), ("mul",), ()),
    "silu": (lambda x: x * torch.sigmoid(x), (), ("mul",), ()),
    "swish": (lambda x: torch.sigmoid(1.7 * x + 0.1) * x, (), ("mul",), ()),
    "two layers": (lambda x: nn.functional.conv2d(x, WEIGHT) * x, (), ("mul",), ()),
    "a gate of its own layer": (lambda x: x * torch.sigmoid(nn.functional.conv2d(x, WEIGHT)), (), (), ()),
    "a gate for each channel": (lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True)), (), (), ()),
    "a sigmoid": (lambda x: torch.sigmoid(x) + 0, (), (), ("sigmoid",)),
    "a sigmoid of the scores": (torch.sigmoid, (), (), ()),
}


def check_factors_are_named_by_what_they_are(names=tuple(NETWORKS)):
    for name in names:
        network, *expected = NETWORKS[name]
        found = input_factors.input_factors(network, maps())
        assert found is not None, name
        assert tuple(found) == tuple(expected), name


@pytest.mark.parametrize("name", NETWORKS)
def test_factors_are_named_by_what_they_are(name):
    check_factors_are_named_by_what_they_are((name,))


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning", "ignore:.*torch.jit:DeprecationWarning")
def test_what_cannot_be_seen_is_not_told():
    scripted = torch.jit.trace(nn.Conv2d(2, 2, 1), maps().float())
    assert input_factors.input_factors(lambda x: scripted(x) * 2, maps().float()) is None
