"""Cells of right and wrong predictions, from which rows are drawn in equal numbers: labels then give no clue."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import InputError


@dataclass(frozen=True, eq=False)
class Cells:
    """`numbers` (n,): the cell of each row; `names`: what each cell holds; `labeled`: labels were asked for it."""

    numbers: Tensor
    names: tuple[str, ...]
    labeled: bool = False

    def alike(self, each: int, free: Tensor, draw: torch.Generator, which: str = "") -> Tensor:
        """(cells, each) numbers of rows that are free (n,), drawn from every cell alike; `which` rows are free, in words.

        Raises: InputError, where a cell has fewer.
        """
        chosen = []
        for cell, name in enumerate(self.names):
            mine = ((self.numbers == cell) & free).nonzero().flatten()
            if len(mine) < each:
                raise InputError(
                    f"`rows` must have {each} to draw of every kind. Of those {name}{which} there are {len(mine)}. Give more "
                    f"rows, or ask about fewer{', or leave out `labels`' if self.labeled else ''}."
                )
            chosen.append(mine[torch.randperm(len(mine), generator=draw, device="cpu")[:each]])
        return torch.stack(chosen)

    def some(self, most: int, draw: torch.Generator) -> Tensor:
        """(m,) numbers of up to so many rows of each cell, drawn."""
        order = torch.randperm(len(self.numbers), generator=draw, device="cpu")
        return torch.cat([order[self.numbers[order] == cell][:most] for cell in range(len(self.names))])


def cells_of(predicted: Tensor, labels: Tensor | None, classes: tuple[str, ...]) -> Cells:
    """Of two classes: true and false positives and negatives, without labels the predicted classes. Of more classes: right and
    wrong predictions, without labels all rows in one.
    """
    if len(classes) == 2 and labels is not None:
        names = [f"labeled {true} and predicted as {said}" for true in classes for said in classes]
        return Cells(2 * labels + predicted, tuple(names), True)
    if len(classes) == 2:
        return Cells(predicted, tuple(f"predicted as {said}" for said in classes))
    if labels is not None:
        return Cells((labels != predicted).long(), ("predicted rightly", "predicted wrongly"), True)
    return Cells(torch.zeros_like(predicted), ("of any class",))


def first_of_equal(rows: Tensor) -> Tensor:
    """(n,) whether no row before it is the same: of equal rows one may be asked about or explained, not both."""
    table = rows.cpu()
    _, group = torch.unique(table, dim=0, return_inverse=True)
    first = torch.full((int(group.max()) + 1,), len(table), device="cpu")
    first = first.scatter_reduce(0, group, torch.arange(len(table), device="cpu"), "amin")
    return first[group] == torch.arange(len(table), device="cpu")


def among(rows: Tensor, others: Tensor) -> Tensor:
    """(n,) whether each row (n, F) is one of the others (m, F)."""
    return torch.stack([(others == row).all(1).any() for row in rows]) if len(rows) else torch.zeros(0, dtype=torch.bool)
