"""The nearest row that stays on its side whatever `k` training rows are deleted: half-spaces met one after the other."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.deletion import Logistic, influences, worst_deletion, worst_move

ROUNDS = 60
SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Wish:
    """`margin`: what the score of the class to reach must be, after the worst deletion of `k` rows. `low`, `high` (B, d): how
    far each column may go; where both are the row's own value it stays.
    """

    k: int
    margin: float
    low: Tensor
    high: Tensor


@dataclass(frozen=True, eq=False)
class Lasting:
    """Counterfactuals (B, d) of a logistic regression. `worst` (B,): the score of the class to reach after the worst deletion,
    to first order; `dangerous` (B, k): the rows whose deletion that is, most dangerous first.
    """

    rows: Tensor
    worst: Tensor
    dangerous: Tensor


def lasting(model: Logistic, table: Tensor, side: Tensor, wish: Wish) -> Lasting:
    """The nearest rows to those of the table (B, d), in standardized columns, whose score on their `side` (B,), -1 or 1, is what
    the wish says after the worst deletion; `k` 0: the nearest rows over the border.

    The worst score is the least of linear functions: whichever is broken most is met, and all that were met before, until none
    is broken.
    """
    effects, start = influences(model), model.standardized(table)[:, :-1]
    low, high = ((end.double() - model.mean) / model.scale for end in (wish.low, wish.high))
    found = torch.stack(
        [
            _nearest(model, effects, (one, float(s)), Wish(wish.k, wish.margin, bottom, top))
            for one, s, bottom, top in zip(start, side, low, high, strict=True)
        ]
    )
    worst, dangerous = worst_scores(model, effects, found, side, wish.k)
    return Lasting(found * model.scale + model.mean, worst, dangerous)


def worst_scores(model: Logistic, effects: Tensor, inside: Tensor, side: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(B,) scores on their side of standardized rows (B, d) after the worst deletion of `k` rows, and (B, k) which rows."""
    points = side[:, None].double() * torch.cat([inside, torch.ones_like(inside[:, :1])], 1)
    scores = points @ model.weights
    lost, rows = worst_deletion(effects, points, k)
    return scores + lost, rows


def _nearest(model: Logistic, effects: Tensor, asked: tuple[Tensor, float], wish: Wish) -> Tensor:
    """The nearest point for one row, by half-spaces that are added as they are broken."""
    start, side = asked
    normals: list[Tensor] = []
    ends: list[float] = []
    point = start
    moving = wish.high > wish.low
    farthest = torch.where(moving, torch.where(side * model.weights[:-1] > 0, wish.high, wish.low), start)
    best, _ = worst_scores(model, effects, farthest[None], torch.tensor([side], device="cpu"), 0)
    if float(best) < wish.margin:  # beyond every range: the score without any deletion is an upper bound
        return farthest
    for _ in range(ROUNDS):
        worst, rows = worst_scores(model, effects, point[None], torch.tensor([side], device="cpu"), wish.k)
        broken = outside(point, wish)
        if float(worst) >= wish.margin - SLACK and not broken:
            return point
        if float(worst) < wish.margin - SLACK:
            placed = side * torch.cat([point, torch.ones(1, dtype=torch.float64, device="cpu")])
            weights = side * (model.weights + worst_move(effects, placed[None], rows)[0])
            normals.append(torch.where(moving, weights[:-1], 0))
            ends.append(wish.margin - float(weights[-1]) - float((weights[:-1] * start)[~moving].sum()))
        for normal, end in broken:
            normals.append(normal)
            ends.append(end)
        point = projected(start, torch.stack(normals), torch.tensor(ends, dtype=torch.float64, device="cpu"))
    return point


def outside(point: Tensor, wish: Wish) -> list[tuple[Tensor, float]]:
    """The ranges that are left, as half-spaces."""
    found = []
    moving = wish.high > wish.low  # what cannot move is no half-space: it is left out of all others
    for sign, end in ((1.0, wish.low), (-1.0, wish.high)):
        for column in (moving & (sign * point < sign * end - SLACK)).nonzero().flatten().tolist():
            normal = torch.zeros_like(point)
            normal[column] = sign
            found.append((normal, sign * float(end[column])))
    return found


def projected(start: Tensor, normals: Tensor, ends: Tensor) -> Tensor:
    """The nearest point to the start with every normal times it at least its end: by the dual, which is a non-negative least
    squares problem.
    """
    from scipy.optimize import nnls

    need = ends - normals @ start
    gram = normals @ normals.T + 1e-11 * torch.eye(len(normals), dtype=torch.float64, device="cpu")
    factor = torch.linalg.cholesky(gram)
    right = torch.linalg.solve_triangular(factor, need[:, None], upper=False)[:, 0]
    multipliers, _ = nnls(factor.T.numpy(), right.numpy(), maxiter=1000 + 100 * len(normals))
    return start + normals.T @ torch.from_numpy(multipliers)
