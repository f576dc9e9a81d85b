"""What methods are given of a set: a background, and of pictures a baseline that holds nothing and tiles."""

import torch
from torch import Tensor

from xaivision.data.known_answers.known_set import KnownSet

# Rows of the background of methods that take one, and players along a side of a picture.
BACKGROUND, PLAYERS = 20, 8


def given_of(known: KnownSet) -> dict[str, object]:
    """By the name of the setting, for methods that have it."""
    background = known.learned.inputs[:BACKGROUND]
    if background.ndim == 2:
        return {"background": background}
    return {
        "background": background,
        "baseline": torch.full(background.shape[1:], known.neutral),
        "segments": tiles(*background.shape[2:]),
    }


def tiles(height: int, width: int) -> Tensor:
    """(H, W) numbers of tiles, at most eight along a side: pixels themselves where the picture is that small."""
    rows, columns = (torch.arange(side, device="cpu") * min(side, PLAYERS) // side for side in (height, width))
    return min(width, PLAYERS) * rows[:, None] + columns
