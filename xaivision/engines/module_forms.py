"""The module that computes the same as a call of a function: activations, pooling, softmax and dropout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

# What a function can be told and a module of its own needs not be: the mode, and where the result goes.
_SETTLED = {"inplace", "_stacklevel", "training", "train"}


@dataclass(frozen=True)
class Form:
    """A module class, and the names of what its function takes after the input, in order."""

    module: type[nn.Module]
    takes: tuple[str, ...] = ()


_MAX_POOL = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_AVG_POOL = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
_LP_POOL = ("norm_type", "kernel_size", "stride", "ceil_mode")
_DROPOUT = ("p", "training", "inplace")

FORMS: Mapping[str, Form] = {
    "relu": Form(nn.ReLU, ("inplace",)),
    "relu6": Form(nn.ReLU6, ("inplace",)),
    "silu": Form(nn.SiLU, ("inplace",)),
    "gelu": Form(nn.GELU, ("approximate",)),
    "mish": Form(nn.Mish, ("inplace",)),
    "hardswish": Form(nn.Hardswish, ("inplace",)),
    "hardsigmoid": Form(nn.Hardsigmoid, ("inplace",)),
    "hardtanh": Form(nn.Hardtanh, ("min_val", "max_val", "inplace")),
    "leaky_relu": Form(nn.LeakyReLU, ("negative_slope", "inplace")),
    "elu": Form(nn.ELU, ("alpha", "inplace")),
    "selu": Form(nn.SELU, ("inplace",)),
    "celu": Form(nn.CELU, ("alpha", "inplace")),
    "softplus": Form(nn.Softplus, ("beta", "threshold")),
    "softsign": Form(nn.Softsign),
    "tanh": Form(nn.Tanh),
    "sigmoid": Form(nn.Sigmoid),
    "log_sigmoid": Form(nn.LogSigmoid),
    "logsigmoid": Form(nn.LogSigmoid),
    "tanhshrink": Form(nn.Tanhshrink),
    "hardshrink": Form(nn.Hardshrink, ("lambd",)),
    "softshrink": Form(nn.Softshrink, ("lambd",)),
    "threshold": Form(nn.Threshold, ("threshold", "value", "inplace")),
    "glu": Form(nn.GLU, ("dim",)),
    "softmax": Form(nn.Softmax, ("dim", "_stacklevel", "dtype")),
    "log_softmax": Form(nn.LogSoftmax, ("dim", "_stacklevel", "dtype")),
    "softmin": Form(nn.Softmin, ("dim", "_stacklevel", "dtype")),
    "max_pool1d": Form(nn.MaxPool1d, _MAX_POOL),
    "max_pool2d": Form(nn.MaxPool2d, _MAX_POOL),
    "max_pool3d": Form(nn.MaxPool3d, _MAX_POOL),
    "avg_pool1d": Form(nn.AvgPool1d, _AVG_POOL[:-1]),
    "avg_pool2d": Form(nn.AvgPool2d, _AVG_POOL),
    "avg_pool3d": Form(nn.AvgPool3d, _AVG_POOL),
    "lp_pool1d": Form(nn.LPPool1d, _LP_POOL),
    "lp_pool2d": Form(nn.LPPool2d, _LP_POOL),
    "adaptive_avg_pool1d": Form(nn.AdaptiveAvgPool1d, ("output_size",)),
    "adaptive_avg_pool2d": Form(nn.AdaptiveAvgPool2d, ("output_size",)),
    "adaptive_avg_pool3d": Form(nn.AdaptiveAvgPool3d, ("output_size",)),
    "adaptive_max_pool1d": Form(nn.AdaptiveMaxPool1d, ("output_size", "return_indices")),
    "adaptive_max_pool2d": Form(nn.AdaptiveMaxPool2d, ("output_size", "return_indices")),
    "adaptive_max_pool3d": Form(nn.AdaptiveMaxPool3d, ("output_size", "return_indices")),
    "dropout": Form(nn.Dropout, _DROPOUT),
    "dropout1d": Form(nn.Dropout1d, _DROPOUT),
    "dropout2d": Form(nn.Dropout2d, _DROPOUT),
    "dropout3d": Form(nn.Dropout3d, _DROPOUT),
    "alpha_dropout": Form(nn.AlphaDropout, _DROPOUT),
    "feature_alpha_dropout": Form(nn.FeatureAlphaDropout, _DROPOUT),
}


def module_for(node: fx.Node) -> nn.Module | None:
    """A module that computes what this call of a function or a method computes; None where there is none.

    It never works in place. Dropout that is on is no module's: in evaluation mode a module's is off.
    """
    if _is_rectifier(node):
        return nn.ReLU()
    form = FORMS.get(base_name(node))
    given = None if form is None else _given(node, form)
    if form is None or given is None or given.get("training") or given.get("train") or given.get("dtype") is not None:
        return None
    settings = {name: value for name, value in given.items() if name not in _SETTLED | {"dtype"}}
    try:
        return form.module(**settings)
    except TypeError:  # told something that only the function knows
        return None


# What may cut at zero, and what it is told after the input.
_CUTTING = {
    "clamp": ("min", "max"),
    "clip": ("min", "max"),
    "clamp_min": ("min",),
    "threshold": ("threshold", "value", "inplace"),
}


def _is_rectifier(node: fx.Node) -> bool:
    """Whether this is ReLU by another name: `clamp(min=0)`, `threshold(0, 0)`, `maximum(x, 0)`."""
    name, operands = base_name(node), node.args
    if not operands or not isinstance(operands[0], fx.Node) or operands[0].op == "get_attr":
        return False
    if name in _CUTTING:
        given = dict(zip(_CUTTING[name], operands[1:], strict=False)) | dict(node.kwargs)
        numbers = [value for key, value in given.items() if key != "inplace" and value is not None]
        return given.get("max") is None and bool(numbers) and all(_is_zero(value) for value in numbers)
    others = (*operands[1:], *node.kwargs.values())
    return name in ("maximum", "max") and len(others) == 1 and isinstance(others[0], fx.Node) and _is_zero(others[0])


def _is_zero(value: Any) -> bool:
    """A number, or a tensor that was made in the forward pass and is not learned."""
    if not isinstance(value, fx.Node):
        return isinstance(value, int | float) and not isinstance(value, bool) and value == 0
    if value.op != "get_attr":
        return base_name(value) in ("zeros", "zeros_like", "new_zeros")
    held = getattr(value.graph.owning_module, str(value.target), None)
    return isinstance(held, Tensor) and not isinstance(held, nn.Parameter) and held.numel() == 1 and float(held) == 0


def told(node: fx.Node, name: str) -> Any:
    """What a call of a function with a form says under this name; None where it does not."""
    form = FORMS.get(base_name(node))
    return node.kwargs.get(name) if form is None else (_given(node, form) or {}).get(name)


def base_name(node: fx.Node) -> str:
    """The name of the function or method that a node calls, without the mark of working in place."""
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    if node.op == "call_function" and not str(getattr(node.target, "__module__", "")).startswith(("torch", "_operator")):
        return ""  # somebody's own function that happens to have the name
    return name if name.startswith("__") else name.strip("_")


def _given(node: fx.Node, form: Form) -> dict[str, Any] | None:
    """What the call says beside the input, by name; None where that is computed on the way."""
    takes = ("p", "train") if node.target is torch.dropout else form.takes
    if "_stacklevel" in takes and not str(getattr(node.target, "__module__", "")).endswith("functional"):
        takes = tuple(name for name in takes if name != "_stacklevel")
    given = {**dict(zip(takes, node.args[1:], strict=False)), **node.kwargs}
    given.pop("input", None)
    computed = len(node.args) - 1 > len(takes) or any(_has_nodes(value) for value in given.values())
    return None if computed else given


def _has_nodes(value: Any) -> bool:
    found: list[fx.Node] = []
    fx.node.map_arg(value, found.append)
    return bool(found)
