"""Backbones that give tokens of the places of a picture, by name, and the layer at which they do."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.map_layers import MapLayer, map_layer
from xaivision.models.backbones import Backbone, architecture
from xaivision.models.construction import construction
from xaivision.models.prototypes.backbone_maps import map_at
from xaivision.models.prototypes.patch_backbones import SMALL as CONVOLUTIONS
from xaivision.models.prototypes.patch_backbones import PatchBackbone, learned_first, patch_architecture, patch_backbone
from xaivision.models.small_vit import SmallVit
from xaivision.models.training import Recipe, train
from xaivision.models.weights_cache import digest

# A vision transformer that learns everything from the pictures themselves, for small ones.
SMALL_VIT = "small_vit"
WIDTH, BLOCKS = 64, 3
# Of pictures below this side a patch is 2 pixels wide, of others 4.
FINE_BELOW = 16
FIRST = Recipe(epochs=30, batch_size=64, learning_rate=2e-3, weight_decay=0.05)
OWN = (SMALL_VIT, CONVOLUTIONS)


def token_backbone(
    name: str, shape: tuple[int, ...], side: int | None, layer: str | None, *, weights: str | None = "DEFAULT", seed: int = 0
) -> PatchBackbone:
    """The named backbone for pictures of this shape, brought to `side`, and its tokens at `layer` (None: its last map).

    `small_vit` and `three_convolutions` know nothing before `taught_first`.

    Raises: as `patch_backbone`; UnknownNameError, where there is no such layer; InputError, where a side does not fit.
    """
    if name == SMALL_VIT:
        taken = _small_vit(shape[0], usual_side(shape) if side is None else side, seed)
    else:
        taken = patch_backbone(
            name, shape[0], max(shape[1:]) if name == CONVOLUTIONS and side is None else side, weights=weights, seed=seed
        )
    if layer is None:
        return taken
    picture = _gray(len(taken.backbone.mean), side or taken.backbone.side)
    at = map_layer(taken.backbone.module, layer, None, picture, taken.backbone.module)
    return replace(taken, at=at, channels=_channels(taken.backbone.module, at, picture))


def usual_side(shape: tuple[int, ...]) -> int:
    """The next multiple of a patch to the pictures' longer side."""
    patch = patch_side(max(shape[1:]))
    return -(-max(shape[1:]) // patch) * patch


def patch_side(side: int) -> int:
    """Of pictures of this side."""
    return 2 if side < FINE_BELOW else 4


def taught_first(taken: PatchBackbone, images: Tensor, labels: Tensor, num_classes: int, seed: int) -> None:
    """Teach a backbone of our own, in place, to tell the classes.

    Raises: Cancelled.
    """
    if taken.backbone.name == CONVOLUTIONS:
        learned_first(taken, images, labels, num_classes, seed)
        return
    with construction(seed):
        head = nn.Linear(WIDTH, num_classes, dtype=torch.float32)
    module = nn.Sequential(taken.backbone.module, head)
    train(module, images, labels, replace(FIRST, seed=seed), f"training {SMALL_VIT}")


def token_architecture(name: str, layer: str, channels: int, side: int) -> tuple[nn.Module, MapLayer]:
    """The module of a backbone with weights worth nothing, and where its tokens are: for a file.

    Raises: as `architecture`.
    """
    if name == SMALL_VIT:
        module = _small_vit(channels, side, seed=0).backbone.module
    elif name == CONVOLUTIONS:
        module = patch_architecture(name, channels, side, side)[0]
    else:
        module, channels = architecture(name)[0], 3
    module.eval()
    return module, map_layer(module, layer, None, _gray(channels, side), module)


def _small_vit(channels: int, side: int, seed: int) -> PatchBackbone:
    patch = patch_side(side)
    if side % patch or side < 2 * patch:
        raise InputError(f"`side` must be a multiple of {patch}, at least {2 * patch}, for {SMALL_VIT!r}. Got {side}.")
    with construction(seed):
        module = SmallVit(side, patch, WIDTH, BLOCKS, 2, channels=channels).eval()
        module.add_module("head", nn.Identity())
    at = map_layer(module, None, None, _gray(channels, side), module)
    plain = (0.0,) * channels, (1.0,) * channels
    said = f"a vision transformer with patches of {patch} x {patch} and {BLOCKS} blocks of its own"
    taken = Backbone(SMALL_VIT, module, WIDTH, side, *plain, said, digest(module.state_dict()), trained=False)
    return PatchBackbone(taken, at, WIDTH)


def _channels(module: nn.Module, at: MapLayer, picture: Tensor) -> int:
    with torch.no_grad():
        return int(map_at(module, at, picture).shape[1])


def _gray(channels: int, side: int) -> Tensor:
    return torch.full((1, channels, side, side), 0.5, dtype=torch.float32, device="cpu")
