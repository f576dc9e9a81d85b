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
    costs: Tensor, distances: Callable[[int], Tensor], k: int, proximity_weight: float, diversity_weight: float
) -> list[int]:
    """Numbers of up to `k` members: the cheapest, then always the one that adds most determinant for its cost.

    `costs` (n,); `distances(i)` (n,) from one member to all. Costs are taken in units of the cheapest, so that the weights
    mean the same in every table.
    """
    if not len(costs):
        return []
    unit = float(costs.min()) or 1.0
    dear = proximity_weight * costs.double() / unit
    chosen, determinant = [int(costs.argmin())], 1.0
    # By how much each member would multiply the determinant, and the rows of the Cholesky factor of the chosen ones' kernel.
    gains, factor = torch.full((len(costs),), 1 + RIDGE, dtype=torch.float64, device="cpu"), dear[None][:0]
    while len(chosen) < min(k, len(costs)):
        last = chosen[-1]
        similar = 1 / (1 + distances(last).double() / unit)
        similar[last] += RIDGE
        row = (similar - factor[:, last] @ factor) / gains[last].sqrt()
        determinant *= float(gains[last])
        factor, gains = torch.cat([factor, row[None]]), gains - row.square()
        worth = diversity_weight * determinant * gains - dear
        worth[chosen] = -torch.inf
        chosen.append(int(worth.argmax()))
    return chosen
