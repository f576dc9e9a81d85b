"""Where a picture shows nothing: the outside of a fan, a border of one color, black bars."""

import numpy as np
import torch
from torch import Tensor

# Echoes have grain: what differs by no more than this over so many pixels is painted. JPEG leaves a trace on even areas.
EVEN, REACH = 2.5 / 255, 5
# A smaller area at an edge is chance.
SMALLEST = 0.002


def empty_area(picture: Tensor) -> Tensor:
    """(H, W) bool of a picture (C, H, W): even areas that reach an edge, each at least 0.2 % of the picture.

    Even areas inside are shadows, or objects that are brighter than the picture can tell. A picture that is even throughout is
    empty throughout.
    """
    from scipy.ndimage import label, maximum_filter, minimum_filter

    values = picture.detach().float().cpu().numpy()
    ranges = [maximum_filter(one, REACH, mode="nearest") - minimum_filter(one, REACH, mode="nearest") for one in values]
    even = np.max(ranges, axis=0) <= EVEN
    areas, count = label(even)
    if not count:
        return torch.zeros(picture.shape[1:], dtype=torch.bool, device="cpu")
    sizes = np.bincount(areas.ravel(), minlength=count + 1)
    at_edge = np.unique(np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]]))
    chosen = [area for area in at_edge.tolist() if area and sizes[area] >= SMALLEST * areas.size]
    # What lies within reach of an even pixel is as even as it: the rim that the window cost.
    return torch.from_numpy(maximum_filter(np.isin(areas, chosen), REACH, mode="constant"))
