"""The module of a function computes what the function does."""

import pytest
import torch
from graph_networks import FUNCTIONS
from torch import nn
from torch.nn import functional as F

from xaivision.engines import module_forms
from xaivision.engines.module_graph import traced


class Calling(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        return self.function(inputs)


def form_of(function):
    (node,) = [node for node in traced(Calling(function)).graph.nodes if node.op in ("call_function", "call_method")]
    return module_forms.module_for(node)


def maps():
    return torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(5))


def check_a_form_computes_what_its_function_does(name):
    function, kind = FUNCTIONS[name]
    form = form_of(function)
    assert type(form) is kind
    assert torch.equal(form.eval()(maps()), function(maps()))
    assert not getattr(form, "inplace", False)


def check_only_what_cuts_at_zero_is_relu_by_another_name():
    same = (
        lambda x: x.clamp(min=0),
        lambda x: torch.clip(x, 0.0),
        lambda x: x.clamp_min(0),
        lambda x: F.threshold(x, 0, 0),
        lambda x: torch.maximum(x, torch.zeros(())),
    )
    other = (
        lambda x: x.clamp(0, 1),
        lambda x: x.clamp(min=0.1),
        lambda x: x.clamp(max=0),
        lambda x: x.clamp_min(-1),
        lambda x: torch.maximum(x, torch.ones(())),
    )
    assert [type(form_of(function)) for function in same] == [nn.ReLU] * len(same)
    assert [type(form_of(function)) for function in other] == [type(None)] * len(other)
    assert type(form_of(lambda x: F.threshold(x, 0.1, 0))) is nn.Threshold


def test_only_what_cuts_at_zero_is_relu_by_another_name():
    check_only_what_cuts_at_zero_is_relu_by_another_name()


def check_dropout_that_is_on_has_no_form():
    assert form_of(lambda x: F.dropout(x, 0.5)) is None
    assert form_of(lambda x: torch.dropout(x, 0.5, True)) is None


def check_softmax_in_another_dtype_has_no_form():
    assert form_of(lambda x: F.softmax(x, 1, dtype=torch.float64)) is None
    assert form_of(lambda x: torch.softmax(x, 1, torch.float64)) is None


def test_softmax_in_another_dtype_has_no_form():
    check_softmax_in_another_dtype_has_no_form()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_form_computes_what_its_function_does(name):
    check_a_form_computes_what_its_function_does(name)


def test_dropout_that_is_on_has_no_form():
    check_dropout_that_is_on_has_no_form()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.interpolate(x, scale_factor=2.0),
        lambda x: x.clamp(min=0.1),
    ],
)
def test_what_no_module_computes_has_no_form(function):
    assert form_of(function) is None


def test_a_setting_that_is_computed_on_the_way_has_no_form():
    nodes = traced(Calling(lambda x: F.avg_pool2d(x, x.shape[-1]))).graph.nodes
    (node,) = [node for node in nodes if node.name.startswith("avg_pool")]
    assert module_forms.module_for(node) is None


def test_every_form_is_a_module_of_torch_that_takes_what_its_function_is_told():
    for name, form in module_forms.FORMS.items():
        assert form.module.__module__.startswith("torch.nn"), name
        settled = {"training", "_stacklevel", "dtype"}
        assert set(form.takes) - settled <= set(form.module.__init__.__annotations__) | {"inplace"}, name
