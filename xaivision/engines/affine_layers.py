"""The layers of a network as affine maps: convolutions, dense layers, batch normalization, means, and sums of maps."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn import grad

from xaivision.engines.operation_tape import Call, Value
from xaivision.engines.relevance_rules import Affine, transposed

CONVOLUTIONS = frozenset({"conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"})
DENSE = frozenset({"linear", "matmul", "mm", "addmm"})
MEANS = frozenset(
    {*(f"{kind}avg_pool{axes}d" for kind in ("", "adaptive_") for axes in (1, 2, 3)), "mean", "sum", "interpolate", "upsample"}
)


class Normalization(NamedTuple):
    """What batch statistics do to each channel in evaluation mode: `scale * x + shift`, both (C,)."""

    scale: Tensor
    shift: Tensor


class Joined(NamedTuple):
    """A sum of tensors that follow from the inputs, each with its sign or factor, and of a constant."""

    parts: list[tuple[Value, float]]
    constant: Any


def argument(call: Call, position: int, name: str, default: Any = None) -> Any:
    """What a call was given, by place or by name."""
    return call.args[position] if len(call.args) > position else call.kwargs.get(name, default)


def convolution(call: Call) -> Affine:
    """conv(input, weight, bias, stride, padding, dilation, groups) of one, two or three axes, or transposed."""
    weight, bias = argument(call, 1, "weight").detach(), argument(call, 2, "bias")
    places, names = call.args[3:], {name: value for name, value in call.kwargs.items() if name not in ("input", "weight", "bias")}

    def apply(inputs: Tensor, weight: Tensor) -> Tensor:
        found: Tensor = call.function(inputs, weight, None, *places, **names)
        return found

    def pull(outputs: Tensor, weight: Tensor, like: Tensor) -> Tensor:
        found: Tensor = _TRANSPOSED[call.name](like.shape, weight, outputs, *geometry)
        return found

    geometry = [argument(call, place, name, default) for place, (name, default) in enumerate(_GEOMETRY, 3)]
    # Torch's own transpose needs no pass forward; padding by name and layers that are transposed already go the long way.
    direct = call.name in _TRANSPOSED and not isinstance(geometry[1], str)
    shaped = None if bias is None else bias.detach().reshape(-1, *[1] * (weight.ndim - 2))
    return Affine(apply, pull if direct else transposed(apply), weight, shaped)


_GEOMETRY = (("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1))
_TRANSPOSED: dict[str, Callable[..., Any]] = {
    "conv1d": grad.conv1d_input,
    "conv2d": grad.conv2d_input,
    "conv3d": grad.conv3d_input,
}


def dense(call: Call) -> Affine:
    """linear(x, W, b), x @ W, W @ x, or addmm(b, x, W)."""
    if call.name == "linear":
        weight, bias = argument(call, 1, "weight").detach(), argument(call, 2, "bias")
        pull: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda outputs, weight, like: outputs @ weight  # noqa: E731
        return Affine(F.linear, pull, weight, None if bias is None else bias.detach())
    given = [argument(call, place, name) for place, name in enumerate(_PRODUCTS[call.name])]
    bias = given.pop(0).detach() if call.name == "addmm" else None
    first, second = given
    if isinstance(first, Value):
        return Affine(torch.matmul, transposed(torch.matmul), second.detach(), bias)
    swapped = lambda inputs, weight: torch.matmul(weight, inputs)  # noqa: E731
    return Affine(swapped, transposed(swapped), first.detach(), bias)


_PRODUCTS = {"matmul": ("input", "other"), "mm": ("input", "mat2"), "addmm": ("input", "mat1", "mat2")}


def normalization(call: Call) -> Normalization:
    """The scale and the shift of a batch normalization in evaluation mode."""
    # torch's own function and the one of `nn.functional` order their arguments differently.
    order = ("running_mean", "running_var", "weight", "bias") if call.function is F.batch_norm else _BUILTIN_ORDER
    given = {name: argument(call, place, name) for place, name in enumerate(order, 1)}
    epsilon = argument(call, 7, "eps", 1e-5)
    mean, variance = given["running_mean"].detach(), given["running_var"].detach()
    scale = (variance + epsilon).rsqrt()
    scale = scale if given["weight"] is None else scale * given["weight"].detach()
    shift = -mean * scale
    return Normalization(scale, shift if given["bias"] is None else shift + given["bias"].detach())


_BUILTIN_ORDER = ("weight", "bias", "running_mean", "running_var")


def normalizing(call: Call) -> Affine:
    """Batch normalization as a layer of its own, one weight a channel."""
    found, axes = normalization(call), len(call.inputs[0].shape) - 2
    apply: Callable[[Tensor, Tensor], Tensor] = lambda inputs, weight: inputs * weight  # noqa: E731
    pull: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda outputs, weight, like: outputs * weight  # noqa: E731
    return Affine(apply, pull, *(part.reshape(-1, *[1] * axes) for part in found))


def takes_a_normalization(call: Call) -> bool:
    """Whether a batch normalization after it can be folded into it: its outputs are channels on the second axis."""
    if call.name == "linear":
        return len(call.outputs[0].shape) == 2
    return call.name in CONVOLUTIONS and "transpose" not in call.name


def folded(layer: Affine, following: Normalization) -> Affine:
    """A convolution or dense layer and the batch normalization after it, as one layer; neither is changed."""
    column = (-1, *[1] * (layer.weight.ndim - 1))
    shape = (-1, *[1] * (layer.weight.ndim - 2))
    shift = following.shift.reshape(shape)
    bias = shift if layer.bias is None else shift + layer.bias * following.scale.reshape(shape)
    return replace(layer, weight=layer.weight * following.scale.reshape(column), bias=bias)


def averaging(call: Call, like: Tensor) -> Affine:
    """A mean, a sum, or an enlargement: fixed weights that are not negative."""

    def apply(inputs: Tensor, weight: Tensor) -> Tensor:
        found: Tensor = call.again(lambda _value: inputs)
        return found * weight

    return Affine(apply, transposed(apply), like.new_ones(()))


def joined(call: Call) -> Joined:
    """What `x + y`, `x - y` or a number minus x adds up."""
    first, second = argument(call, 0, "input"), argument(call, 1, "other")
    factor = float(argument(call, 2, "alpha", 1))
    signs = {"add": (1.0, factor), "sub": (1.0, -factor), "rsub": (-factor, 1.0)}[call.name]
    parts: list[tuple[Value, float]] = []
    constant: Any = 0.0
    for term, sign in zip((first, second), signs, strict=True):
        if isinstance(term, Value):
            parts.append((term, sign))
        else:
            constant = sign * (term.detach() if isinstance(term, Tensor) else term)
    return Joined(parts, constant)


def adding(factors: Sequence[float], constant: Any, outputs: Tensor) -> Affine:
    """The sum of maps that are stacked on a new last axis, as a layer with one weight for each; the constant is its bias."""
    bias = torch.as_tensor(constant, dtype=outputs.dtype, device=outputs.device)
    apply: Callable[[Tensor, Tensor], Tensor] = lambda inputs, weight: (inputs * weight).sum(-1)  # noqa: E731
    pull: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda outputs, weight, like: outputs[..., None] * weight  # noqa: E731
    return Affine(apply, pull, outputs.new_tensor(list(factors)), bias)
