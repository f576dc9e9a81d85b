"""Paths from case to near case through where cases are dense.

Source: Poyiadzi et al., FACE: feasible and actionable counterfactual explanations, 2020, arXiv:1909.09369.
"""

import numpy as np
import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Ask, Search
from xaivision.engines.counterfactuals.space import Room


def feasible(room: Room, cases: Tensor) -> Tensor:
    """(n,) whether each case (n, F) is a row that this one may become."""
    return (room.final(cases) == cases.to(room.row.dtype)).all(1)


def densest_paths(room: Room, cases: Tensor, wished: Tensor, neighbors: int, k: int) -> Search:
    """Ask about the `k` cases (n, F) that are `wished` (n,) at the end of the shortest paths from the row.

    A path goes from case to one of its nearest `neighbors`; each piece is as long as its distance, times how sparse the
    cases are at its ends.
    """
    reachable = feasible(room, cases).nonzero().flatten()
    if not len(reachable) or not bool(wished[reachable].any()):
        return
    lengths = path_lengths(room, cases[reachable], neighbors)
    mine = (wished[reachable] & lengths.isfinite()).nonzero().flatten()
    order = mine[lengths[mine].argsort(stable=True)]
    rows = cases[reachable[order]].to(room.row.dtype)
    start = 0
    found = 0
    while start < len(rows) and found < k:
        asked = yield Ask(rows[start : start + k])
        found += int((asked.merits > 0).sum())
        start += k


def path_lengths(room: Room, cases: Tensor, neighbors: int) -> Tensor:
    """(n,) length of the shortest path from the row to each case; infinite where none leads there."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    points = torch.cat([room.row[None], cases.to(room.row.dtype)])
    near, far = nearest_cases(room, points, min(neighbors, len(points) - 1))
    sparse = far[:, -1] / far[:, -1].median().clamp_min(torch.finfo(torch.float64).tiny)
    # A length of 0 would be no edge at all.
    lengths = (far * (sparse[:, None] + sparse[near]) / 2).clamp_min(1e-12)
    rows = np.repeat(np.arange(len(points)), near.shape[1])
    graph = csr_array((lengths.flatten().numpy(), (rows, near.flatten().numpy())), shape=(len(points), len(points)))
    return torch.from_numpy(dijkstra(graph, directed=False, indices=0))[1:]


def nearest_cases(room: Room, points: Tensor, k: int, part: int = 256) -> tuple[Tensor, Tensor]:
    """Numbers (n, k) and distances of the nearest other points of each, nearest first."""
    numbers, distances = [], []
    for start in range(0, len(points), part):
        found = room.space.between(points[start : start + part], points)
        own = torch.arange(start, start + len(found), device="cpu")
        found[torch.arange(len(found), device="cpu"), own] = torch.inf
        near = found.topk(k, dim=1, largest=False, sorted=True)
        numbers.append(near.indices)
        distances.append(near.values)
    return torch.cat(numbers), torch.cat(distances)
