"""Chooses the few points that stand for many, by objectives that every step improves."""

from typing import NamedTuple

import torch
from torch import Tensor


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

    The objective, which grows, is the sum over them of how far the mean similarity to all points is from that to the prototypes,
    plus the logarithm of the determinant of the kernel among them.

    Source: Kim, Khanna, Koyejo, 2016, NIPS 2016, Examples are not Enough, Learn to Criticize.
    """
    kernel = kernel.double()
    witness = (kernel.mean(1) - kernel[:, list(prototypes)].mean(1)).abs()
    taken, values, total = list[int](), list[float](), 0.0
    spare = kernel.diagonal().clone()  # what is left of each variance, given the ones taken
    factors = torch.zeros(0, len(kernel), dtype=kernel.dtype, device=kernel.device)
    for _ in range(count):
        gains = witness + spare.clamp_min(torch.finfo(torch.float64).tiny).log()
        best = int(gains.index_fill(0, torch.tensor([*prototypes, *taken], dtype=torch.long, device="cpu"), -torch.inf).argmax())
        if values and float(gains[best]) < 0:
            break
        row = (kernel[best] - factors[:, best] @ factors) / spare[best].sqrt()
        factors, spare = torch.cat([factors, row[None]]), (spare - row.square()).clamp_min(0)
        taken.append(best)
        total += float(gains[best])
        values.append(total)
    return Chosen(tuple(taken), tuple(values))


def proto_dash(kernel: Tensor, means: Tensor, count: int) -> Chosen:
    """The points, with weights that are not negative, whose weighted mean is most like a target.

    `kernel` (n, n) between the points to choose from, `means` (n,) the mean similarity of each to the target. The objective
    w . means - w . kernel w / 2 grows with every choice; all weights are set anew each time.

    Source: Gurumoorthy et al., 2017, arXiv:1707.01212.
    """
    kernel, means = kernel.double(), means.double()
    taken, values = list[int](), list[float]()
    weights, slopes = means.new_zeros(0), means
    for _ in range(count):
        best = int(slopes.index_fill(0, torch.tensor(taken, dtype=torch.long, device="cpu"), -torch.inf).argmax())
        if taken and float(slopes[best]) <= 0:
            break  # nothing that is left would get a weight
        taken.append(best)
        weights = nonnegative_weights(kernel[taken][:, taken], means[taken])
        values.append(float(weights @ means[taken] - weights @ kernel[taken][:, taken] @ weights / 2))
        slopes = means - kernel[:, taken] @ weights
    return Chosen(tuple(taken), tuple(values), tuple(weights.tolist()))


def nonnegative_weights(kernel: Tensor, means: Tensor) -> Tensor:
    """(m,) the weights w >= 0 with the largest w . means - w . kernel w / 2; exact.

    Source: Lawson, Hanson, 1974, doi:10.1137/1.9781611971217, as non-negative least squares.
    """
    from scipy.optimize import nnls

    jitter = 1e-10 * float(kernel.diagonal().mean())
    root = torch.linalg.cholesky(kernel + jitter * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device))
    goal = torch.linalg.solve_triangular(root, means[:, None], upper=False)
    found, _ = nnls(root.T.numpy(), goal[:, 0].numpy())
    return torch.from_numpy(found)


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
