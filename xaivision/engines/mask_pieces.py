"""How many pieces a mask is in, and which of them is the largest."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

# Specks are no pieces: so much of the mask a part must hold to be one.
SPECK = 0.01


@dataclass(frozen=True, eq=False)
class Pieces:
    """`count`: parts that touch nowhere, not even at a corner, without specks of less than a hundredth of the mask; `largest`
    (H, W) bool on the CPU.
    """

    count: int
    largest: Tensor


def mask_pieces(mask: Tensor) -> Pieces:
    """Of a mask (H, W); an empty one has no pieces."""
    from scipy.ndimage import label

    areas, _ = label(mask.detach().cpu().numpy().astype(bool), np.ones((3, 3)))
    sizes = np.bincount(areas.ravel())[1:]
    if not len(sizes):
        return Pieces(0, torch.zeros(mask.shape, dtype=torch.bool, device="cpu"))
    return Pieces(int((sizes >= SPECK * sizes.sum()).sum()), torch.from_numpy(areas == 1 + sizes.argmax()))
