"""Values taken over from cases that are decided as wished: nearest unlike neighbors.

Source: the kd-tree of DiCE (Mothilal et al., 2020, arXiv:1905.07697); Keane and Smyth, 2020, arXiv:2005.13997.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.rooms import Rooms
from xaivision.engines.counterfactuals.searching import Ask, Search, helpings


def transplants(rooms: Rooms, owners: Tensor, cases: Sequence[Tensor], enough: int) -> Search:
    """Ask, for each of these rooms (b,), about its row with everything that may change taken from one of its `cases` (n, F), in
    their order and in growing helpings, until `enough` of them hold.
    """
    found = torch.zeros(len(rooms.each), dtype=torch.int64, device="cpu")
    start, count = 0, 2 * enough
    while True:
        taken = [
            (owner, rows[start : start + count])
            for owner, rows in zip(owners.tolist(), cases, strict=True)
            if start < len(rows) and found[owner] < enough
        ]
        if not taken:
            return
        every = torch.cat([torch.full((len(rows),), owner, device="cpu") for owner, rows in taken])
        asked = yield Ask(torch.cat([rows for _, rows in taken]), owners=every)
        found += torch.bincount(every[asked.merits > 0], minlength=len(found))
        start, count = start + count, 2 * count


def by_distance(rooms: Rooms, owners: Tensor, cases: Tensor, sparsity_weight: float = 0.0) -> list[Tensor]:
    """Of the cases (n, F) those that change anything of each of these rooms (b,), nearest first; each changed part counts
    `sparsity_weight` on top, as a share of all parts.
    """
    if not len(cases):
        return [cases] * len(owners)
    parts = helpings(len(owners), cases.numel())
    return [rows for part in parts for rows in _by_distance(rooms, owners[part], cases, sparsity_weight)]


def _by_distance(rooms: Rooms, owners: Tensor, cases: Tensor, sparsity_weight: float) -> list[Tensor]:
    every, shape = owners.repeat_interleave(len(cases)), (len(owners), len(cases))
    taken = rooms.final(cases.repeat(len(owners), 1), every)
    changed, movable = rooms.changed(taken, every).sum(1).double().view(shape), rooms.movable[owners].sum(1, keepdim=True)
    burden = rooms.cost(taken, every).view(shape) / movable + sparsity_weight * changed / movable
    order = burden.argsort(dim=1, stable=True)
    return [cases[places[differs[places]]] for places, differs in zip(order, changed > 0, strict=True)]
