"""Modules that get their input apart from whoever else reads it, so that what a hook does to it stays theirs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.metering import count_model_calls
from xaivision.core.torch_classifier import TorchClassifier

# Rounding of scores in float32, as a share of the largest.
SAME = 1e-4


def is_torchs(kind: type[nn.Module]) -> bool:
    """Whether the class is one of torch's own, whose ways are known."""
    return kind.__module__.startswith("torch.nn")


@contextmanager
def inputs_apart(
    parts: Sequence[nn.Module], see: Callable[[nn.Module, Tensor], object], *, copied: bool = False
) -> Iterator[None]:
    """Each of the parts gets its input as a tensor of its own, which `see` is told at every call.

    torch's own modules get a view and leave it as it is while this lasts; any other might write into it, and gets a copy.
    `copied`: hooks that are added inside hand each part a copy of that, on which torch's own work in place.
    """

    def apart(part: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        own = torch.ops.aten.alias.default(given[0]) if is_torchs(type(part)) else given[0].clone()
        see(part, own)
        return (own, *given[1:])

    handles = [part.register_forward_pre_hook(apart) for part in parts]
    switched: list[Any] = [part for part in parts if is_torchs(type(part)) and getattr(part, "inplace", copied) != copied]
    try:
        for part in switched:
            part.inplace = copied
        yield
    finally:
        for part in switched:
            part.inplace = not copied
        for handle in handles:
            handle.remove()


def overwrites(model: TorchClassifier, one: Tensor) -> bool:
    """Whether the scores of the input (1, *S) rest on an activation that writes into what others read after it.

    Two forward passes, where the model has activations that may; none elsewhere.
    """
    parts = [part for part in model.model.modules() if _may_write(part)]
    if not parts:
        return False
    count_model_calls(2 * len(one))
    with torch.no_grad():
        own = model.forward(one)
        with inputs_apart(parts, lambda _part, _own: None):
            left = model.forward(one)
    return bool(((own - left).abs().amax() > SAME * own.abs().amax()).item())


def _may_write(part: nn.Module) -> bool:
    return bool(getattr(part, "inplace", False)) or (hasattr(part, "inplace") and not is_torchs(type(part)))
