"""What a network did with its inputs, operation by operation, written down while it did it.

One pass of the module as it is, with its control flow, reused layers and functional operations: nothing has to be traced
beforehand, and nothing of the module is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from xaivision.core.errors import CapabilityError

# They take the shape, the dtype or the device of another tensor, and none of its numbers.
BY_EXAMPLE = frozenset({"to", "type_as", "view_as", "reshape_as", "expand_as"})
LIKE = frozenset(
    {*(f"{kind}_like" for kind in ("zeros", "ones", "full", "empty", "rand", "randn")), "new_zeros", "new_ones", "new_full"}
    | {"new_empty", "new_tensor"}
)
# What `x += y` and its kind are called.
IN_PLACE_BY_OPERATOR = ("iadd", "isub", "imul", "itruediv", "setitem")


class Value:
    """A tensor that follows from the inputs, with the operation that made it and the number of those that use it."""

    def __init__(self, tensor: Tensor, producer: Call | None = None) -> None:
        self.producer = producer
        self.consumers = 0
        self._tensor = tensor.detach()
        self._version = tensor._version

    @property
    def shape(self) -> torch.Size:
        return self._tensor.shape

    @property
    def is_floating(self) -> bool:
        return self._tensor.is_floating_point()

    @property
    def tensor(self) -> Tensor:
        """The numbers of the moment it was made.

        Raises: CapabilityError, where they were overwritten behind the tape's back.
        """
        if self._tensor._version != self._version:
            raise _overwritten()
        return self._tensor

    def keep(self) -> None:
        """Take a copy: its memory is about to be overwritten."""
        if self._tensor._version == self._version:
            self._tensor = self._tensor.clone()
            self._version = self._tensor._version


class Call(NamedTuple):
    """One call of a function of torch. Values stand in `args` and `kwargs` where tensors that follow from the inputs stood."""

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: tuple[Value, ...]
    outputs: list[Value]

    def again(self, replaced: Callable[[Value], Tensor]) -> Any:
        """What the function gives for other tensors in the places of the values."""
        return self.function(*_mapped(self.args, Value, replaced), **_mapped(self.kwargs, Value, replaced))


class Tape(NamedTuple):
    """From the `inputs` to the `scores`, in the order of the calls. `result` is what the network returned."""

    inputs: Value
    scores: Value
    calls: list[Call]
    result: Tensor


# Told of each call, with the tensors that it gave or changed, their graphs included, in the order of its `outputs`.
Watch = Callable[[Call, list[Tensor]], None]


def recorded(run: Callable[[Tensor], Tensor], inputs: Tensor, watch: Watch | None = None) -> Tape:
    """The tape of `run(inputs)`, which maps (B, *S) to (B, K). `watch` is told of each call as soon as it is done.

    Raises: CapabilityError, where the scores come from code that cannot be seen, such as scripted or compiled modules, or
    tensors are overwritten through views of them.
    """
    with torch.enable_grad():  # autograd knows of tensors that come from code the tape does not see
        leaf = inputs.detach().clone().requires_grad_()
        with _Recorder(leaf, watch) as recorder:
            result = run(leaf)
    if recorder.objection is not None:
        raise recorder.objection
    value = recorder.known(result)
    if value is None:
        raise _unseen("The scores come") if result.grad_fn is not None else _cut()
    return Tape(recorder.inputs, value, recorder.calls, result.detach())


def operation_name(function: Any) -> str:
    """The plain name of a function of torch, whether it works in place, by an operator or as one overload of several."""
    name = str(getattr(function, "__name__", function))
    if name == "__get__":
        name = str(getattr(function.__self__, "__name__", name))
    return name.split(".")[0].strip("_")


def tensors_in(found: Any) -> Iterator[Tensor]:
    """Every tensor in nested tuples, lists and dictionaries."""
    if isinstance(found, Tensor):
        yield found
    elif isinstance(found, list | tuple):
        for part in found:
            yield from tensors_in(part)
    elif isinstance(found, dict):
        yield from tensors_in(list(found.values()))


class _Recorder(TorchFunctionMode):
    """Sees every call of a function of torch in this thread while it is entered."""

    def __init__(self, leaf: Tensor, watch: Watch | None = None) -> None:
        super().__init__()
        self.watch = watch
        self.inputs = Value(leaf)
        self.calls: list[Call] = []
        # Raised when all is done: operators of Python take a TypeError for "not my type", and say something else.
        self.objection: CapabilityError | None = None
        # Tensors are kept with what is known of them: the number of a freed one would be given to another.
        self._values: dict[int, tuple[Tensor, Value, int]] = {}
        self._constants: dict[int, Tensor] = {}
        self._memory: dict[int, list[Value]] = {}
        self.remember(leaf, self.inputs)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _written_down(self, func, args, kwargs or {})

    def known(self, tensor: Tensor) -> Value | None:
        return self._values[id(tensor)][1] if id(tensor) in self._values else None

    def remember(self, tensor: Tensor, value: Value) -> None:
        self._values[id(tensor)] = tensor, value, tensor._version
        self._memory.setdefault(_memory_of(tensor), []).append(value)

    def is_overwritten(self, tensor: Tensor) -> bool:
        """Whether it changed since it was written down, which happens through views of it."""
        return id(tensor) in self._values and self._values[id(tensor)][2] != tensor._version

    def remember_constants(self, output: Any) -> None:
        self._constants.update((id(tensor), tensor) for tensor in tensors_in(output))

    def is_unseen(self, tensor: Tensor) -> bool:
        """Whether it was computed, and not by anything that was seen."""
        return tensor.grad_fn is not None and id(tensor) not in self._values and id(tensor) not in self._constants

    def keep_all(self, tensor: Tensor) -> None:
        """Copy whatever lies in the tensor's memory."""
        for value in self._memory.pop(_memory_of(tensor), []):
            value.keep()


def _written_down(recorder: _Recorder, function: Any, args: Any, kwargs: Any) -> Any:
    tensors = list(tensors_in((args, kwargs)))
    name = operation_name(function)
    read = [] if name in LIKE else tensors[:1] if name in BY_EXAMPLE else tensors
    inputs = {id(tensor): value for tensor in read if (value := recorder.known(tensor)) is not None}
    if not inputs:
        output = function(*args, **kwargs)
        recorder.remember_constants(output)
        return output
    recorder.objection = recorder.objection or _objection(recorder, tensors, name)
    if _may_overwrite(function, args, kwargs):
        for tensor in tensors:
            recorder.keep_all(tensor)
    noted, named = (_mapped(part, Tensor, lambda tensor: inputs.get(id(tensor), tensor)) for part in (args, kwargs))
    versions = [_version(tensor) for tensor in tensors]
    output = function(*args, **kwargs)
    changed = [tensor for tensor, before in zip(tensors, versions, strict=True) if _version(tensor) != before]
    results = {id(tensor): tensor for tensor in (*tensors_in(output), *changed)}
    if results:
        call = Call(name, function, noted, named, tuple(dict.fromkeys(inputs.values())), [])
        _append(recorder, call, list(results.values()))
    return output


def _append(recorder: _Recorder, call: Call, results: list[Tensor]) -> None:
    for tensor in results:
        value = Value(tensor, call)
        recorder.remember(tensor, value)
        call.outputs.append(value)
    for value in call.inputs:
        value.consumers += 1
    recorder.calls.append(call)
    if recorder.watch is not None:
        recorder.watch(call, results)


def _objection(recorder: _Recorder, tensors: list[Tensor], name: str) -> CapabilityError | None:
    """What is wrong where a tensor was computed out of sight, or overwritten through a view of it."""
    if any(recorder.is_unseen(tensor) for tensor in tensors):
        return _unseen(f"What `{name}` works on comes")
    return _overwritten() if any(recorder.is_overwritten(tensor) for tensor in tensors) else None


def _may_overwrite(function: Any, args: Any, kwargs: Any) -> bool:
    """Whether a call may work in place. A copy too many is only slow."""
    plain = str(getattr(function, "__name__", "")).split(".")[0]
    in_place = (plain.endswith("_") and not plain.endswith("__")) or plain.strip("_") in IN_PLACE_BY_OPERATOR
    return in_place or any(flag is True for flag in args) or bool(kwargs.get("inplace")) or "out" in kwargs


def _mapped(found: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    """The same nested tuples, lists and dictionaries, with every member of a kind changed."""
    if isinstance(found, kind):
        return change(found)
    if isinstance(found, dict):
        return {name: _mapped(part, kind, change) for name, part in found.items()}
    if type(found) in (list, tuple):
        return type(found)(_mapped(part, kind, change) for part in found)
    return found


def _memory_of(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


def _unseen(what: str) -> CapabilityError:
    return CapabilityError(
        f"Every operation of the network must be one that can be seen. {what} from scripted or compiled code. "
        "Give the plain module."
    )


def _cut() -> CapabilityError:
    return CapabilityError(
        "The scores must follow from the inputs by operations of torch. They do not here. Use a perturbation method."
    )


def _overwritten() -> CapabilityError:
    return CapabilityError(
        "A tensor of the network must not be overwritten through a view of it. One is here. Switch off `inplace` in the module."
    )
