"""A constraint of the caller's own: a function that says of rows by how much they fulfil it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaivision.explainers.counterfactuals.own_function import told_by
from xaivision.explainers.counterfactuals.requirement import Requirement

# By how much of a column's spread its number is moved to see what that changes.
PROBE = 1e-2


@dataclass(frozen=True, eq=False)
class OwnConstraint:
    """`function` of rows (n, F): from zero on they are kept, and below they are not; of a mask those that it names are.

    `spread` (F,): that of each column.
    """

    function: Callable[[Tensor], Any]
    spread: Tensor

    def requirement(self) -> Requirement:
        """What it asks of rows, and where numbers lead to it."""
        return Requirement(self.slack, "less than zero by `constraint`", self.slopes, "nan by `constraint`")

    def slack(self, rows: Tensor) -> Tensor:
        """(n,) what the function says of rows (n, F), zero counted as kept; -inf, which nothing else is, where that is nan.

        Raises: InputError, where it does not say one number a row, or fails.
        """
        told = told_by(self.function, "constraint", ", of at least 0 where the row is kept", rows)
        if told.dtype == torch.bool:
            return torch.where(told, 1.0, -1.0).double()
        told = told.double().nan_to_num(-torch.inf)  # what is infinite becomes the largest number
        return torch.where(told == 0, torch.finfo(torch.float64).tiny, told)

    def slopes(self, rows: Tensor) -> Tensor:
        """(n, F) by how much the function rises with each column: between a little less of it and a little more."""
        count, columns = rows.shape
        steps = torch.diag(PROBE * self.spread).to(rows.dtype)
        ends = torch.stack([rows[:, None] - steps, rows[:, None] + steps])
        below, above = self.slack(ends.flatten(0, 2)).view(2, count, columns)
        way = (ends[1] - ends[0]).double().diagonal(dim1=1, dim2=2)
        slopes: Tensor = (above - below) / way
        return slopes.nan_to_num(0, 0, 0)
