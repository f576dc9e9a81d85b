"""A picture with everything outside a region faded towards the paper."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xaivision.report.photo import Pixels, photo_pixels

# How much of the paper's white lies over what is outside.
FADING = 0.6


def faded_outside(image: Tensor, inside: NDArray[np.bool_]) -> Pixels:
    """The bytes (H, W, 3) of an image (C, H, W), faded where it is not `inside` (H, W)."""
    pixels = photo_pixels(image).astype(np.float64)
    pixels[~inside] = (1 - FADING) * pixels[~inside] + FADING * 255
    return np.rint(pixels).astype(np.uint8)
