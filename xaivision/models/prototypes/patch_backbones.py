"""Backbones that give a map of places, by name, and the layer at which they do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.map_layers import MapLayer, map_layer
from xaivision.models.backbones import Backbone, architecture
from xaivision.models.backbones import backbone as named_backbone
from xaivision.models.construction import construction
from xaivision.models.prototypes.backbone_maps import map_at
from xaivision.models.training import Recipe, train
from xaivision.models.weights_cache import digest

T = TypeVar("T")

# Three convolutions that learn everything from the pictures themselves, for small ones.
SMALL = "three_convolutions"
SMALL_WIDTHS = (16, 32, 64)
# Two poolings leave a map of 2 x 2 of the smallest.
USUAL_SIDE, LEAST_SIDE = 32, 8
# At twice the rate every unit of one training in ten dies, and there is nothing left to be alike.
FIRST = Recipe(epochs=40, batch_size=32, learning_rate=5e-3, weight_decay=1e-2)


@dataclass(frozen=True, eq=False)
class PatchBackbone:
    """A backbone, the layer whose output is the map, and how many channels that has."""

    backbone: Backbone
    at: MapLayer
    channels: int


def patch_backbone(
    name: str, channels: int, side: int | None, *, weights: str | None = "DEFAULT", seed: int = 0
) -> PatchBackbone:
    """The named backbone for pictures of so many channels, brought to `side` (None: the backbone's own).

    `three_convolutions` takes gray pictures or color ones as they are, and knows nothing before `learned_first`.

    Raises: as `backbone`; InputError, where the map at this side has one place only: a prototype could not say where.
    """
    if name == SMALL:
        return _small(channels, USUAL_SIDE if side is None else side, seed)
    taken = named_backbone(name, weights=weights, seed=seed)
    return _located(taken, taken.side if side is None else side)


def learned_first(taken: PatchBackbone, images: Tensor, labels: Tensor, num_classes: int, seed: int) -> None:
    """Teach the backbone, in place, to tell the classes by the largest values of its map.

    Prototypes in the space of a backbone that knows nothing collapse on one point.

    Raises: Cancelled.
    """
    with construction(seed):
        head = nn.Linear(taken.channels, num_classes, dtype=torch.float32)
    module = nn.Sequential(taken.backbone.module, nn.AdaptiveMaxPool2d(1), nn.Flatten(), head)
    train(module, images, labels, replace(FIRST, seed=seed), f"training {taken.backbone.name}")


def patch_architecture(name: str, channels: int, own_side: int, side: int) -> tuple[nn.Module, MapLayer, int]:
    """The module of a backbone with weights worth nothing, the layer of its map at this side and its channels: for a file.

    Raises: as `architecture`.
    """
    if name == SMALL:
        found = _small(channels, side, seed=0)
        return found.backbone.module, found.at, found.channels
    module, _ = architecture(name)
    at, shape = _map(module, 3, own_side, side, name)
    return module, at, shape[1]


def _small(channels: int, side: int, seed: int) -> PatchBackbone:
    if side < LEAST_SIDE:
        raise InputError(_too_small(SMALL, side))
    with construction(seed):
        module = _convolutions(channels)
    plain = (0.0,) * channels, (1.0,) * channels
    taken = Backbone(
        SMALL, module, SMALL_WIDTHS[-1], side, *plain, "three convolutions of its own", digest(module.state_dict()), trained=False
    )
    return _located(taken, side)


def _convolutions(channels: int) -> nn.Module:
    parts: list[nn.Module] = []
    before = channels
    for number, width in enumerate(SMALL_WIDTHS):
        parts += [nn.MaxPool2d(2)] if number else []
        parts += [nn.Conv2d(before, width, 3, padding=1, dtype=torch.float32), nn.ReLU()]
        before = width
    return nn.Sequential(*parts)


def _located(taken: Backbone, side: int) -> PatchBackbone:
    at, shape = _map(taken.module, len(taken.mean), taken.side, side, taken.name)
    return PatchBackbone(taken, at, shape[1])


def _map(module: nn.Module, channels: int, own_side: int, side: int, name: str) -> tuple[MapLayer, tuple[int, ...]]:
    """The last map of the network, as found at its own side, and its shape at this one."""
    module.eval()
    at = map_layer(module, None, None, _gray(channels, own_side), module)
    if side != own_side:
        at = _checked(lambda: map_layer(module, at.layer.name, None, _gray(channels, side), module), name, side)
    found = _checked(lambda: _shape(module, at, _gray(channels, side)), name, side)
    return at, found


def _shape(module: nn.Module, at: MapLayer, picture: Tensor) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(map_at(module, at, picture).shape)


def _checked(found: Callable[[], T], name: str, side: int) -> T:
    try:
        return found()
    except (InputError, RuntimeError, AssertionError, ValueError) as error:
        raise InputError(_too_small(name, side)) from error


def _too_small(name: str, side: int) -> str:
    return (
        f"`side` must be one at which `{name}` has a map of several places, of which a prototype shows one. Got {side}, "
        "where it has none. Give a larger `side`, or leave it out for the backbone's own."
    )


def _gray(channels: int, side: int) -> Tensor:
    return torch.full((1, channels, side, side), 0.5, dtype=torch.float32, device="cpu")
