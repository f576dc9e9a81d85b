"""How different the members of a set are, and sets that are near and different at once.

Source: Mothilal et al., Explaining machine learning classifiers through diverse counterfactual explanations, 2020,
arXiv:1905.07697.
"""

from collections.abc import Callable

import torch
from torch import Tensor

# What DiCE adds to the diagonal, so that the determinant of a kernel of equal rows can be told from one that is broken.
RIDGE = 1e-4


def kernel(distances: Tensor) -> Tensor:
    """(n, n) similarities 1 / (1 + distance)."""
    return 1 / (1 + distances.double())


def diversity(distances: Tensor) -> float:
    """The determinant of the kernel of a set with these distances (n, n): 0 where two are equal, toward 1 far apart.

    0 for a single member: nothing is different from it.
    """
    if len(distances) < 2:
        return 0.0
    return float(torch.linalg.det(kernel(distances)).clamp_min(0))


def diverse_choice(
    costs: Tensor, distances: Callable[[Tensor], Tensor], k: int, proximity_weight: float, diversity_weight: float
) -> Tensor:
    """(B, k) numbers of members of each of the sets: the cheapest, then always the one that adds most determinant for its cost.

    `costs` (B, n), infinite where a set has fewer members, as the numbers from n on say that it has no more to choose;
    `distances(i)` (B, n) from one member (B,) of each set to all of it. Costs are taken in units of the cheapest, so that the
    weights mean the same in every table.
    """
    count, sets = costs.shape[1], torch.arange(len(costs), device="cpu")
    costs = costs.double()
    least = costs.amin(1, keepdim=True)
    unit = torch.where((least > 0) & least.isfinite(), least, 1.0)
    dear = proximity_weight * costs / unit
    chosen = [torch.where(least[:, 0].isfinite(), costs.argmin(1), count)]
    free = costs.isfinite() & (torch.arange(count, device="cpu") != chosen[0][:, None])
    determinant = torch.ones(len(costs), 1, dtype=torch.float64, device="cpu")
    # By how much each member would multiply the determinant, and the rows of the Cholesky factors of the chosen ones' kernels.
    gains, factor = torch.full_like(costs, 1 + RIDGE), torch.zeros(len(costs), 0, count, dtype=torch.float64, device="cpu")
    while len(chosen) < min(k, count):
        last = chosen[-1].clamp_max(count - 1)
        similar = 1 / (1 + distances(last).double() / unit)
        similar[sets, last] += RIDGE
        gain = gains.gather(1, last[:, None])
        row = (similar - (factor[sets, :, last, None] * factor).sum(1)) / gain.sqrt()
        determinant = determinant * gain
        factor, gains = torch.cat([factor, row[:, None]], 1), gains - row.square()
        worth = torch.where(free, diversity_weight * determinant * gains - dear, -torch.inf)
        chosen.append(torch.where(free.any(1), worth.argmax(1), count))
        free = free & (torch.arange(count, device="cpu") != chosen[-1][:, None])
    return torch.stack(chosen, 1)
