"""Rows of tables as lines: each column on a common height, so that a row and its neighbors can be laid over each other."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from xaivision.report.palette import Floats


@dataclass(frozen=True, eq=False)
class Profiles:
    """Heights in [0, 1] of the input (F,) and of the rows beside it (k, F); `statement` says how they were found."""

    row: Floats
    others: Floats
    statement: str


def profiles(row: Tensor, others: Tensor) -> Profiles:
    """Raw values where all of them are in [0, 1]; otherwise each column from its smallest to its largest value shown."""
    together = np.vstack([row.detach().double().cpu().numpy()[None], others.detach().double().cpu().numpy()])
    if together.min() >= 0 and together.max() <= 1:
        return Profiles(together[0], together[1:], "Lines show raw values from 0 to 1, a column of the table at each step.")
    low, high = together.min(0), together.max(0)
    spread = np.where(high > low, high - low, 1.0)
    heights = np.where(high > low, (together - low) / spread, 0.5)
    return Profiles(
        heights[0],
        heights[1:],
        "Lines show each column of the table from its smallest to its largest value among the rows shown.",
    )
