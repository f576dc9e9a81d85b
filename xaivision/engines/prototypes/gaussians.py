"""Normal distributions as centers, spreads and what ties their columns: drawn from, measured and fitted."""

from math import log, pi
from typing import NamedTuple

import torch
from torch import Tensor

# What a variance is raised by before a root is taken of a covariance, as a share of the mean variance.
JITTER = 1e-4


class Gaussians(NamedTuple):
    """P normal distributions of D columns. `centers` (P, D); `log_spread` (P, D) the logarithms of the diagonal of the lower
    Cholesky factor of each covariance, and `below` (P, D, D), of which only what is below the diagonal counts; None where
    columns are independent.
    """

    centers: Tensor
    log_spread: Tensor
    below: Tensor | None = None

    def drawn(self, noise: Tensor) -> Tensor:
        """(S, P, D) a point of each for standard normal noise (S, P, D)."""
        moves = noise * self.log_spread.exp()
        if self.below is not None:
            moves = moves + torch.einsum("pde,spe->spd", self.below.tril(-1), noise)
        return self.centers + moves

    def log_density(self, points: Tensor) -> Tensor:
        """(B, P) of points (B, D), natural logarithms."""
        apart = points[:, None] - self.centers
        if self.below is None:
            standard = apart / self.log_spread.exp()
        else:
            standard = torch.linalg.solve_triangular(self.factors(), apart.movedim(0, 2), upper=False).movedim(2, 0)
        return -standard.square().sum(2) / 2 - self.log_spread.sum(1) - self.centers.shape[1] * log(2 * pi) / 2

    def factors(self) -> Tensor:
        """(P, D, D) lower triangular, whose products with their transposes are the covariances."""
        diagonal = self.log_spread.exp().diag_embed()
        return diagonal if self.below is None else diagonal + self.below.tril(-1)

    def divergence(self) -> Tensor:
        """(P,) the Kullback-Leibler divergence of each from the standard normal distribution."""
        squares = self.factors().square().sum((1, 2)) + self.centers.square().sum(1)
        return (squares - self.centers.shape[1]) / 2 - self.log_spread.sum(1)


def fitted(points: Tensor, *, full: bool) -> Gaussians:
    """The one distribution (P = 1) with the mean and the covariance of points (N, D), or their variances alone.

    A little is added to every variance, so that points on a line have one, too.
    """
    centered = points.double() - points.double().mean(0)
    covariance = centered.T @ centered / max(1, len(points) - 1)
    least = JITTER * float(covariance.diagonal().mean()) or JITTER
    covariance = covariance + least * torch.eye(len(covariance), dtype=covariance.dtype, device=covariance.device)
    center = points.double().mean(0)[None].to(points)
    if not full:
        return Gaussians(center, (covariance.diagonal().log() / 2)[None].to(points))
    factor = torch.linalg.cholesky(covariance)
    return Gaussians(center, factor.diagonal().log()[None].to(points), factor.tril(-1)[None].to(points))
