"""What was written over a picture: letters and scale marks, told from echoes by two tones that alternate without grain."""

import numpy as np
import torch
from torch import Tensor

# Paint is next to black or next to white: between these gray levels there is hardly a pixel of a mark.
BLACK, WHITE = 0.12, 0.85
# In a window of so many pixels around a mark, so many are black and even, so many white, and so few between.
WINDOW = 15
LEAST_BLACK, LEAST_WHITE, MOST_BETWEEN = 0.15, 0.08, 0.3
# Letters go from black to white and back many times, in both directions; an echo beside its shadow does so once a row.
# Measured on side-scan pictures of wrecks, planes and victims: letters have 0.54 to 0.80, echoes 0.45 at most, but for 1 in 60.
JUMP, LEAST_JUMPS = 0.6, 0.5


def burnt_in_marks(picture: Tensor) -> Tensor:
    """(H, W) bool of a picture (C, H, W): letters in white on black paint, or black on white, with the paint around them.

    Found are letters of about 8 to 14 pixels in strokes of 2. Hairlines and frames are not, nor are letters in color or straight
    over the echoes.
    """
    gray = picture.detach().double().cpu().mean(0).numpy()
    return torch.from_numpy(_lettered(gray) | _lettered(1 - gray))


def _lettered(gray: np.ndarray) -> np.ndarray:
    """(H, W) pixels of paint around windows that hold white letters on even black."""
    from scipy.ndimage import label, maximum_filter

    black, white = gray <= BLACK, gray >= WHITE
    even = maximum_filter(gray, 3, mode="nearest") <= BLACK  # shadows hold noise, and speckle black pixels alone
    two_toned = np.zeros_like(black)
    if even.any() and white.any():
        two_toned = (_share(even) >= LEAST_BLACK) & (_share(white) >= LEAST_WHITE)
    if not two_toned.any():
        return two_toned
    two_toned &= _share(~(black | white)) <= MOST_BETWEEN
    areas, _ = label(two_toned, np.ones((3, 3), dtype=int))
    lettered = np.isin(areas, np.unique(areas[two_toned & (_jumps(gray) >= LEAST_JUMPS)]))
    near = maximum_filter(lettered, WINDOW // 2, mode="constant")
    painted: np.ndarray = near & (black | white)
    return painted


def _jumps(gray: np.ndarray) -> np.ndarray:
    """(H, W) share of pixels around whose two neighbors differ as black and white do, across and down added up."""
    across, down = np.zeros_like(gray, dtype=bool), np.zeros_like(gray, dtype=bool)
    across[:, 1:-1] = np.abs(gray[:, 2:] - gray[:, :-2]) >= JUMP
    down[1:-1] = np.abs(gray[2:] - gray[:-2]) >= JUMP
    found: np.ndarray = _share(across) + _share(down)
    return found


def _share(pixels: np.ndarray) -> np.ndarray:
    from scipy.ndimage import uniform_filter

    found: np.ndarray = uniform_filter(pixels.astype(np.float64), WINDOW, mode="nearest")
    return found
