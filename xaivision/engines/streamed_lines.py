"""Least-squares lines through the values of many steps that are made a part at a time, and never held together."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.engines.ridge import LinearFit, explained, invertible

# From which steps to the steps, (k, F) in float64 on the CPU: asked for twice, equal both times.
Steps = Callable[[range], Tensor]
# From steps to the values of the B inputs, (k, B) in float64 on the CPU.
Ask = Callable[[Tensor], Tensor]


class _Sums(NamedTuple):
    """Of n steps and the `values` (n, B) less the first: what the lines are solved from."""

    products: Tensor
    total: Tensor
    moments: Tensor
    values: Tensor
    first: Tensor


def streamed_lines(parts: Sequence[range], steps: Steps, ask: Ask, intercept: bool = True) -> list[LinearFit]:
    """One line for each of B inputs, all through the same steps, each of which counts alike.

    Held are one part of the steps, a matrix (F, F) and the values (n, B). Standard errors as `weighted_ridge` has them.

    Raises: InputError, where the steps do not tell all features apart.
    """
    sums = _summed(parts, steps, ask)
    count = len(sums.values)
    center = sums.total / count if intercept else torch.zeros_like(sums.total)
    middle = sums.values.mean(0) if intercept else -sums.first
    factor = invertible(sums.products - count * center[:, None] * center)
    moments = sums.moments - sums.total[:, None] * middle
    if intercept:
        moments[:, (sums.values == 0).all(0)] = 0  # no rounding of the mean is taken for a slope
    slopes = torch.cholesky_solve(moments, factor)
    missed, spread = torch.zeros_like(sums.first), torch.zeros_like(slopes)
    for part in parts:
        centered = steps(part) - center
        left = sums.values[part.start : part.stop] - middle - centered @ slopes
        reach = torch.cholesky_solve(centered.T, factor).T  # (k, F): what each step's residual does to the slopes
        leverage = (reach * centered).sum(1, keepdim=True) + (1 / count if intercept else 0)
        told = left / (1 - leverage).clamp_min(torch.finfo(torch.float64).eps)
        spread += reach.square().T @ told.square()
        missed += left.square().sum(0)
    values = sums.values + sums.first
    starts = (middle + sums.first - center @ slopes).tolist() if intercept else [0.0] * len(sums.first)
    return [
        LinearFit(slopes[:, one], starts[one], explained(missed[one], values[:, one]), spread[:, one].sqrt())
        for one in range(values.shape[1])
    ]


def _summed(parts: Sequence[range], steps: Steps, ask: Ask) -> _Sums:
    found: list[Tensor] = []
    products = total = moments = torch.zeros((), dtype=torch.float64, device="cpu")
    for part in track(parts, "perturbations"):
        rows = steps(part)
        values = ask(rows)
        first = found[0][0] if found else values[0]
        found.append(values)
        products = products + rows.T @ rows
        total = total + rows.sum(0)
        moments = moments + rows.T @ (values - first)
    first = found[0][0]
    return _Sums(products, total, moments, torch.cat(found) - first, first)
