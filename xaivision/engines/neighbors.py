"""Nearest rows of a set, exact."""

import torch
from torch import Tensor


def nearest(points: Tensor, candidates: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Indices (B, k) of the nearest candidates of each point and their Euclidean distances, nearest first.

    Differences are taken before squaring, in float64: the fast expansion of the square loses small distances.
    """
    candidates = candidates.double()
    rows = [_nearest_one(point, candidates, k) for point in points.double()]
    return torch.stack([index for index, _ in rows]), torch.stack([distance for _, distance in rows])


def _nearest_one(point: Tensor, candidates: Tensor, k: int) -> tuple[Tensor, Tensor]:
    distances = (candidates - point).norm(dim=1)
    order = distances.argsort(stable=True)[:k]
    return order, distances[order]
