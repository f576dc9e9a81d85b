"""The layer of a backbone whose maps still show the picture: which of its places are alike."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.map_layers import CHANNELS_FIRST, Call, MapLayer, map_layer, traced

# So many times as fine as the last map, on each side, is shallow: the first stage of a network of residual blocks.
FINENESS = 8


@dataclass(frozen=True)
class _Fine:
    name: str
    times: float


def shallow_layer(backbone: nn.Module, name: str | None, picture: Tensor, height: int) -> MapLayer:
    """The named layer, or the last of the backbone's convolutions, norms and poolings that is eight times as fine as its last
    map, which is `height` places high; where none is that fine, the last of the finest, and of a transformer its patches.

    `picture` (1, C, H, W): one as the backbone gets it.

    Raises: UnknownNameError, where there is no such layer; InputError, where it gives no map.
    """
    return map_layer(backbone, name or _usual(backbone, picture, height), None, picture, backbone)


def _usual(backbone: nn.Module, picture: Tensor, height: int) -> str:
    names = {name for name, _ in backbone.named_modules() if name}
    with torch.no_grad():
        calls = traced(backbone, names, lambda: backbone(picture))
    known = [one for one in map(lambda call: _fine(call, height), calls) if one is not None]
    if not known:
        raise InputError(
            "`shallow_layer` must name a layer of maps. This backbone has no convolution whose map could be taken. Name a "
            'layer, or give losses={"alignment": 0}.'
        )
    finest = max(one.times for one in known)
    least = min(FINENESS, finest)
    fine = [one.name for one in known if one.times >= least]
    return fine[-1] if finest > 1 else fine[0]


def _fine(call: Call, height: int) -> _Fine | None:
    """How many times as fine as the last map this one is; None where it is none whose layout is known."""
    if call.shape is None or len(call.shape) != 4 or not call.alone or not isinstance(call.module, CHANNELS_FIRST):
        return None
    return _Fine(call.layer.name, call.shape[2] / height)
