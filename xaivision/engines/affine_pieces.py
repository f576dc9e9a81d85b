"""What an operation adds of its own where the network is affine: biases, shifts, and what a clipped value is clipped to.

A network of affine and piecewise linear operations is affine around each input. There its score is the sum of every input
value and every such constant, each times the score's gradient in it.
"""

from typing import Any, Literal

import torch
from torch import Tensor

from xaivision.engines import affine_layers
from xaivision.engines.affine_layers import CONVOLUTIONS, DENSE, MEANS, argument
from xaivision.engines.module_forms import FORMS
from xaivision.engines.operation_tape import Call, Tape, Value
from xaivision.engines.relevance_shares import BATCH_NORMALIZATION, DROPOUTS, PRODUCTS, SELECTIONS, SUMS

# Positively homogeneous: around what they were given they scale, and add nothing.
_SCALING = frozenset({"relu", "leaky_relu", "prelu", "rrelu", "abs", "absolute", "detach", "unfold", "fold"})
# So do these, as long as no constant is among what they choose from.
_CHOOSING = frozenset({"max", "min", "maximum", "minimum", "amax", "amin"})
# Linear in pieces; on some pieces they add a constant.
_CLIPPED = frozenset(
    {"relu6", "hardtanh", "clamp", "clamp_min", "clamp_max", "clip", "threshold", "hardshrink", "softshrink", "hardsigmoid"}
)
# Linear where one of the factors is constant.
_MULTILINEAR = CONVOLUTIONS | DENSE | PRODUCTS | {"bmm", "einsum", "matmul"}
# They may have been given constants beside the maps; what they give for maps of zeros is theirs.
_MIXED = SUMS | {"addcmul", "pad", "cat", "concat", "concatenate", "stack"}
# They leave every number where it is in the map.
_KEEPING = _SCALING | _CLIPPED | SUMS | PRODUCTS | DROPOUTS | {"addcmul", "contiguous", "clone", "to", "float", "double"}

Axes = Literal["channels first", "channels last", "unknown"]


def bent(tape: Tape) -> tuple[str, ...]:
    """The operations between inputs and scores that are not affine in pieces, each once, by the name that users know."""
    wanted, found = {tape.scores}, []
    for call in reversed(tape.calls):
        if wanted.intersection(call.outputs):
            wanted.update(value for value in call.inputs if value.is_floating)
            if bends(call):
                found.append(FORMS[call.name].module.__name__ if call.name in FORMS else call.name)
    return tuple(dict.fromkeys(reversed(found)))


def bends(call: Call) -> bool:
    """Whether an operation is something else than affine in pieces, in the maps that it was given."""
    if call.name in DROPOUTS:
        return bool(argument(call, 2, "training", argument(call, 2, "train", True)))
    if call.name == "rrelu":
        return bool(argument(call, 3, "training", False))
    if call.name == BATCH_NORMALIZATION:
        return bool(argument(call, 5, "training", False)) or len(call.inputs) > 1
    if call.name in _MULTILINEAR:
        return _has_two_factors(call) or bool(call.kwargs.get("rounding_mode"))
    if call.name in _CHOOSING:
        return any(isinstance(part, Tensor) for part in (*call.args, *call.kwargs.values()))
    if call.name in _CLIPPED:
        return len(call.inputs) > 1
    if call.name == "addcmul":
        return isinstance(argument(call, 1, "tensor1"), Value) and isinstance(argument(call, 2, "tensor2"), Value)
    return call.name not in SELECTIONS | MEANS | _SCALING | _MIXED


def own_constant(call: Call) -> Tensor | None:
    """What an operation that does not bend adds of its own, to be broadcast to its output; None where that is nothing."""
    constant = _constant(call)
    return constant if constant is not None and bool(constant.any()) else None


def axes_of(value: Value) -> Axes:
    """How a map (B, ?, ?, ?) is laid out, told from the last operation that knows; the picture itself has its channels first."""
    while len(value.shape) == 4:
        call = value.producer
        if call is None or call.name in CONVOLUTIONS | {BATCH_NORMALIZATION} or call.name.endswith("pool2d"):
            return "channels first"
        if call.name == "linear":
            return "channels last"
        if call.name not in _KEEPING | {"cat", "pad"}:
            break
        value = max(call.inputs, key=lambda given: len(given.shape))
    return "unknown"


def _constant(call: Call) -> Tensor | None:
    if call.name in CONVOLUTIONS:
        return affine_layers.convolution(call).bias
    if call.name in DENSE:
        return affine_layers.dense(call).bias
    if call.name == BATCH_NORMALIZATION:
        return affine_layers.normalizing(call).bias
    if call.name in _CLIPPED:
        return _intercept(call)
    if call.name in _MIXED and _is_given_more(call):
        found: Tensor = call.again(lambda value: torch.zeros_like(value.tensor))
        return found
    return None


def _intercept(call: Call) -> Tensor:
    """What is left of each output without its slope times its input."""
    (value,) = call.inputs
    with torch.enable_grad():
        leaf = value.tensor.detach().requires_grad_()
        outputs = call.again(lambda _value: leaf.clone())  # a clone: it may work in place
        (slopes,) = torch.autograd.grad(outputs.sum(), leaf)
    found: Tensor = outputs.detach() - slopes * value.tensor
    return found


def _is_given_more(call: Call) -> bool:
    """Whether something that does not follow from the inputs is added, joined or put around the maps."""
    return call.name == "pad" or not all(isinstance(part, Value) for part in _terms(call))


def _terms(call: Call) -> tuple[Any, ...]:
    if call.name in SUMS:
        return argument(call, 0, "input"), argument(call, 1, "other")
    if call.name == "addcmul":
        return (argument(call, 0, "input"),)
    joined: Any = argument(call, 0, "tensors")
    return tuple(joined)


def _has_two_factors(call: Call) -> bool:
    """Whether it multiplies by something that follows from the inputs as well, or divides by it."""
    if call.name == "addmm":
        return sum(isinstance(argument(call, place, name), Value) for place, name in enumerate(("input", "mat1", "mat2"))) > 1
    if call.name in CONVOLUTIONS | {"linear"} and not isinstance(argument(call, 0, "input"), Value):
        return True  # what follows from the inputs are the weights
    divides = call.name in ("div", "divide", "true_divide") and isinstance(argument(call, 1, "other"), Value)
    return divides or _places(call) > 1


def _places(call: Call) -> int:
    given = [part for one in (*call.args, *call.kwargs.values()) for part in (one if isinstance(one, list | tuple) else (one,))]
    return sum(isinstance(part, Value) for part in given)
