import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.core.errors import CapabilityError
from xaivision.engines import operation_tape


class Winding(nn.Module):
    """Control flow that looks at shapes, a layer used twice, work in place, functions and operators."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        found = self.layer(x)
        F.relu(found, inplace=True)
        if x.ndim == 2 and len(x) > 0:
            found = self.layer(found)
        found += x
        return self.head(found)


def check_every_operation_is_written_down_with_its_numbers_of_the_moment():
    module, inputs = seeded(Winding), drawn((2, 4), 0)
    with torch.no_grad():
        tape = operation_tape.recorded(module, inputs)
        first = module.layer(inputs)
        second = module.layer(first.relu())
    assert [call.name for call in tape.calls] == ["linear", "relu", "linear", "add", "linear"]
    numbers = [call.inputs[0].tensor for call in tape.calls]
    for found, expected in zip(numbers, (inputs, first, first.relu(), second, second + inputs), strict=True):
        torch.testing.assert_close(found, expected)
    assert tape.calls[3].inputs == (tape.calls[2].outputs[0], tape.inputs)
    assert tape.scores is tape.calls[-1].outputs[0]
    assert tape.inputs.consumers == 2
    torch.testing.assert_close(tape.result, module(inputs).detach())


def check_a_call_can_be_made_again_with_other_tensors():
    tape = operation_tape.recorded(lambda x: torch.cat([x, 2 * x], dim=1), drawn((1, 3), 0))
    other = drawn((1, 3), 5)
    call = tape.calls[-1]
    assert call.name == "cat"
    torch.testing.assert_close(call.again(lambda value: other if value is tape.inputs else -other), torch.cat([other, -other], 1))


def check_shape_and_dtype_of_another_tensor_are_no_dependence():
    def run(x):
        constant = torch.ones(3).to(x) + torch.zeros_like(x)
        return x * constant

    tape = operation_tape.recorded(run, drawn((1, 3), 0))
    assert [call.name for call in tape.calls] == ["mul"]
    assert tape.calls[0].inputs == (tape.inputs,)


def check_code_out_of_sight_is_refused():
    linear = seeded(lambda: nn.Linear(3, 3))
    hidden = HiddenSum()
    for run in (hidden, lambda x: linear(x) + hidden(x)):
        with refused("Every operation of the network must be one that can be seen"):
            operation_tape.recorded(run, drawn((1, 3), 0))


def check_what_is_overwritten_through_a_view_is_refused_or_kept():
    def used_afterwards(x):
        found = x * 2
        found.view(-1).relu_()
        return found + 1

    with refused("must not be overwritten through a view"):
        operation_tape.recorded(used_afterwards, drawn((1, 3), 0) - 0.5)

    def kept(x):
        found = x * 2
        return found.view(-1).relu_().view(1, 3)

    inputs = drawn((1, 3), 0) - 0.5
    tape = operation_tape.recorded(kept, inputs)
    torch.testing.assert_close(tape.calls[0].outputs[0].tensor, inputs * 2)


class HiddenSum(nn.Module):
    """Computes with torch's functions switched off, as code that no function mode sees."""

    def forward(self, x):
        with torch._C.DisableTorchFunction():
            return x.cumsum(1)


class refused:
    """Like `pytest.raises`, whose own failure is no AssertionError."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _trace):
        assert kind is not None, f"nothing was refused with: {self.text}"
        assert issubclass(kind, CapabilityError), repr(error)
        assert self.text in str(error)
        return True


def test_every_operation_is_written_down_with_its_numbers_of_the_moment():
    check_every_operation_is_written_down_with_its_numbers_of_the_moment()


def test_a_call_can_be_made_again_with_other_tensors():
    check_a_call_can_be_made_again_with_other_tensors()


def test_shape_and_dtype_of_another_tensor_are_no_dependence():
    check_shape_and_dtype_of_another_tensor_are_no_dependence()


def test_code_out_of_sight_is_refused():
    check_code_out_of_sight_is_refused()


def test_what_is_overwritten_through_a_view_is_refused_or_kept():
    check_what_is_overwritten_through_a_view_is_refused_or_kept()


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_scripted_modules_are_refused_and_exported_programs_are_followed():
    module, inputs = seeded(lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))), drawn((2, 3), 0)
    with pytest.raises(CapabilityError, match="can be seen"):
        operation_tape.recorded(torch.jit.trace(module, inputs), inputs)
    exported = torch.export.export(module, (inputs,)).module()
    tape = operation_tape.recorded(exported, inputs)
    assert [call.name for call in tape.calls] == ["linear", "relu", "linear"]


def test_scores_that_do_not_follow_from_the_inputs_are_refused():
    with pytest.raises(CapabilityError, match="must follow from the inputs"):
        operation_tape.recorded(lambda x: torch.ones(len(x), 2), drawn((2, 3), 0))


def test_neither_inputs_nor_module_are_changed():
    module, inputs = seeded(Winding), drawn((2, 4), 0)
    before = inputs.clone(), [parameter.detach().clone() for parameter in module.parameters()]
    operation_tape.recorded(module, inputs)
    assert torch.equal(inputs, before[0])
    assert all(torch.equal(*pair) for pair in zip(module.parameters(), before[1], strict=True))
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not inputs.requires_grad


def check_a_watcher_is_told_of_every_call_with_its_live_tensors():
    module, inputs, told = seeded(Winding), drawn((2, 4), 0), []
    tape = operation_tape.recorded(module, inputs, lambda call, results: told.append((call, results)))
    assert [call for call, _ in told] == tape.calls
    for call, results in told:
        assert [tuple(result.shape) for result in results] == [tuple(value.shape) for value in call.outputs]
        assert all(result.requires_grad for result in results)
    torch.testing.assert_close(told[-1][1][0].detach(), tape.result)


def test_a_watcher_is_told_of_every_call_with_its_live_tensors():
    check_a_watcher_is_told_of_every_call_with_its_live_tensors()
