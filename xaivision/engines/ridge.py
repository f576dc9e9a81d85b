"""Weighted ridge regression in closed form, with how well it fits and how far chance moves its coefficients."""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import InputError

# A pivot that falls below this share of the largest is rounding: the columns depend on each other.
SMALLEST_PIVOT = 1e-10


class LinearFit(NamedTuple):
    """`coefficients` (M,) float64 and `intercept` of the linear model; `fit`: weighted R2 on the rows it was made from, 1 where
    nothing varied.

    `standard_errors` (M,): how far other rows drawn alike would move the coefficients; NaN where rows are too few to tell.
    """

    coefficients: Tensor
    intercept: float
    fit: float
    standard_errors: Tensor


def weighted_ridge(rows: Tensor, values: Tensor, weights: Tensor, alpha: float, intercept: bool = True) -> LinearFit:
    """Minimizes sum of weights * (values - intercept - rows @ b)^2 + alpha * |b|^2; the intercept is not penalized.

    `rows` (n, M), `values` (n,), `weights` (n,) positive. Standard errors are the sandwich's with leverages (HC3): they hold
    where a linear model is wrong, as it is here, and do not count the shrinkage by `alpha`.

    Raises: InputError, where `alpha` is zero and the rows do not tell all columns apart.
    """
    rows, values, weights = rows.double(), values.double(), weights.double()
    means, mean = _centers(rows, values, weights) if intercept else (torch.zeros_like(rows[0]), torch.zeros_like(values[0]))
    centered, left = rows - means, values - mean
    weighted = centered * weights[:, None]
    factor = invertible(centered.T @ weighted + alpha * torch.eye(rows.shape[1], dtype=torch.float64, device="cpu"))
    if bool((values == values[0]).all()) and intercept:
        left = torch.zeros_like(left)  # no rounding of the mean is taken for a slope
    coefficients = torch.cholesky_solve((weighted.T @ left)[:, None], factor)[:, 0]
    residuals = left - centered @ coefficients
    own = weights / weights.sum() if intercept else torch.zeros_like(weights)
    return LinearFit(
        coefficients,
        float(mean - means @ coefficients),
        explained(weights @ residuals.square(), values, weights),
        _standard_errors(weighted, centered, residuals, factor, own),
    )


def _centers(rows: Tensor, values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    shares = weights / weights.sum()
    return shares @ rows, shares @ values


def invertible(normal: Tensor) -> Tensor:
    """(M, M) the Cholesky factor of normal equations.

    Raises: InputError, where their rows do not tell all columns apart.
    """
    factor, failed = torch.linalg.cholesky_ex(normal)
    pivots = factor.diagonal().square()
    if int(failed) or not bool((pivots > SMALLEST_PIVOT * normal.diagonal().max()).all()):
        raise InputError(
            f"Without `alpha`, {len(normal)} coefficients need rows that tell them apart. Got rows that do not. "
            "Take a larger `budget`, or an `alpha` above 0."
        )
    found: Tensor = factor
    return found


def explained(missed: Tensor, values: Tensor, weights: Tensor | None = None) -> float:
    """R2 around the weighted mean, as scikit-learn scores it; `missed`: the weighted sum of squared residuals."""
    if bool((values == values[0]).all()):
        return 1.0 if not bool(missed > 0) else 0.0
    counts = torch.ones_like(values) if weights is None else weights
    return float(1 - missed / (counts @ (values - counts @ values / counts.sum()).square()))


def _standard_errors(weighted: Tensor, centered: Tensor, residuals: Tensor, factor: Tensor, own: Tensor) -> Tensor:
    if len(centered) < centered.shape[1] + 2:
        return torch.full_like(centered[0], torch.nan)
    reach = torch.cholesky_solve(weighted.T, factor).T  # (n, M): what each row's residual does to the coefficients
    leverages = (reach * centered).sum(1) + own
    told = residuals / (1 - leverages).clamp_min(torch.finfo(torch.float64).eps)
    return (reach * told[:, None]).square().sum(0).sqrt()
