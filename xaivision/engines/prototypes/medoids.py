"""Chooses the few points to which all others are nearest, by an objective that every exchange improves."""

import torch
from torch import Tensor

from xaivision.engines.prototypes.selection import Chosen


def k_medoids(distances: Tensor, count: int) -> Chosen:
    """The points to whose nearest all others are nearest in sum: a greedy choice, then the best exchange until none helps.

    `distances` (n, n). The objective, which falls, is that sum, after the greedy choice and after each exchange.

    Source: Kaufman, Rousseeuw, 1990, doi:10.1002/9780470316801, PAM; Schubert, Rousseeuw, 2018, arXiv:1810.05691.
    """
    distances = distances.double()
    taken = _greedy_medoids(distances, count)
    values = [_cost(distances, taken)]
    while True:
        changed, cost = _best_exchange(distances, taken)
        if not cost < values[-1]:
            return Chosen(tuple(taken), tuple(values), _shares(distances, taken))
        taken, values = changed, [*values, cost]


def _greedy_medoids(distances: Tensor, count: int) -> list[int]:
    nearest = torch.full((len(distances),), torch.inf, dtype=distances.dtype, device=distances.device)
    taken: list[int] = []
    for _ in range(count):
        costs = torch.minimum(distances, nearest[:, None]).sum(0)
        taken.append(int(costs.index_fill(0, torch.tensor(taken, dtype=torch.long, device="cpu"), torch.inf).argmin()))
        nearest = torch.minimum(nearest, distances[:, taken[-1]])
    return taken


def _best_exchange(distances: Tensor, taken: list[int]) -> tuple[list[int], float]:
    best, cost = taken, torch.inf
    for place in range(len(taken)):
        others = [*taken[:place], *taken[place + 1 :]]
        left = (
            distances[:, others].amin(1)
            if others
            else torch.full((len(distances),), torch.inf, dtype=distances.dtype, device=distances.device)
        )
        costs = (
            torch.minimum(distances, left[:, None])
            .sum(0)
            .index_fill(0, torch.tensor(taken, dtype=torch.long, device="cpu"), torch.inf)
        )
        at = int(costs.argmin())
        if float(costs[at]) < cost:
            best, cost = [*taken[:place], at, *taken[place + 1 :]], float(costs[at])
    return best, cost


def _cost(distances: Tensor, taken: list[int]) -> float:
    return float(distances[:, taken].amin(1).sum())


def _shares(distances: Tensor, taken: list[int]) -> tuple[float, ...]:
    """Of all points the share that is nearest to each of the chosen."""
    counts = distances[:, taken].argmin(1).bincount(minlength=len(taken))
    return tuple((counts.double() / len(distances)).tolist())
