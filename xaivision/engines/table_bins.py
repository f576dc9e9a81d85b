"""The columns of a table in bins: quartiles of numbers, single values of categories, and which bin a row lies in.

Source: Ribeiro et al., "Why Should I Trust You?", 2016, arXiv:1602.04938, in the form of the lime package.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

QUARTILES = (0.25, 0.5, 0.75)
# Added to the spread of every bin, as lime does: a bin that holds one value has no spread to divide by.
LEAST_SPREAD = 1e-11


class Bins(NamedTuple):
    """All (F, K), a column a row, filled up to the K of the column with most bins, float64 on the CPU.

    `upper`: where each bin ends, the bin itself included; infinite for the last and beyond it. `low`, `high`, `mean` and
    `spread` of the background's values in it, `share` of them that lie in it. `categorical` (F,): the bins are categories.
    """

    upper: Tensor
    low: Tensor
    high: Tensor
    mean: Tensor
    spread: Tensor
    share: Tensor
    categorical: Tensor


def learned_bins(background: Tensor, categorical: Sequence[int] = ()) -> Bins:
    """The bins of a background (N, F): four a column of numbers, cut at its quartiles, of which some may be empty; one a
    category.
    """
    table = background.double().cpu().T.contiguous()
    marked = torch.tensor([number in categorical for number in range(len(table))], device="cpu")
    codes = {number: _categories(table[number]) for number in marked.nonzero().flatten().tolist()}
    most = max(len(QUARTILES) + 1, *(len(one) for one in codes.values())) if codes else len(QUARTILES) + 1
    filled = torch.zeros(len(table), most, 6, dtype=torch.float64, device="cpu")
    filled[..., 0] = torch.inf
    filled[..., 4] = LEAST_SPREAD
    if not bool(marked.all()):
        filled[~marked, : len(QUARTILES) + 1] = _quartiles(table[~marked])
    for number, one in codes.items():
        filled[number, : len(one)] = one
    upper, low, high, mean, spread, share = filled.unbind(-1)
    return Bins(upper, low, high, mean, spread, share, marked)


def bins_of(bins: Bins, rows: Tensor) -> Tensor:
    """(n, F) the bin of each value of rows (n, F); -1 where a category is none of the background's."""
    table = rows.double().cpu()
    places = torch.searchsorted(bins.upper.contiguous(), table.T.contiguous()).T
    places = places.clamp_max(bins.upper.shape[1] - 1)
    met = table == bins.mean.gather(1, places.T).T
    return torch.where(bins.categorical & ~met, -1, places)


def empty_bins(bins: Bins, places: Tensor) -> Tensor:
    """(n, F) whether no row of the background lies in these bins (n, F), so that none of them is ever drawn."""
    return (places < 0) | (bins.share.gather(1, places.clamp_min(0).T).T == 0)


def bins_in_words(
    bins: Bins, places: Tensor, names: Sequence[str], categories: Sequence[Sequence[str]] = ()
) -> list[tuple[str, ...]]:
    """For each row of bins (n, F) what they are: `0.2 < mean radius <= 0.4`, as lime writes it, or `color = red`.

    `categories`: for each column what its codes 0, 1, ... stand for, nothing for numbers.
    """
    said = [
        _categories_in_words(values, name, categories[column] if categories else ())
        if category
        else _numbers_in_words([end for end in ends if end < inf], name)
        for column, (category, ends, values, name) in enumerate(
            zip(bins.categorical.tolist(), bins.upper.tolist(), bins.mean.tolist(), names, strict=True)
        )
    ]
    # The last word of a column of categories is for those unknown, whose place is -1.
    return [tuple(words[place] for words, place in zip(said, row, strict=True)) for row in places.tolist()]


def _numbers_in_words(cuts: Sequence[float], name: str) -> list[str]:
    between = [f"{low:.4g} < {name} <= {high:.4g}" for low, high in pairwise(cuts)]
    return [f"{name} <= {cuts[0]:.4g}", *between, f"{name} > {cuts[-1]:.4g}"]


def _categories_in_words(values: Sequence[float], name: str, words: Sequence[str]) -> list[str]:
    known = [words[int(code)] if code.is_integer() and 0 <= code < len(words) else f"{code:.4g}" for code in values]
    return [*(f"{name} = {word}" for word in known), f"{name} = a category unknown to the background"]


def _quartiles(table: Tensor) -> Tensor:
    """(F, 4, 6) the bins of columns of numbers (F, N). Where two quartiles are equal nothing lies between them."""
    cuts = torch.quantile(table, torch.tensor(QUARTILES, dtype=torch.float64, device="cpu"), dim=1).T.contiguous()
    places = torch.searchsorted(cuts, table)
    empty = torch.zeros(len(table), len(QUARTILES) + 1, dtype=torch.float64, device="cpu")
    sizes = empty.scatter_add(1, places, torch.ones_like(table))
    mean = empty.scatter_add(1, places, table) / sizes.clamp_min(1)
    squares = (table - mean.gather(1, places)).square()
    spread = (empty.scatter_add(1, places, squares) / sizes.clamp_min(1)).sqrt() + LEAST_SPREAD
    upper = torch.cat([cuts, torch.full_like(cuts[:, :1], torch.inf)], 1)
    low = torch.cat([table.amin(1, keepdim=True), cuts], 1)
    high = torch.cat([cuts, table.amax(1, keepdim=True)], 1)
    return torch.stack([upper, low, high, mean, spread, sizes / table.shape[1]], -1)


def _categories(column: Tensor) -> Tensor:
    """(K, 6) one bin a category; the last one ends at its value too, since a category has no neighborhood."""
    values, counts = column.unique(return_counts=True)  # type: ignore[no-untyped-call]
    spread = torch.full_like(values, LEAST_SPREAD)
    return torch.stack([values, values, values, values, spread, counts / len(column)], 1)
