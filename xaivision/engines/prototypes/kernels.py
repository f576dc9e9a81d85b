"""How alike points are, as a Gaussian of their distance."""

import torch
from torch import Tensor


def gaussian_kernel(first: Tensor, second: Tensor, width: float) -> Tensor:
    """(n, m) in float64: exp(-|x - y|^2 / (2 width^2)) of points (n, D) and (m, D)."""
    squares = torch.cdist(first.double(), second.double(), compute_mode="donot_use_mm_for_euclid_dist").square()
    return (-squares / (2 * width**2)).exp()


def median_width(points: Tensor) -> float:
    """The median distance between points (n, D) that differ; 1 where all are equal.

    Source: Gretton et al., 2012, jmlr.org/papers/v13/gretton12a.html, section 8.
    """
    between = torch.pdist(points.double())
    apart = between[between > 0]
    return float(apart.median()) if len(apart) else 1.0
