"""Mixtures of normal distributions: drawn from, measured and fitted; one that has a single part is a normal distribution."""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.prototypes.gaussians import Gaussians
from xaivision.engines.prototypes.gaussians import fitted as fitted_part


class Mixtures(NamedTuple):
    """P mixtures of M normal distributions of D columns. `parts`: P * M of these, those of one mixture together;
    `log_shares` (P, M): the logarithm of how much of its mixture each part is.
    """

    parts: Gaussians
    log_shares: Tensor

    @property
    def noise_width(self) -> int:
        """How many standard normal numbers a draw takes: one for each column, and where there are several parts one more."""
        return self.parts.centers.shape[1] + (self.log_shares.shape[1] > 1)

    def drawn(self, noise: Tensor) -> Tensor:
        """(S, P, D) a point of each for standard normal noise (S, P, D), or (S, P, D + 1), whose last number chooses the part."""
        count, width = self.log_shares.shape[1], self.parts.centers.shape[1]
        points = self.parts.drawn(noise[..., :width].repeat_interleave(count, 1))
        if count == 1:
            return points
        chosen = self.chosen(noise[..., width])[:, :, None, None].expand(-1, -1, 1, width)
        return points.view(len(noise), -1, count, width).gather(2, chosen).squeeze(2)

    def chosen(self, normal: Tensor) -> Tensor:
        """(S, P) the part that each standard normal number (S, P) chooses: the first as often as its share says, and so on."""
        bounds = self.log_shares.exp().cumsum(1)[:, :-1]
        found: Tensor = (torch.special.ndtr(normal)[:, :, None] > bounds).sum(2)
        return found

    def log_density(self, points: Tensor) -> Tensor:
        """(B, P) of points (B, D), natural logarithms."""
        each = self.parts.log_density(points).view(-1, *self.log_shares.shape)
        return (each + self.log_shares).logsumexp(2)

    def divergence(self) -> Tensor:
        """(P,) the Kullback-Leibler divergence of each from the standard normal distribution; of several parts no more than this,
        the mean over the parts, as the divergence is convex.
        """
        return (self.log_shares.exp() * self.parts.divergence().view_as(self.log_shares)).sum(1)

    def largest(self) -> Gaussians:
        """The part of each mixture that is most of it."""
        mixtures, count = self.log_shares.shape
        rows = count * torch.arange(mixtures, device=self.log_shares.device) + self.log_shares.argmax(1)
        below = None if self.parts.below is None else self.parts.below[rows]
        return Gaussians(self.parts.centers[rows], self.parts.log_spread[rows], below)


def fitted(points: Tensor, count: int, *, full: bool) -> Mixtures:
    """The one mixture (P = 1) of `count` parts on points (N, D): each of those around one of as many centers.

    Source: Lloyd, 1982, doi:10.1109/TIT.1982.1056489, k-means, by scikit-learn from the seed 0.
    """
    groups = _groups(points, count)
    each = [fitted_part(points[groups == number], full=full) for number in range(count)]
    shares = groups.bincount(minlength=count).to(points) / len(points)
    below = [one.below for one in each if one.below is not None]
    centers, spreads = (torch.cat(one) for one in ([part.centers for part in each], [part.log_spread for part in each]))
    return Mixtures(Gaussians(centers, spreads, torch.cat(below) if below else None), shares.log()[None])


def _groups(points: Tensor, count: int) -> Tensor:
    """(N,) the number of the group of each point; none is empty where there are as many different points."""
    if count == 1:
        return torch.zeros(len(points), dtype=torch.long, device=points.device)
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=4, random_state=0).fit_predict(points.detach().double().cpu().numpy())
    return torch.from_numpy(found).long().to(points.device)
