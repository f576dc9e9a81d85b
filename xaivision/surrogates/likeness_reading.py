"""What a surrogate reads of a picture by its likeness to prototypes: known pictures, seen as a layer of a network sees them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from xaivision.core.errors import InputError
from xaivision.surrogates.reading import Measured


def likenesses(names: Sequence[str], layer_values: nn.Module, prototypes: Tensor) -> Measured:
    """Cosine of what `layer_values` gives for a picture, (B, D) or pooled to it, with that for each prototype (n, *S).

    Raises: InputError, where there is not one prototype a name.
    """
    if len(prototypes) != len(names):
        raise InputError(f"`prototypes` must be one for each of {len(names)} names. Got {len(prototypes)}.")
    known = _directions(layer_values, prototypes)
    return Measured(tuple(names), lambda pictures: _directions(layer_values, pictures) @ known.T)


def _directions(layer_values: nn.Module, pictures: Tensor) -> Tensor:
    """(B, D) float64 of length 1."""
    with torch.no_grad():
        values = layer_values(pictures)
    return normalize((values.flatten(2).mean(2) if values.ndim > 2 else values).double().cpu())
