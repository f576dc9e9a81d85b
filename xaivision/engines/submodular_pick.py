"""Which few rows of a table of weights show most of what all rows say: greedy coverage.

Source: Ribeiro et al., "Why Should I Trust You?", 2016, arXiv:1602.04938, algorithm 2.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d


class Picked(NamedTuple):
    """`rows`: the rows in the order they were picked. `coverage`: after each, its share of what all rows together cover."""

    rows: tuple[int, ...]
    coverage: tuple[float, ...]


def sizes_by_place(values: Tensor, cells: int) -> Tensor:
    """(n, cells * cells) the mean size of the values (n, H, W) in each cell of a grid, row by row from the top left."""
    return adaptive_avg_pool2d(values.detach().double().abs().cpu(), cells).flatten(1)


def largest_only(weights: Tensor, count: int) -> Tensor:
    """(n, d) the sizes of the `count` largest weights of each row, 0 for the others; of equal ones the first columns."""
    sizes = weights.double().abs().cpu()
    kept = sizes.argsort(dim=1, descending=True, stable=True)[:, :count]
    return torch.zeros_like(sizes).scatter(1, kept, sizes.gather(1, kept))


def importance(weights: Tensor) -> Tensor:
    """(d,) how much a column matters over all rows: the root of the sum of the sizes of its weights."""
    return weights.double().abs().sum(0).sqrt()


def covered(weights: Tensor, rows: tuple[int, ...]) -> float:
    """Summed importance of the columns that have a weight in at least one of these rows."""
    shown = (weights[list(rows)] != 0).any(0)
    return float(importance(weights)[shown].sum())


def picked_rows(weights: Tensor, count: int) -> Picked:
    """Up to `count` rows, each the one that covers most of what was not covered yet; of equal ones the first.

    Fewer, where nothing is left to cover. What they cover is at least 63 % (1 - 1/e) of what the best `count` rows do.
    """
    worth, shown = importance(weights), (weights != 0).double().cpu()
    whole, open_columns = float(worth.sum()), worth.cpu().clone()
    rows: list[int] = []
    coverage: list[float] = []
    while len(rows) < count:
        gains = (shown * open_columns).sum(1)  # a product of matrices may round equal rows differently
        best = int(gains.argmax())
        if not float(gains[best]) > 0:
            break
        open_columns = open_columns * (1 - shown[best])
        rows.append(best)
        coverage.append(1 - float(open_columns.sum()) / whole)
    return Picked(tuple(rows), tuple(coverage))
