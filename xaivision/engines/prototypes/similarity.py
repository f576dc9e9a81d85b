"""How alike points and prototypes are: a distance, and what it is squashed by."""

from typing import Literal

import torch
from torch import Tensor

Distance = Literal["squared", "euclidean", "projection", "cosine"]
Squash = Literal["log", "negative", "exponential"]

# What the logarithm adds to a distance of zero: a similarity is at most ln(1 / 1e-4), about 9.21.
LEAST_DISTANCE = 1e-4


def distances(points: Tensor, centers: Tensor, kind: Distance) -> Tensor:
    """(B, P, *G) from points (B, D, *G), one for each place of a grid or none, to centers (P, D), in the points' dtype.

    "projection" is minus the length of a point along the center's direction, "cosine" minus the cosine between the two; that of
    a point at the origin is 0. The square is expanded, which is one product of
    matrices; in float64, because the expansion loses small distances in float32.
    """
    places = points.double().flatten(2) if points.ndim > 2 else points.double()[:, :, None]
    others = centers.double()
    if kind == "cosine":
        places = places / _one_where_zero(places.norm(dim=1, keepdim=True))
    if kind in ("projection", "cosine"):
        found: Tensor = -(others / others.norm(dim=1, keepdim=True)) @ places
    else:
        found = squared_distances(places, others)
        found = found if kind == "squared" else _root(found)
    return found.view(len(points), len(centers), *points.shape[2:]).to(points.dtype)


def squared_distances(places: Tensor, centers: Tensor) -> Tensor:
    """(B, P, N) squared Euclidean distances from places (B, D, N) to centers (P, D), never negative."""
    lengths = places.square().sum(1, keepdim=True) + centers.square().sum(1)[:, None]
    return (lengths - 2 * (centers @ places)).clamp_min(0)


def _one_where_zero(lengths: Tensor) -> Tensor:
    return torch.where(lengths == 0, 1, lengths)


def _root(squares: Tensor) -> Tensor:
    """The root, whose gradient is 0 where the square is: there a distance has none."""
    zero = squares == 0
    return torch.where(zero, 0, torch.where(zero, 1, squares).sqrt())


def squashed(found: Tensor, kind: Squash, scale: Tensor | None = None) -> Tensor:
    """Similarities of distances (B, P, *G), larger where they are smaller.

    "log" is ln((d + 1) / (d + 1e-4)), "negative" is -d, "exponential" is exp(-d / scale), with a scale for all prototypes or
    for each (P,).
    """
    if kind == "log":
        return ((found + 1) / (found + LEAST_DISTANCE)).log()
    if kind == "negative" or scale is None:
        return -found
    return (-found / (scale.view(-1, *[1] * (found.ndim - 2)) if scale.ndim else scale)).exp()


def competing(found: Tensor, scale: Tensor) -> Tensor:
    """Distances (B, P, *G) such that exp(-d / scale) of all prototypes at a place sum to one: their softmax over prototypes.

    Source: Saralajew et al., 2024, arXiv:2412.15499, whose deep models detect components by a softmax over channels.
    """
    return -scale * (-found / scale).log_softmax(1)


def best_places(similarities: Tensor) -> tuple[Tensor, Tensor]:
    """(B, P) the largest similarity of each prototype over the places of (B, P, h, w), and (B, P) at which, row by row."""
    found = similarities.flatten(2).max(2)
    return found.values, found.indices
