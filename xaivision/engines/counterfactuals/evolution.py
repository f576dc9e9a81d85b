"""A population of rows that is crossed and mutated toward near, sparse rows that are decided as wished.

Source: the genetic search of DiCE (Mothilal et al., 2020, arXiv:1905.07697), after Schleich et al., GeCo, 2021, arXiv:2101.01292.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Ask, Asked, Search
from xaivision.engines.counterfactuals.space import Room

# Shares of a child's parts that come from its parents, from the row itself, and the rest that is drawn anew.
FROM_PARENTS, FROM_THE_ROW = 0.7, 0.9
# Generations without a better best that end the search.
PATIENCE = 5


@dataclass(frozen=True)
class Evolution:
    """`population` rows live at a time, at most `generations` times. The search ends when for some generations the best of
    them has not become better by the share `thresh`.
    """

    population: int
    generations: int
    thresh: float
    proximity_weight: float
    sparsity_weight: float


def evolved(room: Room, first: Tensor, plan: Evolution, generator: torch.Generator) -> Search:
    """Ask about a `first` population (n, F), filled up with random rows, and about its children and theirs."""
    if not len(room):
        return
    missing = max(0, plan.population - len(first))
    sizes = 1 + torch.arange(missing, device="cpu") % len(room)
    order = torch.rand(missing, len(room), generator=generator, dtype=torch.float64, device="cpu").argsort(1).argsort(1)
    drawn = room.mixed(room.final(room.drawn(missing, generator)), order < sizes[:, None])
    living = yield Ask(torch.cat([room.final(first[: plan.population]), drawn]))
    best, still = torch.inf, 0
    for _ in range(plan.generations):
        burden = _burden(room, living, plan)
        kept = burden.argsort(stable=True)[: max(2, plan.population // 2)]
        now = float(burden[kept[0]])
        better = now < best - plan.thresh * abs(best) if best < torch.inf else True
        best, still = (now, 0) if better else (best, still + 1)
        if still >= PATIENCE:
            return
        parents = Asked(living.rows[kept], living.merits[kept], living.costs[kept])
        children = yield Ask(_children(room, parents.rows, plan.population - len(kept), generator))
        living = Asked(*(torch.cat([old, new]) for old, new in zip(parents[:3], children[:3], strict=True)))


def _burden(room: Room, living: Asked, plan: Evolution) -> Tensor:
    """(n,) what selection holds against each row: what it costs and how much it changes, or else how far it is from holding."""
    cost = plan.proximity_weight * living.costs + plan.sparsity_weight * room.changed(living.rows).double().sum(1)
    worst = float(cost.max()) + 1
    return torch.where(living.merits > 0, cost / len(room), worst - living.merits)


def _children(room: Room, parents: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(count, F) each part from one of two parents, from the row itself, or drawn anew."""
    pairs = torch.randint(len(parents), (count, 2), generator=generator, device="cpu")
    first, second = parents[pairs[:, 0]], parents[pairs[:, 1]]
    draws = torch.rand(count, len(room), generator=generator, dtype=torch.float64, device="cpu")
    members = room.members.float()

    def columns(parts: Tensor) -> Tensor:
        return parts.float() @ members > 0

    child = torch.where(columns(draws < FROM_PARENTS / 2), first, second)
    child = torch.where(columns((draws >= FROM_PARENTS) & (draws < FROM_THE_ROW)), room.row, child)
    return torch.where(columns(draws >= FROM_THE_ROW), room.final(room.drawn(count, generator)), child)
