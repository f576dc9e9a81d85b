"""How sure a classifier by distributions is of an input, of what it is not, and what its prototypes look like."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.layers import Layer
from xaivision.core.presenting import few, shape_of
from xaivision.core.query import check_batch
from xaivision.core.random import generator
from xaivision.core.settings import check_positive_integer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.engines.prototypes.uncertainty import Curves, distance_curves, pair_overlaps, share_below, uncertainty
from xaivision.models.distributions.distribution_network import DistributionNetwork
from xaivision.models.distributions.distribution_plan import distributions_of

Reading = Literal["confident", "ambiguous", "unfamiliar"]
# Further away than so large a share of what was learned from, an input is like nothing that the prototype stands for.
UNFAMILIAR = 0.99
# With so much in common, the distances to two prototypes do not tell which is nearer.
AMBIGUOUS = 0.5
# Inputs whose densities are computed together.
CHUNK = 64
# How far a traversal goes, in standard deviations.
FURTHEST = 2.0


@dataclass(frozen=True, eq=False, repr=False)
class PrototypeUncertainty:
    """For B inputs and S draws of each of K prototypes.

    `probabilities` (B, K); `classes` (B,) those predicted. `total` (B,), in nats, is the sum of `aleatoric`, which is there in
    every draw of the prototypes, and `epistemic`, by which draws differ. `percentile` (B,): the share of the training inputs
    called the same that are nearer to the prototype; near 1 nothing that was learned from is so far, and the prototype
    explains nothing. `overlap` (B,): the largest area that the distances to the predicted class's prototype have in common
    with those to another's, the `rivals` (B,). `distances` (B, S, K), squared, from which all of it comes.
    """

    class_names: tuple[str, ...]
    probabilities: Tensor
    classes: Tensor
    total: Tensor
    aleatoric: Tensor
    epistemic: Tensor
    percentile: Tensor
    overlap: Tensor
    rivals: Tensor
    distances: Tensor

    def __repr__(self) -> str:
        """One line: what each input is called and how sure that is."""
        called = (f"{self.class_names[label]} ({reading})" for label, reading in zip(self.classes, self.readings, strict=True))
        return f"PrototypeUncertainty({few(called)})"

    @property
    def readings(self) -> tuple[Reading, ...]:
        """For each input "unfamiliar" where `percentile` is 0.99 or more, "ambiguous" where `overlap` is a half or more."""
        return tuple(
            "unfamiliar" if far >= UNFAMILIAR else "ambiguous" if common >= AMBIGUOUS else "confident"
            for far, common in zip(self.percentile.tolist(), self.overlap.tolist(), strict=True)
        )

    def curves(self, index: int) -> Curves:
        """Densities of one input's distances to every class, as they are drawn: `at` (G,) and `densities` (K, G).

        Raises: InputError, where there is no such input.
        """
        if not 0 <= index < len(self.distances):
            raise InputError(f"`index` must be from 0 to {len(self.distances) - 1}. Got {index}.")
        found = distance_curves(self.distances[index : index + 1])
        return Curves(found.at[0], found.densities[0])


@dataclass(frozen=True, eq=False, repr=False)
class PrototypeDraws:
    """For K classes, in the inputs' own units, decoded: `means` (K, *S) of the prototypes, `draws` (K, k, *S) of them, and
    `traversals` (K, a, t, *S), along the `a` directions in which each varies most, from two standard deviations below the mean
    to two above it. Where a prototype is a mixture, `components` (K, M, *S) are the means of its parts and `shares` (K, M) how
    much of it each is; means and traversals are those of the largest.
    """

    class_names: tuple[str, ...]
    means: Tensor
    draws: Tensor
    traversals: Tensor
    components: Tensor
    shares: Tensor

    def __repr__(self) -> str:
        """One line: of how many classes, and how much of each."""
        return f"PrototypeDraws({len(self.means)} classes, draws {shape_of(self.draws)}, traversals {shape_of(self.traversals)})"


def explain_uncertainty(model: Classifier, inputs: Tensor) -> PrototypeUncertainty:
    """What a classifier by distributions is sure of in these inputs, and what it is not.

    Costs one forward pass an input: the prototypes' draws are those of its predictions.

    Raises: CapabilityError, where the prototypes are no distributions; InputError, where inputs do not fit.

    Source: Vadillo et al., 2024, arXiv:2403.13740.
    """
    adapter, network = network_of_distributions("explain_uncertainty", model)
    check_batch(adapter, inputs)
    points = adapter.layer_outputs(inputs, Layer("encoder")).activations
    with adapter.held(), torch.no_grad():
        distances = network.distances(points.to(adapter.device), network.noise)
        drawn = network.logits(distances).softmax(2)
        probabilities = drawn.mean(1)
        classes = probabilities.argmax(1)
        parts = uncertainty(drawn)
        own = distances.mean(1).gather(1, classes[:, None]).squeeze(1)
        percentile = share_below(own, network.known[classes])
        overlap, rivals = _largest_overlaps(distances, classes)
    found = (probabilities, classes, *parts, percentile, overlap, rivals, distances)
    return PrototypeUncertainty(adapter.class_names, *(part.to(inputs.device) for part in found))


def _largest_overlaps(distances: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """(B,) the largest with another class, and (B,) which class that is."""
    parts = [
        pair_overlaps(some, labels).scatter(1, labels[:, None], -1).max(1)
        for some, labels in zip(torch.split(distances, CHUNK), torch.split(classes, CHUNK), strict=True)
    ]
    return torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts])


def prototype_draws(model: Classifier, k: int = 5, *, axes: int = 2, steps: int = 5, seed: int = 0) -> PrototypeDraws:
    """What a model's prototypes look like: their means, `k` draws of each, and `steps` along their `axes` widest directions.

    Raises: CapabilityError, where the prototypes are no distributions; InputError, where a number is out of range.

    Source: Vadillo et al., 2024, arXiv:2403.13740.
    """
    adapter, network = network_of_distributions("prototype_draws", model)
    for name, value in (("k", k), ("axes", axes), ("steps", steps)):
        check_positive_integer(name, value)
    width = network.plan.width
    if axes > width:
        raise InputError(f"`axes` must be at most the {width} numbers that the model encodes an input as. Got {axes}.")
    with adapter.held(), torch.no_grad():
        known = network.prototypes.mixtures
        main, shares = known.largest(), known.log_shares.exp()
        noise = torch.randn(k, len(shares), known.noise_width, generator=generator(seed, "prototype_draws"), device="cpu")
        walks = _walks(main.factors(), axes, steps)
        return PrototypeDraws(
            adapter.class_names,
            network.decoded(main.centers).cpu(),
            _decoded(network, known.drawn(noise.to(shares)).movedim(0, 1)),
            _decoded(network, main.centers[:, None, None] + walks),
            _decoded(network, known.parts.centers.view(*shares.shape, -1)),
            shares.cpu(),
        )


def _walks(factors: Tensor, axes: int, steps: int) -> Tensor:
    """(P, axes, steps, D) moves along the widest directions of covariances with these factors (P, D, D)."""
    variances, directions = torch.linalg.eigh(factors.double() @ factors.double().mT)
    widest = (directions * variances.clamp_min(0).sqrt()[:, None]).mT.flip(1)[:, :axes]
    at = torch.linspace(-FURTHEST, FURTHEST, steps, dtype=torch.float64, device=factors.device)
    moves: Tensor = widest[:, :, None] * at[:, None]
    return moves.to(factors)


def _decoded(network: DistributionNetwork, points: Tensor) -> Tensor:
    """(..., *S) on the CPU, of points (..., D)."""
    found = network.decoded(points.flatten(0, -2))
    return found.view(*points.shape[:-1], *found.shape[1:]).cpu()


def network_of_distributions(asker: str, model: Classifier) -> tuple[TorchClassifier, DistributionNetwork]:
    """The model and its network, for a function that is called `asker`.

    Raises: CapabilityError, where the prototypes are no distributions.
    """
    adapter = classifier(model)
    if not has_distributions(adapter) or not isinstance(adapter, TorchClassifier):
        raise CapabilityError(
            f"`{asker}` needs a model whose prototypes are distributions. Got {adapter!r}. Train one with "
            'xv.train(..., model="prob_psenn").'
        )
    return adapter, distributions_of(adapter)


def has_distributions(model: Classifier) -> bool:
    """Whether the model's prototypes are distributions, and it shows them."""
    shown = isinstance(model, TorchClassifier) and getattr(model, "granted", Access.WEIGHTS) == Access.WEIGHTS
    return shown and isinstance(model.model, DistributionNetwork)  # type: ignore[attr-defined]  # it is a torch classifier
