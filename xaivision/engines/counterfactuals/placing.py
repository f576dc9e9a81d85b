"""Rows of a table as points: as far from each other as the rows are in a space, so that neighbors can be looked up."""

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.space import Space

# Two different corners at this distance from the origin are 1 apart.
CORNER = 0.5**0.5


def placed(space: Space, rows: Tensor) -> Tensor:
    """(..., E) float64: points whose Euclidean distance is what a change of one row (..., F) into another costs by norm 2.

    Numbers keep their place, times their weight. Each pattern of a part has an axis of its own: all are equally far from each
    other. Patterns that a part does not know are one and the same.
    """
    rows = rows.double()
    numbers = rows[..., space.numbers] * space.weight[space.numbers]
    axes = [
        (rows[..., None, part.columns] == part.patterns).all(-1).double() * (CORNER * space.weight[part.columns[0]])
        for part in space.parts
        if part.patterns is not None
    ]
    return torch.cat([numbers, *axes], -1)
