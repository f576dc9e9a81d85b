"""What a network with fixed weights makes of pictures: computed once and kept by content, 64 pictures at a time."""

import hashlib

import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.transfer_network import TransferNetwork
from xaivision.models.weights_cache import digest, keep_weights, kept_weights

# Pictures whose features share a file: so much work is lost where it is stopped.
CHUNK = 64


def frozen_features(
    model: TorchClassifier, images: Tensor, name: str, *, axes: tuple[int, ...] = (), mixed: bool = False
) -> Tensor:
    """(N, width) float32 on the CPU: the features of pictures (N, C, H, W) in [0, 1], flipped along these axes.

    `model` holds a `TransferNetwork`, and `name` is that of its backbone. What was computed before, here or in another
    process, is read from the user's cache directory. The key is the content of 64 pictures and of the network, so that other
    pictures, weights, sizes or another preprocessing are never mixed up. `mixed`: half precision where it is enough.

    Raises: Cancelled, before the next 64 pictures; what is done is kept.
    """
    known = _told_of(model, mixed)
    what = f"features of {name}, flipped" if axes else f"features of {name}"
    found = [_chunk(model, part.flip(axes), name, known, mixed) for part in track(torch.split(images, CHUNK), what)]
    return torch.cat(found)


def _chunk(model: TorchClassifier, images: Tensor, name: str, known: str, mixed: bool) -> Tensor:
    key = hashlib.sha256(f"{known} {digest({'images': images})}".encode()).hexdigest()
    label = f"features_{name.replace('/', '_')}"
    kept = kept_weights(label, key, {"features": torch.empty(len(images), network_of(model).head.in_features, device="cpu")})
    if kept is not None:
        return kept["features"]
    found = _computed(model, images, mixed)
    keep_weights(label, key, {"features": found})
    return found


def _computed(model: TorchClassifier, images: Tensor, mixed: bool) -> Tensor:
    with model.held(), torch.no_grad(), torch.autocast(model.device.type, enabled=mixed):
        return network_of(model).features(model.prepared(images)).float().cpu().contiguous()


def network_of(model: TorchClassifier) -> TransferNetwork:
    """The network of the model.

    Raises: TypeError, where it is another.
    """
    if not isinstance(model.model, TransferNetwork):
        raise TypeError(f"The model must hold a TransferNetwork. Got {type(model.model).__name__}.")
    return model.model


def _told_of(model: TorchClassifier, mixed: bool) -> str:
    """All that features depend on beside the pictures."""
    network = network_of(model)
    weights = {part: value for part, value in network.state_dict().items() if not part.startswith("head.")}
    ends = torch.tensor([0.0, 1.0], dtype=torch.float32, device="cpu").view(2, 1, 1, 1)
    channels = 1 if model.image_format is None else model.image_format.channels
    affine = digest({"black and white": model.prepared(ends.expand(2, channels, 1, 1))})
    return repr((digest(weights), repr(network.resize), affine, model.device.type, mixed, torch.__version__))
