"""What the changes of found rows cost, as their result carries it."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.space import Part
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.table_space import Columns
from xaivision.explainers.counterfactuals.wishes import Column

# How the costs of columns are put together, where it is not their sum.
TOGETHER = {"l1": "", "l2": ", by the root of their squares", "linf": ", the largest of them"}
# Of the columns whose weight was given so many are named.
MOST_NAMED = 5


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
    """What is counted, of all that any of the inputs may change: deviations or units of numbers, and what anything else costs."""
    wishes, columns = scene.wishes, Columns(scene.q)
    if wishes.cost is not None:
        return "by `cost`"
    movable = torch.stack([room.members.any(0) for room in scene.rooms.each]).any(0)
    parts = [part for part in scene.space.parts if movable[part.columns[0]]]
    weights = wishes.feature_weights
    weighted = _weighted(columns, parts, weights) if isinstance(weights, Mapping) else {}
    others = [part for part in parts if part.columns[0] not in weighted]
    swaps = [_swap_words(columns, part) for part in others if part.patterns is not None]
    prices = [*dict.fromkeys(swaps), *list(weighted.values())[:MOST_NAMED]]
    prices += [f"as `feature_weights` says of {len(weighted) - MOST_NAMED} more"] if len(weighted) > MOST_NAMED else []
    *most, last = prices or [""]
    if len(others) == len(swaps):
        told = f"points, {', '.join(most)}{' and ' if most else ''}{last}"
    else:
        unit = "units of the columns" if weights is None else "median absolute deviations"
        told = ", ".join([unit, *most, *([f"and {last}"] if last else [])])
    return f"{told}{TOGETHER[wishes.norm]}"


def _weighted(columns: Columns, parts: list[Part], weights: Mapping[Column, float]) -> dict[int, str]:
    """By their first columns what those of the parts cost whose weight was given."""
    given, told = columns.by_number(weights), {}
    for part in parts:
        if (first := part.columns[0]) in given:
            told[first] = f"{given[first]:g} a {'unit' if part.patterns is None else 'change'} of `{columns.name(first)}`"
    return told


def _swap_words(columns: Columns, part: Part) -> str:
    """What a change costs of a category, in one column or in a group of the schema, or of other columns that change together."""
    category = len(part.columns) == 1 or part.columns in columns.groups.values()
    return f"1 a {'changed category' if category else 'change of linked columns'}"
