"""A graph is the module's own forward pass, read without touching it."""

from threading import Event, Thread

import pytest
import torch
from graph_networks import Written, data_dependent, refusal, relu_twice, sample, without_gradients
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.engines import module_graph


class Writing(nn.Module):
    """Keeps what it saw last, takes an optional mask, and is given by no torch module."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers, self.last = layers, None
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.register_buffer("shift", torch.tensor(0.5))

    def forward(self, inputs, mask=None, *, twice=False):
        self.last = inputs
        if mask is not None:
            inputs = inputs * mask
        return self.layers(inputs) * self.scale + self.shift if not twice else inputs


def check_a_view_computes_the_same_and_shares_every_tensor():
    net = Writing(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 2)))
    net.train()
    flags = {name: part.training for name, part in net.named_modules()}
    view = module_graph.traced(net)
    inputs = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    assert net.last is None
    assert {name: part.training for name, part in net.named_modules()} == flags
    assert torch.equal(view(inputs), net.eval()(inputs))
    assert {id(tensor) for tensor in view.parameters()} == {id(tensor) for tensor in net.parameters()}
    assert {id(tensor) for tensor in view.buffers()} == {id(tensor) for tensor in net.buffers()}
    assert not {id(part) for part in view.modules()} & {id(part) for part in net.modules()}


def check_operations_say_what_they_compute_and_where():
    found = module_graph.operations(module_graph.traced(Written(relu_twice)))
    assert [str(operation) for operation in found] == [
        "Conv2d at `first`",
        "ReLU at `relu`",
        "Conv2d at `second`",
        "ReLU at `relu`",
        "mean at `mean`",
        "Linear at `head`",
    ]
    assert [operation.kind for operation in found].count("module") == 5
    assert [operation.node for operation in found][1:4:2] == ["relu", "relu_1"]


def check_operations_without_gradients_are_marked():
    found = module_graph.operations(module_graph.traced(Written(without_gradients)))
    assert [operation.computes for operation in found if operation.gradients_off] == ["Conv2d", "sigmoid"]


def check_a_refusal_names_the_line():
    said = refusal(lambda: module_graph.traced(Written(data_dependent)))
    assert "decides by its data" in said
    assert "of graph_networks.py, `if maps.sum() > 0:`" in said


def test_a_view_computes_the_same_and_shares_every_tensor():
    check_a_view_computes_the_same_and_shares_every_tensor()


def test_operations_say_what_they_compute_and_where():
    check_operations_say_what_they_compute_and_where()


def test_operations_without_gradients_are_marked():
    check_operations_without_gradients_are_marked()


def test_a_pass_that_depends_on_the_data_is_refused_with_its_line():
    check_a_refusal_names_the_line()


def test_hooks_and_settings_on_the_view_leave_the_module_alone():
    net = Written(relu_twice)
    view = module_graph.traced(net)
    view.get_submodule("relu").register_forward_hook(lambda *_: 1 / 0)
    view.get_submodule("relu").inplace = True
    assert net.relu.inplace is False
    assert torch.isfinite(net(sample())).all()


def test_a_bare_layer_has_a_graph_of_one_module():
    layer = nn.Linear(3, 2)
    view = module_graph.traced(layer)
    assert [operation.computes for operation in module_graph.operations(view)] == ["Linear"]
    assert torch.equal(view(torch.ones(1, 3)), layer(torch.ones(1, 3)))


def test_a_module_that_holds_what_cannot_be_copied_is_refused():
    net = Written(relu_twice)
    net.stream = (number for number in ())
    with pytest.raises(CapabilityError, match="cannot be copied"):
        module_graph.traced(net)


def test_a_second_input_that_is_read_is_refused():
    class Two(nn.Module):
        def forward(self, inputs, **more):
            return inputs * more["scale"]

    with pytest.raises(CapabilityError, match="besides the inputs"):
        module_graph.traced(Two())


def test_writing_into_a_part_of_a_tensor_is_refused_in_plain_words():
    def write(net, maps):
        maps[:, 0] = 0
        return maps

    with pytest.raises(CapabilityError, match="a traced tensor does not support item assignment in line"):
        module_graph.traced(Written(write))


def test_another_thread_may_call_a_module_meanwhile():
    """Tracing replaces the call of every module in the process: other threads must not notice."""
    other, started, done = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), Event(), Event()
    found = []

    def call():
        started.wait()
        found.append(other(torch.ones(1, 2)))
        done.set()

    class Waiting(nn.Module):
        def forward(self, inputs):
            started.set()
            assert done.wait(20)
            return inputs + 1

    thread = Thread(target=call)
    thread.start()
    view = module_graph.traced(Waiting())
    thread.join()
    assert torch.equal(found[0], other(torch.ones(1, 2)))
    assert [operation.computes for operation in module_graph.operations(view)] == ["add"]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_callers_modes_do_not_matter(mode):
    with mode():
        view = module_graph.traced(Written(relu_twice))
    assert not any(operation.gradients_off for operation in module_graph.operations(view))
