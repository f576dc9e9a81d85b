"""How much an answer changes next to an input: draws in a box around it, and changes relative to what changed.

Source: Yeh et al., 2019, arXiv:1901.09392 (draws in a box); Agarwal et al., 2022, arXiv:2203.06877 (relative changes).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.engines.correlation import score_resolution


def box_draws(shape: Sequence[int], versions: Sequence[int], seed: int) -> Tensor:
    """(n, *shape) draws from -1 to 1 in float64, one for each version's number: which batch it falls into does not matter."""
    made = [
        torch.rand(tuple(shape), generator=generator(seed, "nearby", version), dtype=torch.float64, device="cpu")
        for version in versions
    ]
    return 2 * torch.stack(made) - 1


def sizes(rows: Tensor) -> Tensor:
    """(n,) Euclidean norm of each of the rows (n, ...), in float64."""
    return rows.double().flatten(1).square().sum(1).sqrt()


def change_sizes(before: Tensor, after: Tensor) -> Tensor:
    """(n,) norm of the change from `before` to `after` (n, ...); 0 where it is no more than what the two are rounded by."""
    change, both = sizes(after.double() - before.double()), torch.stack([sizes(before), sizes(after)], 1)
    rounding = score_resolution(both, before.dtype, after.dtype)
    return change.masked_fill(change.isfinite() & (change <= rounding), 0.0)


def ratio(change: Tensor, size: Tensor) -> Tensor:
    """(n,) change over size: 0 where nothing changed, whatever the size; NaN where there is no size, or not a finite one."""
    found = torch.where(change == 0, torch.zeros_like(change), change / size)
    return found.masked_fill(~(found.isfinite() & size.isfinite()), torch.nan)


def relative_size(before: Tensor, after: Tensor, floor: float) -> Tensor:
    """(n,) norm of the change from `before` to `after` (n, ...), each value's change as a share of what it was before.

    A value smaller than `floor` times the largest of its row is taken as that large. 0 where the rows are the same but for
    rounding, NaN where a row of zeros changed.
    """
    old = before.double().flatten(1)
    change = (after.double().flatten(1) - old).masked_fill(change_sizes(before, after)[:, None] == 0, 0.0)
    least = floor * old.abs().amax(1, keepdim=True)
    shares = torch.where(change == 0, torch.zeros_like(change), change / torch.maximum(old.abs(), least))
    found = sizes(shares)
    return found.masked_fill(~(found.isfinite() & old.isfinite().all(1)), torch.nan)


def largest(found: Tensor, counted: Tensor) -> Tensor:
    """(B,) the largest of the values (B, n) that count, NaN where none does or one that does is NaN."""
    highest = found.masked_fill(~counted, -torch.inf).amax(1)
    return highest.masked_fill(highest == -torch.inf, torch.nan)
