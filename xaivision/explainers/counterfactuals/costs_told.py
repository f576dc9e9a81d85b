"""What the changes of found rows cost, as their result carries it."""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.explainers.counterfactuals.scene import Scene

# How the costs of columns are put together, where it is not their sum.
TOGETHER = {"l1": "", "l2": ", by the root of their squares", "linf": ", the largest of them"}


class Costs(NamedTuple):
    """`costs` (B, k), their unit in words, and `column_costs` (B, k, F), None where a function of the caller's own says them."""

    costs: Tensor
    cost_unit: str
    column_costs: Tensor | None


def told_costs(scene: Scene, rows: Tensor, found: Tensor) -> Costs:
    """What rows (B, k, F) cost by the wishes of this question; nan where none was `found` (B, k)."""
    numbers, _ = found.nonzero().unbind(1)
    costs = torch.full(found.shape, torch.nan, dtype=torch.float64, device="cpu")
    if len(numbers):  # a function of the caller's own need not bear no rows
        costs[found] = scene.cost(rows[found], numbers)
    own = None if scene.wishes.cost is not None else scene.space.pieces(scene.inputs[:, None], rows)
    return Costs(costs, _unit(scene), own)


def _unit(scene: Scene) -> str:
    wishes, swapped = scene.wishes, len(scene.space.members) > len(scene.space.numbers)
    if wishes.cost is not None:
        return "by `cost`"
    if isinstance(wishes.feature_weights, str):
        unit = "median absolute deviations"
    else:
        unit = "units of the columns" if wishes.feature_weights is None else "weighted by `feature_weights`"
    return f"{unit}{', and 1 a changed category' if swapped else ''}{TOGETHER[wishes.norm]}"
