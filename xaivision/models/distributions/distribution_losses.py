"""What distributions are trained by: losses by name, and the weights that their authors give them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

from xaivision.engines.prototypes.gaussians import Gaussians
from xaivision.models.distributions.distribution_network import DistributionNetwork

# Between these a point's improbability counts.
LEAST, MOST = -1.0, 1e4


@dataclass(frozen=True, eq=False)
class Batch:
    """`features` (B, ...) as the encoder got them, the `points` (B, D) it made of them, `logits` (B, S, K), `targets` (B,).

    `weights` (K,): what an input of each class counts; None where all count the same. `codes`: the B distributions of which a
    variational encoder has drawn the points; None where it gives points.
    """

    network: DistributionNetwork
    features: Tensor
    points: Tensor
    logits: Tensor
    targets: Tensor
    weights: Tensor | None = None
    codes: Gaussians | None = None

    @property
    def improbability(self) -> Tensor:
        """(B, P) minus the logarithm of the density of each point under each prototype."""
        return -self.network.prototypes.mixtures.log_density(self.points)


def likelihood(batch: Batch) -> Tensor:
    """The cross entropy, in the mean over the draws."""
    draws = batch.logits.shape[1]
    targets = batch.targets[:, None].expand(-1, draws).flatten()
    return F.cross_entropy(batch.logits.flatten(0, 1), targets, weight=batch.weights)


def reconstruction(batch: Batch) -> Tensor:
    """The mean squared difference between inputs and what is decoded of them."""
    return F.mse_loss(batch.network.decoder.reconstruct(batch.points), batch.features)


def density(batch: Batch) -> Tensor:
    """How improbable each input is under the prototype of its class."""
    return batch.improbability.gather(1, batch.targets[:, None]).clamp(LEAST, MOST).mean()


def coverage(batch: Batch) -> Tensor:
    """How improbable the most probable input of the batch is under each prototype."""
    return batch.improbability.amin(0).mean()


def divergence(batch: Batch) -> Tensor:
    """The mean Kullback-Leibler divergence of the prototypes, or of their parts, from the standard normal distribution."""
    return batch.network.prototypes.mixtures.divergence().mean()


def coding(batch: Batch) -> Tensor:
    """The mean Kullback-Leibler divergence of a variational encoder's codes from the standard normal distribution; else 0."""
    return batch.points.new_zeros(()) if batch.codes is None else batch.codes.divergence().mean()


LOSSES: Mapping[str, Callable[[Batch], Tensor]] = MappingProxyType(
    {one.__name__: one for one in (likelihood, reconstruction, density, coverage, divergence, coding)}
)
USUAL: Mapping[str, float] = MappingProxyType({"likelihood": 1.0, "reconstruction": 10.0, "density": 0.05, "coding": 0.05})


def described(batch: Batch, replaced: Mapping[str, float]) -> Tensor:
    """What encoder and decoder alone are taught by: the reconstruction, and beside it what the codes weigh."""
    share = replaced.get("coding", USUAL["coding"]) / USUAL["reconstruction"]
    return reconstruction(batch) if batch.codes is None else reconstruction(batch) + share * coding(batch)


def total(batch: Batch, replaced: Mapping[str, float]) -> Tensor:
    """The weighted sum of the losses, some of their weights replaced."""
    weights = {**USUAL, **replaced}
    return torch.stack([weight * LOSSES[name](batch) for name, weight in weights.items() if weight]).sum()
