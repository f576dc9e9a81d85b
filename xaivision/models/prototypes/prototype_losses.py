"""What prototypes are trained by: losses by name, and the weights that each system of the literature gives them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

from xaivision.engines.prototypes.alignment import misalignment
from xaivision.engines.prototypes.certificate import certified_radius
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.prototype_network import PrototypeNetwork

# By how much the right class of a probabilistic system should be ahead of the best other one: of tables, and of pictures.
MARGIN, DEEP_MARGIN = 0.3, 0.025
# The radius that every training input should have, as a share of how long a point usually is, the root of its width: in the
# standardized columns of a table, among the patches of a picture.
RADIUS = 1 / 8


@dataclass(frozen=True, eq=False)
class Scene:
    """The places of one batch: `deep` (B, D, h, w), the space of the prototypes, the nearest of them to each, `places` (B, P),
    and `shallow` (B, N, N), how alike they are to a shallow layer.
    """

    deep: Tensor
    places: Tensor
    shallow: Tensor


@dataclass(frozen=True, eq=False)
class Step:
    """One batch: `nearest` (B, P) smallest distances over places, their `similarities` (B, P), `scores` (B, K), `targets` (B,).

    `weights` (K,): what an input of each class counts; None where all count the same. `scene`: None where there are no places,
    or no loss asks for them. `angles` (B, P): minus the largest cosines over places, where prototypes are directions.
    """

    network: PrototypeNetwork
    nearest: Tensor
    similarities: Tensor
    scores: Tensor
    targets: Tensor
    weights: Tensor | None
    scene: Scene | None = None
    angles: Tensor | None = None

    def mean(self, losses: Tensor) -> Tensor:
        """The mean of one loss an input (B,), each counting as its class does."""
        if self.weights is None:
            return losses.mean()
        each = self.weights[self.targets]
        return (losses * each).sum() / each.sum()

    @property
    def apart(self) -> Tensor:
        """(B, P) how far each input is from each prototype. Of directions the angle tells: lengths grow without end."""
        return self.nearest if self.angles is None else self.angles

    @property
    def own(self) -> Tensor:
        """(B, P) whether a prototype is of the input's class."""
        return self.network.reasoning.owners == self.targets[:, None]


def cross_entropy(step: Step) -> Tensor:
    """Of scores taken as logits."""
    return F.cross_entropy(step.scores, step.targets, weight=step.weights)


def cluster(step: Step) -> Tensor:
    """The mean distance to the nearest prototype of the right class.

    Source: Chen et al., 2018, arXiv:1806.10574.
    """
    return step.mean(step.apart.masked_fill(~step.own, torch.inf).amin(1))


def separation(step: Step) -> Tensor:
    """Minus the mean distance to the nearest prototype of another class.

    Source: Chen et al., 2018, arXiv:1806.10574.
    """
    return -step.mean(step.apart.masked_fill(step.own, torch.inf).amin(1))


def sparsity(step: Step) -> Tensor:
    """The sum of the sizes of the weights that a prototype has for other classes than its own.

    Source: Chen et al., 2018, arXiv:1806.10574.
    """
    weights = step.network.reasoning.weights
    other = step.network.reasoning.owners[:, None] != torch.arange(step.scores.shape[1], device=weights.device)
    return (weights[: len(other)] * other).abs().sum()


def orthogonality(step: Step) -> Tensor:
    """The sum over classes of how far the directions of a class's prototypes are from being orthogonal.

    Source: Huang et al., 2022, arXiv:2212.05946.
    """
    directions = F.normalize(step.network.prototypes.centers, dim=1)
    owners = step.network.reasoning.owners
    same = owners[:, None] == owners
    likeness = directions @ directions.T - torch.eye(len(owners), device=owners.device)
    return (likeness * same).abs().sum()


def alignment(step: Step) -> Tensor:
    """The mean by how much prototypes of the right class find other places alike than a shallow layer does; 0 without a scene.

    Called SDFA, shallow-deep feature alignment, by its authors.

    Source: Huang et al., 2022, arXiv:2212.05946.
    """
    if step.scene is None:
        return step.scores.new_zeros(())
    return step.mean(misalignment(step.scene.deep, step.scene.shallow, step.scene.places, step.own))


def likelihood(step: Step) -> Tensor:
    """Minus the logarithm of the right class's share of all scores, which are probabilities.

    Source: Saralajew et al., 2024, arXiv:2412.15499, for the RBF head.
    """
    least = torch.finfo(step.scores.dtype).tiny
    return F.cross_entropy(step.scores.clamp_min(least).log(), step.targets, weight=step.weights)


def margin(step: Step) -> Tensor:
    """By how much the right class is less than 0.3 ahead of the best other one; of pictures, less than 0.025.

    Source: Saralajew et al., 2024, arXiv:2412.15499.
    """
    own = step.scores.gather(1, step.targets[:, None]).squeeze(1)
    rival = step.scores.scatter(1, step.targets[:, None], -torch.inf).amax(1)
    least = MARGIN if isinstance(step.network.encoder, TableEncoder) else DEEP_MARGIN
    return step.mean((rival - own + least).clamp_min(0))


def radius(step: Step) -> Tensor:
    """By how much the certified radius is smaller than an eighth of the root of the number of columns, in standardized columns;
    of pictures the same in the space of the prototypes.

    Source: Saralajew et al., 2024, arXiv:2412.15499.
    """
    layer = step.network.prototypes
    assert layer.scale is not None  # noqa: S101 - only systems with a scale have a certificate
    assert layer.reach is not None  # noqa: S101 - as there
    present, absent = step.network.reasoning.present_and_absent()
    logarithms = -step.nearest.double() / layer.scale
    found = certified_radius(logarithms, present, absent, layer.reach, step.targets)
    encoder = step.network.encoder
    if isinstance(encoder, TableEncoder):
        found = found / encoder.metric.stretch  # else learning to stretch would pass for learning to be robust
    return step.mean((RADIUS * layer.plan.width**0.5 - found).clamp_min(0)).to(step.scores.dtype)


LOSSES: Mapping[str, Callable[[Step], Tensor]] = MappingProxyType(
    {
        one.__name__: one
        for one in (cross_entropy, cluster, separation, sparsity, orthogonality, alignment, likelihood, margin, radius)
    }
)
USUAL: Mapping[str, Mapping[str, float]] = {
    "proto_part": {"cross_entropy": 1.0, "cluster": 0.8, "separation": 0.08, "sparsity": 1e-4},
    "score_aggregation": {"cross_entropy": 1.0, "cluster": 0.8, "separation": 0.08, "orthogonality": 1e-4, "alignment": 0.5},
    "rbf": {"likelihood": 1.0},
    "components": {"likelihood": 1.0},
}


def loss_weights(system: str, replaced: Mapping[str, float]) -> Mapping[str, float]:
    """Those of the system, some of them replaced."""
    return {**USUAL[system], **replaced}


def total(step: Step, system: str, replaced: Mapping[str, float]) -> Tensor:
    """The weighted sum of the system's losses, some of their weights replaced."""
    weights = loss_weights(system, replaced)
    parts = [weight * LOSSES[name](step) for name, weight in weights.items() if weight]
    return torch.stack(parts).sum()
