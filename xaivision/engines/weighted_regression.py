"""Weighted least squares, and what each row alone has to say in the solution.

Source: MacKinnon, White, 1985, doi:10.1016/0304-4076(85)90158-7
"""

from typing import NamedTuple

from torch import Tensor

# Smallest over largest eigenvalue of equations that settle their unknowns.
SINGULAR = 1e-9
# A row that the solution follows wholly, with nothing left to tell its error by.
FOLLOWED = 1e-6


class Solution(NamedTuple):
    """`values` (k,); `moves` (n, k): what each row moves them by, from where the other rows alone would have them (HC3).

    What the solution leaves at a row is divided by the share of it that the row itself did not settle: without that, errors of
    small samples look too small.
    """

    values: Tensor
    moves: Tensor


def solved(rows: Tensor, numbers: Tensor, weights: Tensor, inverse: Tensor) -> Solution:
    """The values (k,) whose sums over `rows` (n, k) are nearest to `numbers` (n,), with `weights` (n,).

    `inverse` (k, k): of the rows' weighted products, or of the part of them that the rows settle.
    """
    pulls = weights[:, None] * (rows @ inverse)
    values = pulls.T @ numbers
    left = numbers - rows @ values
    followed = (pulls * rows).sum(1)
    return Solution(values, pulls * (left / (1 - followed).clamp_min(FOLLOWED))[:, None])
