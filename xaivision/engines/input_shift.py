"""A network that takes inputs moved by a constant and gives the scores of the inputs as they were.

The bias of its first layer takes the shift back, on a view that shares everything else with the network.
Source: Kindermans et al., The (un)reliability of saliency methods, 2017, arXiv:1711.00867.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
PADS = (nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d)  # those of zeros are among them


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """The name of the linear layer or convolution that is called first, and what it was given.

    `pads`: the same of each module that pads by a constant, called before it has answered.
    """

    name: str
    given: Tensor
    pads: dict[str, Tensor]


class _Witness:
    """Sees what layers are given, until the first has answered."""

    def __init__(self) -> None:
        self.layers: dict[str, Tensor] = {}
        self.pads: dict[str, Tensor] = {}
        self._answered = False

    def watch(self, name: str, part: nn.Module) -> list[Any]:
        seen = self.pads if isinstance(part, PADS) else self.layers

        def before(_part: nn.Module, given: tuple[Any, ...]) -> None:
            if not self._answered and given and isinstance(given[0], Tensor):
                seen.setdefault(name, given[0].detach().clone())

        def after(_part: nn.Module, _given: Any, _answer: Any) -> None:
            self._answered = self._answered or name in self.layers

        return [part.register_forward_pre_hook(before), part.register_forward_hook(after)]


def first_layer(module: nn.Module, run: Callable[[], object]) -> FirstLayer | None:
    """The linear layer or convolution that is called first in `run()`; None where none is."""
    witness = _Witness()
    kinds = (nn.Linear, *CONVOLUTIONS, *PADS)
    handles = [handle for name, part in module.named_modules() if isinstance(part, kinds) for handle in witness.watch(name, part)]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return next((FirstLayer(name, given, witness.pads) for name, given in witness.layers.items()), None)


def shift_of(layer: nn.Module, plain: Tensor, moved: Tensor) -> Tensor:
    """(C,) by how much each channel, or (F,) each feature, of what the layer is given was moved.

    Seen in the middle: a border of zeros was not moved.
    """
    kept = plain.ndim - 1 if isinstance(layer, nn.Linear) else 1
    difference = moved.double() - plain.double()
    return difference[tuple(slice(None) if axis == kept else side // 2 for axis, side in enumerate(difference.shape))]


def taking_back(module: nn.Module, plain: FirstLayer, moved: FirstLayer) -> nn.Module:
    """A view of the module that gives for moved inputs what the module gives for them as they were.

    The view shares every other part and every weight.
    """
    view = module
    for name, given in plain.pads.items():
        pad: Any = module.get_submodule(name)
        border = _Border(pad.padding, pad.value + shift_of(pad, given, moved.pads[name]).to(given))
        view = _with_part(view, name.split("."), border)
    return compensated(view, plain.name, shift_of(module.get_submodule(plain.name), plain.given, moved.given))


def compensated(module: nn.Module, name: str, shift: Tensor) -> nn.Module:
    """A view of the module whose layer of this name gives for inputs moved by the shift (C,) what it gives for them as they were.

    The view shares every other part and every weight. A border of zeros becomes one of the shift: that is what zero is now.
    """
    layer = module.get_submodule(name)
    return _with_part(module, name.split(".") if name else [], _compensated(layer, shift))


def _compensated(layer: Any, shift: Tensor) -> nn.Module:
    twin: Any = _view(layer)
    weight = layer.weight.detach()
    added = -_response(layer, weight.double(), shift.to(weight.device))
    bias = added if layer.bias is None else layer.bias.detach().double() + added
    twin._parameters["bias"] = nn.Parameter(bias.to(weight), requires_grad=False)
    if not isinstance(layer, CONVOLUTIONS) or layer.padding_mode != "zeros":
        return cast(nn.Module, twin)
    border = list(layer._reversed_padding_repeated_twice)
    if not any(border):
        return cast(nn.Module, twin)
    twin.padding = (0,) * len(layer.kernel_size)
    return nn.Sequential(_Border(border, shift.to(weight)), twin).train(layer.training)


def _response(layer: Any, weight: Tensor, shift: Tensor) -> Tensor:
    """(out,) what the layer without its bias gives for inputs that are the shift everywhere, far from any border."""
    if not isinstance(layer, CONVOLUTIONS):
        return weight @ shift
    groups = shift.view(layer.groups, 1, -1)  # (groups, 1, in): each output sees the channels of its own group
    summed = weight.flatten(2).sum(2).view(layer.groups, -1, groups.shape[2])
    return (summed * groups).sum(2).flatten()


class _Border(nn.Module):
    """Pads each channel by its own constant."""

    constants: Tensor

    def __init__(self, border: Sequence[int], constants: Tensor) -> None:
        super().__init__()
        self.border = list(border)
        self.register_buffer("constants", constants, persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        values = self.constants.tolist()
        if all(first == second for first, second in pairwise(values)):
            return F.pad(maps, self.border, value=values[0])
        channels = [F.pad(maps[:, [number]], self.border, value=value) for number, value in enumerate(values)]
        return torch.cat(channels, 1)


def _with_part(module: nn.Module, path: Sequence[str], part: nn.Module) -> nn.Module:
    """A view of the module with another part at this path."""
    if not path:
        return part
    view = _view(module)
    view._modules[path[0]] = _with_part(module.get_submodule(path[0]), path[1:], part)
    return view


def _view(module: nn.Module) -> nn.Module:
    """A module of the same kind that holds the same parts and tensors, in containers of its own."""
    view = copy(module)
    for name, value in vars(module).items():
        if isinstance(value, dict):
            view.__dict__[name] = value.copy()
    return view
