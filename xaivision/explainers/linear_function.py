"""The linear function behind an answer about a row of a table, and the perturbed rows that it is held against."""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution


class PerturbedRows(NamedTuple):
    """`versions` (n, F) of one row and their `weights` (n,), in float64 on the CPU; `complete`: nothing was left to chance.

    `factors` (n, F): how far each value is on its way from the `baseline` (F,) to the row; None where steps were added.
    """

    versions: Tensor
    weights: Tensor
    complete: bool
    baseline: Tensor
    factors: Tensor | None = None


class LinearFunction:
    """What an answer says of the score where a row is perturbed: slopes times steps, or the shares of what is there.

    A share says nothing of the slope of a column that equals its baseline, nor of columns that are there together only:
    where such a column moves by itself, the function is not defined.
    """

    def __init__(self, answer: Attribution, row: int) -> None:
        self._one = _plain(answer.query.inputs[row])
        self._values = _plain(answer.values[row])
        self._slope = answer.kind == "slope"
        self._baseline = None if answer.baseline is None else _plain(answer.baseline[row])
        labels = None if answer.players is None else answer.players[row].cpu()
        self._alone = torch.ones_like(self._one) == 1 if labels is None else torch.bincount(labels)[labels] == 1

    def rises(self, rows: PerturbedRows) -> Tensor:
        """(n,) by how much the score is above that of the row; NaN where the function is not defined on these rows."""
        apart = rows.versions - self._one
        if self._slope:
            return apart @ self._values
        own = rows.baseline if self._baseline is None else self._baseline
        if rows.factors is not None and torch.equal(own, rows.baseline):
            return (rows.factors - 1) @ self._values
        way = self._one - own
        known = self._alone & (way != 0)
        if bool((apart != 0).any(0)[~known].any()):
            return torch.full_like(rows.weights, torch.nan)
        return apart[:, known] @ (self._values[known] / way[known])


def _plain(values: Tensor) -> Tensor:
    return values.detach().double().cpu()
