"""Chooses the few points whose weighted mean is most like a target, by an objective that every step improves."""

import torch
from torch import Tensor

from xaivision.engines.prototypes.selection import Chosen


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
