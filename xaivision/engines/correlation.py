"""How far two rows of numbers go together, for each input by itself."""

import torch
from torch import Tensor

# A row whose values differ by less than this share of the largest is constant: sums of equal numbers differ by rounding.
ROUNDING = 1e-12


def row_correlation(first: Tensor, second: Tensor, resolution: Tensor | None = None) -> Tensor:
    """(B,) Pearson correlation of each row of `first` with the same row of `second`, both (B, n), in float64.

    NaN where one of the rows is constant or not finite. `resolution` (B,): differences within `second` up to this are none.
    """
    a, b = first.double(), second.double()
    steady = _steady(a, ROUNDING * a.abs().amax(1)) | _steady(b, ROUNDING * b.abs().amax(1))
    if resolution is not None:
        steady |= _steady(b, resolution)
    a, b = _of_length_one(a), _of_length_one(b)
    found = (a * b).sum(1).clamp(-1, 1)
    return found.masked_fill(steady, torch.nan)


def score_resolution(scores: Tensor, *dtypes: torch.dtype) -> Tensor:
    """(B,) the difference between two scores of a row of `scores` (B, n) that rounding may make, in the coarsest of `dtypes`."""
    return 8 * max(torch.finfo(dtype).eps for dtype in dtypes) * scores.double().abs().amax(1)


def _steady(rows: Tensor, bound: Tensor) -> Tensor:
    return rows.amax(1) - rows.amin(1) <= bound


def _of_length_one(rows: Tensor) -> Tensor:
    centered = rows - rows.mean(1, keepdim=True)
    # Twice, so that squares of small numbers do not vanish.
    scaled = centered / centered.abs().amax(1, keepdim=True)
    lengths: Tensor = torch.linalg.vector_norm(scaled, dim=1, keepdim=True)
    return scaled / lengths
