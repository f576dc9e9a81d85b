"""What a network with fixed weights makes of pictures: computed once and kept by content, 64 pictures at a time."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.transfer_network import TransferNetwork
from xaivision.models.weights_cache import digest, keep_weights, kept_weights

# Pictures whose features share a file: so much work is lost where it is stopped.
CHUNK = 64
# As wide a range as float32, so that small gradients do not vanish and no loss has to be scaled.
HALF = torch.bfloat16


def frozen_features(
    model: TorchClassifier,
    images: Tensor,
    name: str,
    *,
    axes: tuple[int, ...] = (),
    mixed: bool = False,
    shortcut: Callable[[int, int], Tensor] | None = None,
) -> Tensor:
    """(N, width) float32 on the CPU: the features of pictures (N, C, H, W) in [0, 1], flipped along these axes.

    `model` holds a `TransferNetwork`, and `name` is that of its backbone. What was computed before, here or in another
    process, is read from the user's cache directory. The key is the content of 64 pictures and of the network, so that other
    pictures, weights, sizes or another preprocessing are never mixed up. `mixed`: half precision where it is enough.
    `shortcut(start, stop)`: the features of these rows, from somebody who has most of the work done.

    Raises: Cancelled, before the next 64 pictures; what is done is kept.
    """
    kept = Keeping(
        label=f"features_{name.replace('/', '_')}",
        known=told_of(model, mixed=mixed),
        shape=torch.Size([network_of(model).head.in_features]),
        what=f"features of {name}, flipped" if axes else f"features of {name}",
    )
    if shortcut is not None:
        return computed_once(lambda part, start: shortcut(start, start + len(part)), images, axes, kept)
    return computed_once(lambda part, _: _computed(model, part, mixed), images, axes, kept)


@dataclass(frozen=True)
class Keeping:
    """How what is computed of pictures is kept: `label` begins the files' names, `what` tells the work to the user.

    `known` tells all that it depends on beside the pictures, and `shape` is what it has for one picture.
    """

    label: str
    known: str
    shape: torch.Size
    what: str


Compute = Callable[[Tensor, int], Tensor]


def computed_once(compute: Compute, images: Tensor, axes: tuple[int, ...], kept: Keeping) -> Tensor:
    """(N, *shape) float32: what `compute` makes of pictures (N, C, H, W) flipped along these axes, 64 at a time.

    It is told the number of the first of them. Each 64 are read where they were computed before.

    Raises: Cancelled, before the next 64 pictures; what is done is kept.
    """
    parts = track(torch.split(images, CHUNK), kept.what)
    return torch.cat([_chunk(compute, part.flip(axes), number * CHUNK, kept) for number, part in enumerate(parts)])


def _chunk(compute: Compute, images: Tensor, start: int, keeping: Keeping) -> Tensor:
    key = hashlib.sha256(f"{keeping.known} {digest({'images': images})}".encode()).hexdigest()
    like = torch.empty(len(images), *keeping.shape, dtype=torch.float32, device="cpu")
    kept = kept_weights(keeping.label, key, {"features": like})
    if kept is not None:
        return kept["features"]
    found = compute(images, start)
    keep_weights(keeping.label, key, {"features": found})
    return found


def _computed(model: TorchClassifier, images: Tensor, mixed: bool) -> Tensor:
    with model.held(), torch.no_grad(), torch.autocast(model.device.type, dtype=HALF, enabled=mixed):
        return network_of(model).features(model.prepared(images)).float().cpu().contiguous()


def network_of(model: TorchClassifier) -> TransferNetwork:
    """The network of the model.

    Raises: TypeError, where it is another.
    """
    if not isinstance(model.model, TransferNetwork):
        raise TypeError(f"The model must hold a TransferNetwork. Got {type(model.model).__name__}.")
    return model.model


def told_of(model: TorchClassifier, *, mixed: bool) -> str:
    """All that features depend on beside the pictures."""
    network = network_of(model)
    weights = {part: value for part, value in network.state_dict().items() if not part.startswith("head.")}
    ends = torch.tensor([0.0, 1.0], dtype=torch.float32, device="cpu").view(2, 1, 1, 1)
    channels = 1 if model.image_format is None else model.image_format.channels
    affine = digest({"black and white": model.prepared(ends.expand(2, channels, 1, 1))})
    return repr((digest(weights), repr(network.resize), affine, model.device.type, mixed, torch.__version__))
