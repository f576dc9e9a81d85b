"""Rows on spheres around the input that shrink until none of them holds a counterfactual.

Source: Laugel et al., Comparison-based inverse classification (growing spheres), 2017, arXiv:1712.08443.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Search, in_helpings
from xaivision.engines.counterfactuals.space import Room

# The first spheres lie from the farthest row down to this power of a half of its distance.
HALVINGS = 10
# A sphere that holds none ends the search; each one is smaller than the nearest found by this share at least.
SHRINK, MOST_SPHERES = 0.5, 30


def shrinking_spheres(room: Room, sample_size: int, generator: torch.Generator) -> Search:
    """Ask about `sample_size` rows at all distances, then about as many between the nearest that holds and half its distance,
    again and again, until none holds. Where none holds at first, rows drawn anywhere are the last chance.
    """
    if not len(room):
        return
    reach = float(room.farthest().sum())
    shares = torch.linspace(-HALVINGS, 0, sample_size, dtype=torch.float64, device="cpu")
    shares = shares[torch.randperm(sample_size, generator=generator, device="cpu")]  # the first of them lie at all distances
    columns = len(room.row)

    def spheres(radii: Tensor) -> Callable[[slice], Tensor]:
        return lambda part: on_spheres(room, radii[part], generator)

    asked = yield from in_helpings(sample_size, columns, spheres(reach * 2**shares))
    if not bool((asked.merits > 0).any()):
        asked = yield from in_helpings(sample_size, columns, lambda part: room.drawn(part.stop - part.start, generator))
    nearest = _nearest(asked.costs, asked.merits)
    for _ in range(MOST_SPHERES if nearest < torch.inf else 0):
        places = torch.linspace(SHRINK, 1, sample_size, dtype=torch.float64, device="cpu")
        asked = yield from in_helpings(sample_size, columns, spheres(nearest * places))
        found = _nearest(asked.costs, asked.merits)
        if not found < nearest:
            return
        nearest = found


def on_spheres(room: Room, radii: Tensor, generator: torch.Generator) -> Tensor:
    """(n, F) rows in random directions at these distances (n,), in the unit and the norm of the room's costs.

    Patterns change with a chance that grows with the distance. What is beyond a range is brought back by whoever asks.
    """
    count, numbers = len(radii), len(room.numbers)
    out = room.value.repeat(count, 1)
    chance = radii / float(room.farthest().sum())
    flips = torch.rand(count, len(room.choices), generator=generator, dtype=torch.float64, device="cpu") < chance[:, None]
    for place, (columns, patterns) in enumerate(room.choices):
        other = torch.randint(1, len(patterns), (count,), generator=generator, device="cpu")
        out[:, columns] = torch.where(flips[:, place, None], patterns[other], out[:, columns])
    directions = torch.randn(count, numbers, generator=generator, dtype=torch.float64, device="cpu")
    # Some directions with few columns: in many dimensions all others are far from every axis.
    few = torch.rand(count, 1, generator=generator, dtype=torch.float64, device="cpu")
    kept = torch.rand(count, numbers, generator=generator, dtype=torch.float64, device="cpu") < few
    directions = torch.where(kept.any(1, keepdim=True), directions * kept, directions)
    if numbers:
        length = directions.norm(p=room.space.norm, dim=1, keepdim=True).clamp_min(torch.finfo(torch.float64).tiny)
        weight = room.space.weight[room.numbers].clamp_min(torch.finfo(torch.float64).tiny)
        out[:, room.numbers] += radii[:, None] * directions / length / weight
    return room.rounded(out)


def _nearest(costs: Tensor, merits: Tensor) -> float:
    held = costs[merits > 0]
    return float(held.min()) if len(held) else torch.inf
