"""What an image classifier does to pixels in [0, 1] before anything else: (x - mean) / std in each channel."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import InputError


@dataclass(frozen=True)
class Normalization:
    """`mean` and `std`: one number a channel, or one for all."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """(B, C, H, W) in the dtype of the images."""
        mean, std = (torch.tensor(part, dtype=torch.float64, device="cpu").view(1, -1, 1, 1) for part in (self.mean, self.std))
        return torch.addcmul((-mean / std).to(images), images, (1 / std).to(images))  # in one pass over the pixels


def normalization(mean: Sequence[float] | None, std: Sequence[float] | None, channels: int | None) -> Normalization | None:
    """None where neither is given.

    Raises: InputError, where only one is given, a `std` is not positive, or their number is not that of the channels.
    """
    if mean is None and std is None:
        return None
    if mean is None or std is None or len(mean) != len(std) or min(std) <= 0:
        raise InputError(
            f"`mean` and `std` must be given together, one number a channel, with positive `std`. Got {mean} and {std}."
        )
    if len(mean) not in (1, channels or len(mean)):
        raise InputError(f"`mean` and `std` must have one number for each of {channels} channels. Got {len(mean)}.")
    return Normalization(tuple(mean), tuple(std))
