"""Which maps are alike, whatever their size."""

import torch
from torch import Tensor


def alike(maps: Tensor, others: Tensor, threshold: float) -> Tensor:
    """(B, R) bool on the CPU: whether each of maps (B, n) and each of others (R, n) lie within `threshold`, both of length 1.

    The distance of two maps of length 1 goes from 0, where they are multiples of each other, over the square root of 2 to
    2, where one is the other with its sign turned. A map that is zero, or not finite, is like none.
    """
    first, second = _of_length_one(maps), _of_length_one(others)
    return torch.stack([(second - one).norm(dim=1) <= threshold for one in first]).cpu()


def _of_length_one(maps: Tensor) -> Tensor:
    """(B, n) in float64; NaN, which is near nothing, for maps without a direction."""
    largest = maps.double().abs().amax(1, keepdim=True)
    scaled = maps.double() / largest  # squares of what is very small would vanish
    found: Tensor = scaled / scaled.norm(dim=1, keepdim=True)
    return found
