"""Which parts of an object lie where a prototype is found: the peak of its map, and the parts in a box around it."""

import torch
from torch import Tensor

from xaivision.engines.prototypes.enlarging import enlarged

# Values of enlarged maps that are held at a time.
MOST_VALUES = 2**24


def peaks(maps: Tensor, height: int, width: int) -> Tensor:
    """(B, P, 2) row and column of the largest value of each map (B, P, h, w), enlarged bicubically to a picture.

    Of several as large the first counts, row by row.

    Source: Huang et al., 2022, arXiv:2212.05946, section 3.
    """
    chunk = max(1, MOST_VALUES // (maps.shape[1] * height * width))
    found = [_flat_peaks(part, height, width) for part in torch.split(maps, chunk)]
    flat = torch.cat(found)
    return torch.stack([flat // width, flat % width], 2)


def middles(count: int, prototypes: int, height: int, width: int) -> Tensor:
    """(count, prototypes, 2) the row and column in the middle of a picture: where a prototype is that only knows the frame."""
    return torch.tensor([height // 2, width // 2], device="cpu").expand(count, prototypes, 2)


def part_hits(places: Tensor, points: Tensor, half: float, height: int, width: int) -> Tensor:
    """(B, P, K) whether part k, at `points` (B, K, 2) in rows and columns, is in the box around places (B, P, 2).

    The box reaches `half` of the picture's height up and down, and `half` of its width to both sides. A part whose point is
    NaN is not there, and in no box.

    Source: Huang et al., 2022, arXiv:2212.05946, section 3; half is 36 of 224 pixels there.
    """
    reach = half * torch.tensor([height, width], dtype=torch.float64, device=places.device)
    apart = (places[:, :, None].double() - points[:, None].double()).abs()
    return (apart <= reach).all(3)


def mask_points(masks: Tensor) -> Tensor:
    """(B, 2) float64 the pixel of each mask (B, H, W) that is nearest to its center of mass; NaN where it is empty."""
    rows, columns = (torch.arange(side, dtype=torch.float64, device=masks.device) for side in masks.shape[1:])
    inside = masks.double()
    area = inside.sum((1, 2))
    middle = torch.stack([(inside.sum(2) * rows).sum(1), (inside.sum(1) * columns).sum(1)], 1) / area[:, None]
    apart = (rows[:, None] - middle[:, 0, None, None]).square() + (columns - middle[:, 1, None, None]).square()
    flat = apart.masked_fill(~masks.bool(), torch.inf).flatten(1).argmin(1)
    found = torch.stack([flat // masks.shape[2], flat % masks.shape[2]], 1).double()
    return torch.where(area[:, None] > 0, found, torch.nan)


def _flat_peaks(maps: Tensor, height: int, width: int) -> Tensor:
    return enlarged(maps, height, width).flatten(2).argmax(2)
