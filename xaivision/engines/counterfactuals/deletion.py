"""Logistic regressions under the deletion of training rows: what the score of a row becomes at worst, to first order.

A model is fitted to standardized columns by the mean of log(1 + exp(-y f)) plus `ridge` times the squared weights (the constant
is not held back). Deleting one row moves its parameters by about one step of Newton; what several do is taken as the sum of that.
Source: Krishna, Ma and Lakkaraju, Towards bridging the gaps between the right to explanation and the right to be forgotten, 2023,
arXiv:2302.04288; Giordano et al., A Swiss army infinitesimal jackknife, AISTATS 2019.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

# Newton's steps for a fit, and the largest gradient with which it counts as converged.
STEPS, CONVERGED = 100, 1e-10
# What a deleted row leaves at least of the curvature along it: a Hessian that others bend down may be less than the row's own.
LEAST_LEFT = 0.05


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted model in float64: `weights` (d + 1,) of standardized columns, the constant last. `rows` (n, d + 1) are its
    standardized training rows with a 1 behind them, `labels` (n,) -1 or 1, `mean` and `scale` (d,) those of the columns. `pull`
    (d + 1,): the gradient that training has left at the weights, which every fit leaves; None where it is zero.
    """

    weights: Tensor
    rows: Tensor
    labels: Tensor
    mean: Tensor
    scale: Tensor
    ridge: float
    pull: Tensor | None = None

    def standardized(self, table: Tensor) -> Tensor:
        """(n, d + 1) rows of the table as the model sees them."""
        inside = (table.double() - self.mean) / self.scale
        return torch.cat([inside, torch.ones_like(inside[:, :1])], 1)

    def scores(self, table: Tensor) -> Tensor:
        """(n,) log odds of the label 1."""
        return self.standardized(table) @ self.weights


def fitted(table: Tensor, labels: Tensor, ridge: float) -> Logistic:
    """The model of a table (n, d) and its labels (n,), -1 or 1."""
    table = table.double()
    mean, scale = standards(table)
    rows = torch.cat([(table - mean) / scale, torch.ones(len(table), 1, dtype=torch.float64, device="cpu")], 1)
    return Logistic(_solved(rows, labels.double(), ridge, None), rows, labels.double(), mean, scale, ridge)


def standards(table: Tensor) -> tuple[Tensor, Tensor]:
    """(d,) mean and spread of each column of a table (n, d); a constant one has the spread 1."""
    spread = table.std(0, correction=0)
    return table.mean(0), torch.where(spread > 0, spread, 1.0)


def refitted(model: Logistic, deleted: Tensor) -> Tensor:
    """(d + 1,) the weights after the rows with these numbers are deleted, by a fit from where the model is."""
    kept = torch.ones(len(model.rows), dtype=torch.bool, device="cpu")
    kept[deleted] = False
    return _solved(model.rows[kept], model.labels[kept], model.ridge, model.weights, model.pull)


def influences(model: Logistic) -> Tensor:
    """(n, d + 1) by how much the weights change when each training row is deleted: about a step of Newton."""
    solved = torch.linalg.solve(_hessian(model.rows, model.weights, model.ridge), model.rows.T).T
    return each_without(model.rows, solved, -model.labels * torch.sigmoid(-model.labels * (model.rows @ model.weights)))


def each_without(slopes: Tensor, solved: Tensor, forces: Tensor) -> Tensor:
    """(n, p) the step of Newton that p parameters make without each training row, given `slopes` (n, p) of its score in them, the
    inverse Hessian times these, `solved` (n, p), and `forces` (n,), the slopes of its loss in the score.

    The curvature of the row itself goes with it, and its share of the mean: the ridge, which balances the
    gradients of all rows, weighs more on those that stay.
    """
    count, bends = len(slopes), forces.abs() * (1 - forces.abs())
    balance = (forces[:, None] * solved).mean(0)
    own = forces - bends * (slopes @ balance) / count
    left = (1 - bends * (slopes * solved).sum(1) / count).clamp_min(LEAST_LEFT)
    return ((own / left)[:, None] * solved - balance) / count


def worst_deletion(effects: Tensor, standardized: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(m,) the most that deleting `k` rows lowers the score of each row (m, d + 1), to first order, and (m, k) which rows.

    `effects` (n, d + 1) are the influences on the weights.
    """
    changes = standardized @ effects.T
    lowest = changes.topk(k, dim=1, largest=False)
    return lowest.values.clamp_max(0).sum(1), lowest.indices


def worst_move(effects: Tensor, standardized: Tensor, rows: Tensor) -> Tensor:
    """(m, d + 1) how far that deletion moves the weights: by the effects of those of its rows (m, k) that lower the score."""
    lowering = (standardized @ effects.T).gather(1, rows) < 0
    chosen = torch.zeros(len(rows), len(effects), dtype=torch.float64, device="cpu")
    return chosen.scatter_(1, rows, lowering.double()) @ effects


def left_gradient(model: Logistic) -> Tensor:
    """(d + 1,) the gradient of the mean loss with the ridge at the weights: zero where they are the optimum."""
    return _gradient(model.rows, model.labels, _penalty(model.weights, model.ridge), model.weights)


def _solved(rows: Tensor, labels: Tensor, ridge: float, start: Tensor | None, pull: Tensor | None = None) -> Tensor:
    """Newton's method with steps halved until they help; the function is convex. Its gradient ends at the pull."""
    weights = torch.zeros(rows.shape[1], dtype=torch.float64, device="cpu") if start is None else start.clone()
    penalty = _penalty(weights, ridge)
    pull = torch.zeros_like(weights) if pull is None else pull
    for _ in range(STEPS):
        gradient = _gradient(rows, labels, penalty, weights) - pull
        if float(gradient.abs().max()) < CONVERGED:
            break
        step = torch.linalg.solve(_hessian(rows, weights, ridge), gradient)
        now, size = _loss(rows, labels, penalty, weights) - pull @ weights, 1.0
        while size > 1e-6:
            there = weights - size * step
            if float(_loss(rows, labels, penalty, there) - pull @ there) <= float(now):
                break
            size /= 2
        weights = weights - size * step
    return weights


def _gradient(rows: Tensor, labels: Tensor, penalty: Tensor, weights: Tensor) -> Tensor:
    return -(labels * torch.sigmoid(-labels * (rows @ weights))) @ rows / len(rows) + 2 * penalty * weights


def _loss(rows: Tensor, labels: Tensor, penalty: Tensor, weights: Tensor) -> Tensor:
    return torch.nn.functional.softplus(-labels * (rows @ weights)).mean() + (penalty * weights.square()).sum()


def _hessian(rows: Tensor, weights: Tensor, ridge: float) -> Tensor:
    chance = torch.sigmoid(rows @ weights)
    curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows / len(rows)
    # A constant that nothing holds back may be flat where the model is sure of everything.
    return curvature + torch.diag(2 * _penalty(weights, ridge) + 1e-10)


def _penalty(weights: Tensor, ridge: float) -> Tensor:
    penalty = torch.full_like(weights, ridge)
    penalty[-1] = 0
    return penalty
