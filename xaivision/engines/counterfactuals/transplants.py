"""Values taken over from cases that are decided as wished: nearest unlike neighbors.

Source: the kd-tree of DiCE (Mothilal et al., 2020, arXiv:1905.07697); Keane and Smyth, 2020, arXiv:2005.13997.
"""

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Ask, Search
from xaivision.engines.counterfactuals.space import Room


def transplants(room: Room, cases: Tensor, sparsity_weight: float, enough: int) -> Search:
    """Ask about the row with everything that may change taken from one of the `cases` (n, F), nearest first, in growing
    helpings, until `enough` of them hold.
    """
    order = by_distance(room, cases, sparsity_weight)
    start, count, found = 0, 2 * enough, 0
    while start < len(order) and found < enough:
        asked = yield Ask(cases[order[start : start + count]])
        found += int((asked.merits > 0).sum())
        start, count = start + count, 2 * count


def by_distance(room: Room, cases: Tensor, sparsity_weight: float = 0.0) -> Tensor:
    """Numbers of the cases that change anything, nearest first; each changed part counts `sparsity_weight` on top, as a share
    of all parts.
    """
    if not len(cases) or not len(room):
        return torch.zeros(0, dtype=torch.int64, device="cpu")
    taken = room.final(cases)
    changed = room.changed(taken)
    burden = room.cost(taken) / len(room) + sparsity_weight * changed.double().mean(1)
    order = burden.argsort(stable=True)
    return order[changed.any(1)[order]]
