"""Pixels that are not known, from those that are: each is the weighted mean of its neighbors."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

# Of the paper: direct neighbors weigh twice as much as diagonal ones. At the border the rest is scaled to 1.
WEIGHTS = {(0, 1): 1 / 6, (1, 0): 1 / 6, (1, 1): 1 / 12, (1, -1): 1 / 12}


def imputed(picture: Tensor, kept: Tensor) -> Tensor:
    """(C, H, W) the picture whose pixels outside `kept` (H, W) are the weighted means of their neighbors, all at once.

    A picture of which nothing is kept becomes its mean color. Source: Rong et al., 2022, arXiv:2202.00449.
    """
    if bool(kept.all()):
        return picture.clone()
    if not bool(kept.any()):
        return picture.mean((1, 2), keepdim=True).expand_as(picture).clone()
    known = kept.flatten().cpu().numpy()
    colors = picture.flatten(1).double().cpu().numpy()
    filled = colors.copy()
    filled[:, ~known] = _solved(colors, known, tuple(kept.shape))
    return torch.from_numpy(filled).view(picture.shape).to(picture)


def _solved(colors: np.ndarray, known: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(C, hidden) the values at which every hidden pixel is the mean of its neighbors."""
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    first, second, weights = _edges(*shape)
    number = np.cumsum(~known) - 1
    hidden = int(number[-1]) + 1
    total = np.bincount(first, weights, len(known))
    inner = ~known[first] & ~known[second]
    rim = ~known[first] & known[second]
    diagonal = np.arange(hidden)
    rows = np.concatenate([diagonal, number[first[inner]]])
    columns = np.concatenate([diagonal, number[second[inner]]])
    values = np.concatenate([total[~known], -weights[inner]])
    system = csc_array((values, (rows, columns)), shape=(hidden, hidden))
    right = np.stack([np.bincount(number[first[rim]], weights[rim] * color[second[rim]], hidden) for color in colors], 1)
    # The system is symmetric and its diagonal the largest: no pivoting is needed, and little fills in.
    solver = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return np.asarray(solver.solve(right)).T


@lru_cache(maxsize=4)
def _edges(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every pair of neighbors, both ways round: pixel numbers and the weight between them."""
    numbers = np.arange(height * width).reshape(height, width)
    first, second, weights = [], [], []
    for (down, right), weight in WEIGHTS.items():
        here = numbers[: height - down, max(0, -right) : width - max(0, right)].ravel()
        there = numbers[down:, max(0, right) : width + min(0, right)].ravel()
        first += [here, there]
        second += [there, here]
        weights += [np.full(2 * len(here), weight)]
    return np.concatenate(first), np.concatenate(second), np.concatenate(weights)
