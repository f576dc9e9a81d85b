"""Non-local means: every pixel becomes the mean of pixels near it whose surroundings are like its own."""

from collections.abc import Iterator

import torch
from torch import Tensor

# Sides of the patches that are compared, and how far away they lie at most, on a grid of every fourth pixel: 24 others.
PATCH, REACH, STEP = 7, 8, 4
HALF = PATCH // 2
# So many numbers at once stay in a processor's cache.
CHUNK = 2**16


def non_local_means(images: Tensor, smoothing: float) -> Tensor:
    """(B, C, H, W) from the same: a patch as different as `smoothing`, on average over its values, counts 1 / e of an equal one.

    Patches are 7 x 7 and compared with 24 others, at most 8 pixels away along each axis, at every fourth pixel: all 289
    would change a photo by an eighth more, at 9 times the time. Beyond its edge a picture goes on as its mirror image.

    Source: Buades, Coll, Morel, 2005, doi:10.1109/CVPR.2005.38.
    """
    count = max(1, CHUNK // images[0, 0].numel())
    return torch.cat([_smoothed(part, smoothing) for part in torch.split(images, count)])


def _smoothed(images: Tensor, smoothing: float) -> Tensor:
    height, width = images.shape[2:]
    margin = REACH + HALF
    padded = images[:, :, _mirrored(height, margin, images)][..., _mirrored(width, margin, images)].contiguous()
    total, weights = images.clone(), torch.ones_like(images[:, :1])
    scale = -1 / (PATCH**2 * images.shape[1] * smoothing**2)
    for down, right in _ways():
        # From as far before the picture as the way goes: there and back have the same difference, which is summed once.
        rows, columns = (-down, height), (-max(0, right), width - min(0, right))
        here, there = _region(padded, rows, columns, (0, 0)), _region(padded, rows, columns, (down, right))
        alike = _sums(_differences(here, there)).mul_(scale).exp_()
        forth = alike[:, :, down : down + height, max(0, right) :][..., :width]
        back = alike[:, :, :height, max(0, -right) :][..., :width]
        for weight, way in ((forth, (down, right)), (back, (-down, -right))):
            total.addcmul_(weight, _region(padded, (0, height), (0, width), way, half=0))
            weights += weight
    return total / weights


def _ways() -> Iterator[tuple[int, int]]:
    """Down and right, to each place of the grid of which the opposite one is not among them."""
    for down in range(0, REACH + 1, STEP):
        for right in range(-REACH, REACH + 1, STEP):
            if down > 0 or right > 0:
                yield down, right


def _region(padded: Tensor, rows: tuple[int, int], columns: tuple[int, int], way: tuple[int, int], half: int = HALF) -> Tensor:
    """What lies this way from these rows and columns of the picture, and `half` a patch around it."""
    margin = REACH + HALF
    top, bottom = (margin + row + way[0] for row in rows)
    left, right = (margin + column + way[1] for column in columns)
    return padded[:, :, top - half : bottom + half, left - half : right + half]


def _differences(here: Tensor, there: Tensor) -> Tensor:
    """(B, 1, H, W) squared, summed over channels (B, C, H, W): one after the other, which a processor's cache holds."""
    found = (here[:, :1] - there[:, :1]).square_()
    for channel in range(1, here.shape[1]):
        one = here[:, channel : channel + 1] - there[:, channel : channel + 1]
        found.addcmul_(one, one)
    return found


def _sums(values: Tensor) -> Tensor:
    """(B, 1, H - 6, W - 6) over every patch of values (B, 1, H, W): sums of 2 make those of 4, and with them those of 7."""
    for axis in (-1, -2):
        size = values.shape[axis]
        two = values.narrow(axis, 0, size - 1) + values.narrow(axis, 1, size - 1)
        four = two.narrow(axis, 0, size - 3) + two.narrow(axis, 2, size - 3)
        seven = four.narrow(axis, 0, size - 6) + two.narrow(axis, 4, size - 6)
        values = seven.add_(values.narrow(axis, 6, size - 6))
    return values


def _mirrored(length: int, margin: int, images: Tensor) -> Tensor:
    """Which row, or column, stands at each place from `margin` before the picture to as far behind it."""
    places = torch.arange(-margin, length + margin, device=images.device)
    around = max(1, 2 * (length - 1))
    return torch.minimum(places % around, around - places % around).clamp_max(length - 1)
