"""A classifier whose prototypes are distributions: an encoder, a distribution of each class, a decoder that shows draws."""

import torch
from torch import Tensor, nn

from xaivision.models.distributions.autoencoder import Decoder, Standardized
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.prototypes.prototype_layer import PrototypeLayer
from xaivision.models.prototypes.reasoning import PrototypeReasoning

# How finely the distances of the training inputs are remembered.
QUANTILES = 1000


class DistributionNetwork(nn.Module):
    """(B, *S) to (B, K) probabilities: the mean over the draws, in each of which the logits fall with the squared distances.

    `noise` (S, P, N) is what the draws of a prediction are made of: it is drawn once and travels with the weights, so that a
    prediction is the same each time. `known` (K, 1000) are quantiles of the mean distance of the training inputs that are
    called each class to its prototype.
    """

    noise: Tensor
    known: Tensor

    def __init__(self, plan: LayerPlan, coder: tuple[Standardized, Decoder], draws: int) -> None:
        super().__init__()
        self.encoder, self.decoder = coder
        self.prototypes = PrototypeLayer(plan)
        owners = torch.arange(plan.count, device="cpu")
        self.reasoning = PrototypeReasoning(plan, owners)
        width = self.prototypes.mixtures.noise_width
        self.register_buffer("noise", torch.randn(draws, plan.count, width, dtype=torch.float32))
        self.register_buffer("known", torch.zeros(plan.count, QUANTILES, dtype=torch.float32))

    @property
    def plan(self) -> LayerPlan:
        """What the prototype layer is made of."""
        return self.prototypes.plan

    def distances(self, points: Tensor, noise: Tensor) -> Tensor:
        """(B, S, P) squared distances from encoded inputs (B, D) to the draws that noise (S, P, N) makes."""
        return self.prototypes.drawn_distances(points, noise)

    def logits(self, found: Tensor) -> Tensor:
        """(B, S, K) of distances (B, S, P)."""
        scores: Tensor = self.reasoning(self.prototypes.squashed(found).flatten(0, 1))
        return scores.view(*found.shape[:2], -1)

    def decoded(self, points: Tensor) -> Tensor:
        """(N, *S) inputs, in their own units, of points (N, D)."""
        found: Tensor = self.decoder(points) * self.encoder.scale + self.encoder.center
        return found

    def forward(self, inputs: Tensor) -> Tensor:
        found = self.distances(self.encoder(inputs), self.noise)
        return self.logits(found).softmax(2).mean(1)
