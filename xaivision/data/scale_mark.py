"""The scale mark that sonar programs burn into a picture: white letters on black paint."""

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from xaivision.core.errors import InputError

# Pixels of the letters, and of the paint around them.
LETTERS, PAINT = 12, (42, 16)


def with_scale_mark(picture: Tensor, text: str = "10 M", corner: tuple[int, int] = (2, 2)) -> Tensor:
    """(C, H, W) in [0, 1]: the picture with a mark of 42 x 16 pixels, its upper left `corner` so far from the top and the left.

    Raises: InputError, where the mark would not lie inside.
    """
    height, width = picture.shape[1:]
    top, left = corner
    if min(corner) < 0 or top + PAINT[1] > height or left + PAINT[0] > width:
        raise InputError(
            f"A mark of {PAINT[1]} x {PAINT[0]} pixels must lie inside the picture. Got {corner} of {height} x {width}."
        )
    mark = Image.new("L", PAINT, 0)
    font = ImageFont.load_default(LETTERS)
    ImageDraw.Draw(mark).text((3, 1), text, fill=255, font=font, stroke_width=1)
    pixels = torch.from_numpy(np.asarray(mark, dtype=np.float32) / 255).to(picture)
    marked = picture.clone()
    marked[:, top : top + PAINT[1], left : left + PAINT[0]] = pixels
    return marked
