"""A sonar scene as a picture in which target and shadow are seen: what an explanation should find."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from PIL import Image
from torch import Tensor

from xaivision.report.palette import LINE_COLORS
from xaivision.report.photo import Pixels, photo_pixels

# So many times as large, so that single pixels are seen; a mask has the color of its place among them, laid on so thickly.
ENLARGED, THICK = 3, 0.55


def scene_pixels(picture: Tensor, masks: Mapping[str, Tensor]) -> Pixels:
    """(H, W, 3) bytes of a picture (C, H, W), each of the masks (H, W) in a color of its own."""
    pixels = photo_pixels(picture).astype(np.float64)
    for place, mask in enumerate(masks.values()):
        color = np.array([int(LINE_COLORS[1 - place % 2][start : start + 2], 16) for start in (1, 3, 5)], dtype=np.float64)
        inside = mask.cpu().numpy().astype(bool)
        pixels[inside] = (1 - THICK) * pixels[inside] + THICK * color
    return np.rint(pixels).astype(np.uint8)


def scenes_png(pictures: Tensor, masks: Sequence[Mapping[str, Tensor]] | None = None) -> bytes:
    """A PNG: the pictures (B, C, H, W) in a row, and below each the same with its `masks`, of which the first is orange."""
    rows = [np.concatenate([_framed(photo_pixels(one)) for one in pictures], axis=1)]
    if masks is not None:
        masked = [_framed(scene_pixels(one, mine)) for one, mine in zip(pictures, masks, strict=True)]
        rows.append(np.concatenate(masked, axis=1))
    stream = BytesIO()
    Image.fromarray(np.concatenate(rows)).save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _framed(pixels: Pixels) -> Pixels:
    """Enlarged, with white around it."""
    large = pixels.repeat(ENLARGED, 0).repeat(ENLARGED, 1)
    framed: Pixels = np.pad(large, ((6, 6), (6, 6), (0, 0)), constant_values=255)
    return framed
