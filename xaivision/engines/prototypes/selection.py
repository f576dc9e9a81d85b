"""Chooses the few points whose mean is most like that of all, and those that these do not stand for."""

from typing import NamedTuple

import torch
from torch import Tensor

# By so much a kernel counts more than what none of its points share, for how different criticisms are.
VARIETY = 100


class Chosen(NamedTuple):
    """`indices`: of the chosen points, in the order of their choice. `objective`: its value after each, which never gets worse.

    `weights`: how much each stands for, where the method says.
    """

    indices: tuple[int, ...]
    objective: tuple[float, ...]
    weights: tuple[float, ...] | None = None


def mmd_prototypes(kernel: Tensor, count: int) -> Chosen:
    """The points whose mean is most like that of all: one after the other, each as good as any.

    `kernel` (n, n) between all points. The objective, which grows, is what choosing them has taken off the squared maximum mean
    discrepancy between all points and the chosen: 2 / (n m) of all similarities to the chosen minus 1 / m^2 of those among them.

    Source: Kim, Khanna, Koyejo, 2016, NIPS 2016, Examples are not Enough, Learn to Criticize.
    """
    means, diagonal = kernel.double().mean(1), kernel.double().diagonal()
    among = torch.zeros_like(means)
    total, inside, taken, values = 0.0, 0.0, list[int](), list[float]()
    for number in range(1, count + 1):
        after = 2 * (total + means) / number - (inside + 2 * among + diagonal) / number**2
        best = int(after.index_fill(0, torch.tensor(taken, dtype=torch.long, device="cpu"), -torch.inf).argmax())
        if values and float(after[best]) < values[-1]:
            break  # another one would make the chosen less like all
        taken.append(best)
        values.append(float(after[best]))
        total, inside = total + float(means[best]), inside + float(2 * among[best] + diagonal[best])
        among = among + kernel.double()[best]
    return Chosen(tuple(taken), tuple(values))


def mmd_criticisms(kernel: Tensor, prototypes: tuple[int, ...], count: int) -> Chosen:
    """The points that the prototypes stand for worst, none of them like another.

    The objective, which grows with each, is the sum over them of how far the mean similarity to all points is from that to the
    prototypes, plus the logarithm of the determinant of one and a hundred times the kernel K among them. The paper's is of K
    alone, which falls with every point beside the first: this one ranks points that differ as that does, and never falls.

    Source: Kim, Khanna, Koyejo, 2016, NIPS 2016, Examples are not Enough, Learn to Criticize.
    """
    kernel = kernel.double()
    witness = (kernel.mean(1) - kernel[:, list(prototypes)].mean(1)).abs()
    taken, values, total = list[int](), list[float](), 0.0
    spare = 1 + VARIETY * kernel.diagonal()  # what is left of each variance, given the ones taken
    factors = torch.zeros(0, len(kernel), dtype=kernel.dtype, device=kernel.device)
    for _ in range(count):
        gains = witness + spare.log()
        best = int(gains.index_fill(0, torch.tensor([*prototypes, *taken], dtype=torch.long, device="cpu"), -torch.inf).argmax())
        row = (VARIETY * kernel[best] - factors[:, best] @ factors) / spare[best].sqrt()
        factors, spare = torch.cat([factors, row[None]]), (spare - row.square()).clamp_min(1)
        taken.append(best)
        total += float(gains[best])
        values.append(total)
    return Chosen(tuple(taken), tuple(values))
