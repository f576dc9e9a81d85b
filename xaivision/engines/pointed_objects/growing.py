"""What eyes tell apart, and the parts of a region that hang together with points."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.filters import gaussian_blur
from xaivision.engines.points import EvidencePoint
from xaivision.engines.superpixels import channels_last, lightness_like


def perceived(image: Tensor, smoothing: float = 0.0) -> np.ndarray:
    """(H, W, C) float64 of an image (C, H, W): Lab colors, or lightness, so that distances are those that eyes see.

    `smoothing`: the standard deviation, in pixels, of the blur before.
    """
    if smoothing:
        image = gaussian_blur(image.detach()[None].double(), 2 * max(1, round(3 * smoothing)) + 1, smoothing)[0]
    pixels = channels_last(image)
    if pixels.shape[-1] != 3:
        return lightness_like(pixels)
    from skimage.color import rgb2lab

    colors: np.ndarray = rgb2lab(pixels)
    return colors


def hanging_together(region: np.ndarray, points: Sequence[EvidencePoint]) -> Tensor:
    """(H, W) bool: the pixels of a region (H, W) that reach a positive point without leaving it."""
    from scipy.ndimage import label

    areas, _ = label(region)
    held = {int(areas[point.row, point.column]) for point in points if point.positive} - {0}
    return torch.from_numpy(np.isin(areas, list(held)))


def without_negatives(candidates: Tensor, points: Sequence[EvidencePoint]) -> Tensor:
    """The candidates (K, H, W) that hold no negative point.

    Raises: InputError, where each of them holds one.
    """
    return candidates[apart_from_negatives(candidates, points)]


def apart_from_negatives(candidates: Tensor, points: Sequence[EvidencePoint]) -> Tensor:
    """(K,) bool: which of the candidates (K, H, W) hold no negative point.

    Raises: InputError, where each that marks something holds one.
    """
    held = torch.zeros(len(candidates), dtype=torch.bool, device="cpu")
    for point in points:
        if not point.positive:
            held |= candidates[:, point.row, point.column]
    if bool(held.any()) and bool(held[candidates.flatten(1).any(1)].all()):
        raise InputError(
            "The object must be apart from the negative points. Got a negative point in every region around the positive ones. "
            "Pass fewer negative points, or another segmenter."
        )
    return ~held
