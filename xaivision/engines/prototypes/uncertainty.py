"""What is uncertain in probabilities that differ from draw to draw, and in distances that do."""

from typing import NamedTuple

import torch
from torch import Tensor

# As many points of the grid a kernel is wide at least.
NARROWEST = 3
# Points at which densities are compared, and how far beyond the values, in widths of a kernel.
GRID, BEYOND = 512, 4.0


class Uncertainty(NamedTuple):
    """(B,) each, in nats, float64: `total` is the sum of `aleatoric`, which is there in every draw, and `epistemic`, by which
    draws differ.
    """

    total: Tensor
    aleatoric: Tensor
    epistemic: Tensor


class Curves(NamedTuple):
    """`at` (B, G) distances and `densities` (B, K, G) of the distance to each class there, in float64."""

    at: Tensor
    densities: Tensor


def uncertainty(probabilities: Tensor) -> Uncertainty:
    """Of probabilities (B, S, K) of S draws: the entropy of their mean, the mean of their entropies, and the difference.

    Source: Depeweg et al., 2018, arXiv:1710.07283.
    """
    each = probabilities.double()
    total, aleatoric = _entropy(each.mean(1)), _entropy(each).mean(1)
    return Uncertainty(total, aleatoric, total - aleatoric)


def _entropy(probabilities: Tensor) -> Tensor:
    found: Tensor = -torch.special.xlogy(probabilities, probabilities).sum(-1)
    return found


def share_below(values: Tensor, known: Tensor) -> Tensor:
    """(B,) float64: the share of each row of known values (B, M), which ascend, that is smaller than the value (B,)."""
    places = torch.searchsorted(known.double().contiguous(), values.double()[:, None].contiguous())
    return places.squeeze(1).double() / known.shape[1]


def distance_curves(distances: Tensor) -> Curves:
    """Densities of distances (B, S, K) of S draws to each of K classes, by Gaussian kernels as wide as Scott's rule says.

    Source: Scott, 1992, doi:10.1002/9780470316849.
    """
    drawn = distances.double()
    spread = drawn.std(1, correction=1) if drawn.shape[1] > 1 else torch.zeros_like(drawn[:, 0])
    # Draws that do not differ are a peak: it is as wide as some of the points at which densities are compared are apart.
    span = drawn.amax((1, 2)) - drawn.amin((1, 2))
    least = torch.maximum(NARROWEST * span / GRID, 1e-6 * drawn.abs().amax((1, 2))).clamp_min(torch.finfo(torch.float64).tiny)
    widths = torch.maximum(spread * drawn.shape[1] ** -0.2, least[:, None])
    low = (drawn.amin(1) - BEYOND * widths).amin(1)
    high = (drawn.amax(1) + BEYOND * widths).amax(1)
    steps = torch.linspace(0, 1, GRID, dtype=torch.float64, device=drawn.device)
    at = low[:, None] + (high - low)[:, None] * steps
    return Curves(at, _densities(drawn, widths, at))


def _densities(drawn: Tensor, widths: Tensor, at: Tensor) -> Tensor:
    found = [
        (-((at[:, None] - drawn[:, :, label, None]) / widths[:, label, None, None]).square() / 2).exp().mean(1)
        for label in range(drawn.shape[2])
    ]
    raw = torch.stack(found, 1)
    areas = torch.trapezoid(raw, at[:, None], dim=2)[:, :, None]
    return raw / torch.where(areas == 0, 1, areas)


def overlaps(curves: Curves, classes: Tensor) -> Tensor:
    """(B, K) the area under both densities, of a class (B,) and of each: 1 where they are the same, which it is with itself."""
    own = curves.densities[torch.arange(len(classes), device=classes.device), classes][:, None]
    return torch.trapezoid(torch.minimum(own, curves.densities), curves.at[:, None], dim=2)


def pair_overlaps(distances: Tensor, classes: Tensor) -> Tensor:
    """(B, K) the overlap of a class (B,) with each, from distances (B, S, K): a third class, however far, has no part in it."""
    own = distances.gather(2, classes[:, None, None].expand(-1, distances.shape[1], 1)).squeeze(2)
    first = torch.zeros_like(classes)
    pairs = (torch.stack([own, other], 2) for other in distances.unbind(2))
    return torch.stack([overlaps(distance_curves(pair), first)[:, 1] for pair in pairs], 1)
