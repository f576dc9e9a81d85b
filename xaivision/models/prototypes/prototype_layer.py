"""The one prototype layer: how alike each place of an input is to each of a few centers."""

import torch
from torch import Tensor, nn

from xaivision.engines.prototypes.gaussians import Gaussians
from xaivision.engines.prototypes.mixtures import Mixtures
from xaivision.engines.prototypes.similarity import competing, distances, squashed
from xaivision.models.prototypes.layer_plan import LayerPlan

# What a similarity of 0.01 is at the usual distance between points: the scale that the first detections have.
FIRST_DETECTION = 0.01
# The smallest scale that training may reach, as a share of the first.
LEAST_SCALE = 0.05


class PrototypeLayer(nn.Module):
    """(B, D, h, w) or (B, D) to similarities (B, P, h, w) or (B, P). `centers` (P, D).

    Where prototypes are distributions, `centers` are their means, and where these mix several, the means of all parts in turn.
    Where distances are scaled, one learned scale serves all prototypes: a certificate would have to count with the smallest.
    """

    least_scale: Tensor

    def __init__(self, plan: LayerPlan) -> None:
        super().__init__()
        self.plan = plan
        count = plan.count * plan.parts
        self.centers = nn.Parameter(torch.rand(count, plan.width, dtype=torch.float32))
        if plan.scaled:
            self.log_scale = nn.Parameter(torch.zeros((), dtype=torch.float32))
            self.register_buffer("least_scale", torch.zeros((), dtype=torch.float32))
        if plan.dispersion != "none":
            self.log_spread = nn.Parameter(torch.zeros(count, plan.width, dtype=torch.float32))
        if plan.dispersion == "full":
            self.below = nn.Parameter(torch.zeros(count, plan.width, plan.width, dtype=torch.float32))
        if plan.parts > 1:
            self.shares = nn.Parameter(torch.zeros(plan.count, plan.parts, dtype=torch.float32))

    @property
    def scale(self) -> Tensor | None:
        """What distances are divided by; None where they are not."""
        return torch.maximum(self.log_scale.exp(), self.least_scale) if self.plan.scaled else None

    @property
    def reach(self) -> Tensor | None:
        """The length of a move that changes a detection by a factor of e at most; None where distances have no scale.

        Of those that compete half of the scale: what one loses another wins.
        """
        return self.scale / 2 if self.plan.competing and self.scale is not None else self.scale

    @property
    def mixtures(self) -> Mixtures:
        """The distributions that the prototypes are, where they are no points."""
        parts = Gaussians(self.centers, self.log_spread, self.below if self.plan.dispersion == "full" else None)
        return Mixtures(parts, self.shares.log_softmax(1) if self.plan.parts > 1 else self.centers.new_zeros(self.plan.count, 1))

    def drawn_distances(self, points: Tensor, noise: Tensor) -> Tensor:
        """(B, S, P) from points (B, D) to the points of each distribution that standard normal noise (S, P, N) makes."""
        drawn = self.mixtures.drawn(noise)
        return distances(points, drawn.flatten(0, 1), self.plan.distance).view(len(points), *noise.shape[:2])

    def start_scale(self, points: Tensor) -> None:
        """Take the first scale from the distances between points (N, D).

        Source: Saralajew et al., 2024, arXiv:2412.15499.
        """
        between = torch.pdist(points.double())
        first = -(between.mean() + between.std()) / torch.tensor(FIRST_DETECTION, dtype=torch.float64).log()
        with torch.no_grad():
            self.log_scale.copy_(first.log())
            self.least_scale.copy_(LEAST_SCALE * first)

    def distances(self, places: Tensor) -> Tensor:
        """(B, P, h, w) or (B, P), not yet squashed."""
        found = distances(places, self.centers, self.plan.distance)
        return competing(found, self.scale) if self.plan.competing and self.scale is not None else found

    def squashed(self, found: Tensor) -> Tensor:
        """The similarities of distances."""
        return squashed(found, self.plan.squash, self.scale)

    def extra_repr(self) -> str:
        return f"{self.plan.count} of width {self.plan.width}, {self.plan.distance}, {self.plan.squash}"

    def forward(self, places: Tensor) -> Tensor:
        return self.squashed(self.distances(places))
