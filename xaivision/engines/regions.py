"""Regions of a picture or columns of a table: what a map says of each, and which go first."""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor

from xaivision.engines.replaced_scores import Gone
from xaivision.engines.streaming import Pairs


def sides_of(inputs: Tensor) -> tuple[int, ...]:
    """(H, W) of pictures (B, C, H, W), (F,) of rows (B, F): what positions are counted in."""
    return tuple(inputs.shape[2:] if inputs.ndim == 4 else inputs.shape[1:])


def single_regions(sides: tuple[int, ...]) -> Tensor:
    """(P,) each position or column by itself."""
    return torch.arange(prod(sides), device="cpu")


def grid_regions(sides: tuple[int, ...], rows: int, columns: int) -> Tensor:
    """(P,) the cell of each position, row by row: pictures (H, W) in at most `rows` times `columns`; each column of a table."""
    if len(sides) == 1:
        return single_regions(sides)
    height, width = sides
    rows, columns = min(rows, height), min(columns, width)
    down = torch.arange(height, device="cpu") * rows // height
    right = torch.arange(width, device="cpu") * columns // width
    return (down[:, None] * columns + right).flatten()


def patch_regions(sides: tuple[int, ...], side: int) -> Tensor:
    """(P,) the square patch of `side` pixels each position is in, those at the far ends cut off; each column of a table."""
    if len(sides) == 1:
        return single_regions(sides)
    height, width = sides
    across = -(-width // side)
    down = torch.arange(height, device="cpu") // side
    return (down[:, None] * across + torch.arange(width, device="cpu") // side).flatten()


def region_sums(values: Tensor, regions: Tensor) -> Tensor:
    """(B, M) in float64: the sum of `values` (B, P) over each region of `regions` (P,)."""
    sums = torch.zeros(len(values), int(regions.max()) + 1, dtype=torch.float64, device=values.device)
    return sums.index_add_(1, regions.to(values.device), values.double())


def region_ranks(values: Tensor, regions: Tensor, generator: torch.Generator, *, mean: bool = False) -> Tensor:
    """(B, P) on the CPU: the rank of each position's region, 0 where it has the largest sum of `values` (B, P).

    `regions` (B, P): each input's own, numbered from 0 without gaps. `mean`: by their means instead. Ties are broken at
    random, alike for inputs of equal regions.
    """
    chance = torch.rand(regions.shape[1], dtype=torch.float64, generator=generator, device="cpu")
    pairs = zip(values.cpu(), regions.cpu(), strict=True)
    return torch.stack([_ranks(mine, places, chance, mean)[places] for mine, places in pairs])


def even_counts(ranks: Tensor, steps: int) -> Tensor:
    """(B, steps + 1) how many of each input's regions are gone after each step: none at first, all at last, evenly between."""
    most = ranks.amax(1) + 1
    shares = torch.linspace(0, 1, steps + 1, dtype=torch.float64, device="cpu")
    return (shares * most[:, None]).round().long()


def ranked_below(ranks: Tensor, counts: Tensor) -> Gone:
    """In version v of input i the positions of the first `counts[i, v]` regions by `ranks`."""

    def gone(part: Pairs) -> Tensor:
        return ranks[part.inputs] < counts[part.inputs, part.versions][:, None]

    return gone


def in_regions(sets: Tensor, regions: Tensor) -> Callable[[Pairs], Tensor]:
    """In version v the positions of the regions in `sets[v]` (M,), the same for every input."""
    return lambda part: sets[part.versions][:, regions]


def _ranks(values: Tensor, places: Tensor, chance: Tensor, mean: bool) -> Tensor:
    amounts = region_sums(values[None], places)[0]
    if mean:
        amounts = amounts / torch.bincount(places, minlength=len(amounts))
    keys = torch.zeros_like(amounts).scatter_reduce(0, places, chance, "amax")
    shuffle = keys.argsort()
    order = shuffle[amounts[shuffle].argsort(descending=True, stable=True)]
    return torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device="cpu"))
