"""The mirror images of a picture that are pictures of the same thing."""

from collections.abc import Mapping

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.models.transfer_recipe import Flips

ROWS, COLUMNS = 2, 3
# For each setting the axes of (B, C, H, W) that each version is flipped along; the first version is the picture itself.
VERSIONS: Mapping[Flips, tuple[tuple[int, ...], ...]] = {
    "none": ((),),
    "horizontal": ((), (COLUMNS,)),
    "both": ((), (COLUMNS,), (ROWS,), (ROWS, COLUMNS)),
}


def drawn_versions(count: int, flips: Flips, seed: int, epoch: int) -> Tensor:
    """(count,) which version of each picture is shown in this epoch."""
    return torch.randint(len(VERSIONS[flips]), (count,), generator=generator(seed, "flips", epoch), device="cpu")


def flipped(images: Tensor, versions: Tensor, flips: Flips) -> Tensor:
    """(B, C, H, W): each picture in its version (B,)."""
    found = images.clone()
    for number, axes in enumerate(VERSIONS[flips]):
        rows = versions == number
        if axes and bool(rows.any()):
            found[rows] = images[rows].flip(axes)
    return found
