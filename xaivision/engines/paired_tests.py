"""Whether paired differences may be chance: a permutation test that draws no conclusion from a bell curve, and Holm's step.

Sources: Fisher, The Design of Experiments, 1935; Phipson, Smyth, 2010, doi:10.2202/1544-6115.1585 (a p-value of draws is
never zero); Holm, A simple sequentially rejective multiple test procedure, 1979, Scand. J. Statist. 6.
"""

from typing import NamedTuple

import torch
from torch import Tensor

# Up to 2^16 choices of signs are all tried; beyond that so many are drawn. A p-value below 1e-5 is then out of reach, which
# leaves room for 5000 comparisons at 5 %.
ENUMERATED = 16
DRAWS = 99_999
# Rows of signs at a time: they are as wide as there are pairs.
CHUNK = 8192
# Sums of the same numbers in another order differ by rounding: what differs by less than this share is a tie.
ROUNDING = 1e-12
# Values that differ by no more than this share of the larger one are the same. Models count in single precision: two answers
# that are both right differ by a few of its steps, perhaps always to the same side, and no test of chance takes that for a tie.
RESOLUTION = 8 * torch.finfo(torch.float32).eps


class SignFlips(NamedTuple):
    """For each column (m,): `greater`, the p-value against a mean of zero or less, `less`, that against zero or more, and
    `two_sided`; NaN where no pair is. `pairs`: how many pairs the column has.
    """

    greater: Tensor
    less: Tensor
    two_sided: Tensor
    pairs: Tensor


def differences(first: Tensor, second: Tensor, finest: float = 0.0) -> Tensor:
    """`first` minus `second` in float64, exactly 0 where the two are the same but for rounding; NaN where one is missing.

    `finest`: differences up to this are rounding too, however small the values are.
    """
    left, right = first.double().cpu(), second.double().cpu()
    apart = left - right
    same = apart.abs() <= (RESOLUTION * torch.maximum(left.abs(), right.abs())).clamp_min(finest)
    return apart.masked_fill(same, 0.0)


def sign_flips(paired: Tensor, chance: torch.Generator) -> SignFlips:
    """p-values (m,) of paired differences (n, m) or (n,), by how often random signs give as large a mean; NaN is no pair.

    Exact where a difference is as likely as its negative when there is nothing to find. Otherwise it tests the mean, and holds
    its level the better the more pairs there are. The t statistic would give the same p-values, for it grows with the mean.
    The smallest possible one is 2^-n one-sided, and twice that two-sided: with four pairs none is below .05. Pairs are taken
    to be independent: the same pair twice is no second witness, and nothing here can see that it is one.
    """
    columns = paired.double().cpu()
    columns = columns[:, None] if columns.ndim == 1 else columns
    pairs = (~columns.isnan()).sum(0)
    filled = columns.nan_to_num(0.0)  # a sign changes nothing of a zero: it is neither for nor against
    moves = (filled != 0).sum(0)
    counts = torch.empty(3, columns.shape[1], dtype=torch.float64, device="cpu")
    for column in (moves <= ENUMERATED).nonzero().flatten().tolist():
        counts[:, column] = _of_all(filled[filled[:, column] != 0, column])
    many = (moves > ENUMERATED).nonzero().flatten()
    if len(many):
        counts[:, many] = _of_draws(filled[:, many], chance)
    greater, less, two_sided = counts.masked_fill(pairs == 0, torch.nan)
    return SignFlips(greater, less, two_sided, pairs)


def smallest_p(pairs: int) -> float:
    """The smallest one-sided p-value that so many pairs can have; the smallest two-sided one is twice that for few pairs."""
    return max(2.0**-pairs, 1 / (DRAWS + 1))


def at_floor(p: float, pairs: int) -> bool:
    """Whether a one-sided p-value of so many pairs is the smallest that drawn signs can give: an upper bound, and no more."""
    return pairs > ENUMERATED and p <= 1 / (DRAWS + 1)


def holm(p: Tensor) -> Tensor:
    """p-values (n,) adjusted for there being n of them: the chance of one false finding among all stays below the level.

    NaN is no comparison, and stays.
    """
    found = p.double().clone()
    known = ~found.isnan()
    ordered, order = found[known].sort()
    left = torch.arange(len(ordered), 0, -1, dtype=torch.float64, device=p.device)
    adjusted = torch.empty_like(ordered)
    adjusted[order] = (left * ordered).clamp(max=1).cummax(0).values if len(ordered) else ordered
    found[known] = adjusted
    return found


def _of_all(values: Tensor) -> Tensor:
    """(3,) shares of all choices of signs."""
    numbers = torch.arange(2 ** len(values), device="cpu")[:, None]
    signs = 1 - 2 * ((numbers >> torch.arange(len(values), device="cpu")) & 1).double()
    return _as_large(signs, values[:, None])[:, 0] / len(signs)


def _of_draws(values: Tensor, chance: torch.Generator) -> Tensor:
    """(3, m) shares of random choices of signs, what was observed counted among them. One choice serves all columns."""
    counts = torch.ones(3, values.shape[1], dtype=torch.float64, device="cpu")
    for start in range(0, DRAWS, CHUNK):
        size = (min(CHUNK, DRAWS - start), len(values))
        signs = 1 - 2 * torch.randint(2, size, generator=chance, dtype=torch.int8, device="cpu").double()
        counts += _as_large(signs, values)
    return counts / (DRAWS + 1)


def _as_large(signs: Tensor, values: Tensor) -> Tensor:
    """(3, m) how many of the signs (k, n) make a sum of the values (n, m) as large as theirs, as small, as far from zero."""
    observed, slack = values.sum(0), ROUNDING * values.abs().sum(0)
    sums = signs @ values
    found = (sums >= observed - slack, sums <= observed + slack, sums.abs() >= observed.abs() - slack)
    return torch.stack([one.sum(0) for one in found]).double()
