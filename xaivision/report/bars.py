"""The features of a table that carry most of an explanation, as signed bars."""

from dataclasses import dataclass

import numpy as np

from xaivision.core.query import Query
from xaivision.report.palette import NEGATIVE_ANCHORS, POSITIVE_ANCHORS
from xaivision.report.scale import Scaling, scaled_values
from xaivision.report.signed_map import SignedMap
from xaivision.report.wording import feature_names, number

TOP = 10
POSITIVE_COLOR, NEGATIVE_COLOR = POSITIVE_ANCHORS[3], NEGATIVE_ANCHORS[3]


@dataclass(frozen=True)
class Bar:
    """One feature: its name, its value in the row, and what the method gives it, in the scale's unit."""

    name: str
    value: str
    length: float

    @property
    def color(self) -> str:
        return POSITIVE_COLOR if self.length > 0 else NEGATIVE_COLOR


def top_bars(query: Query, index: int, shown: SignedMap, scaling: Scaling, top: int = TOP) -> list[Bar]:
    """The `top` features with the largest absolute values, largest first; features with zero are left out."""
    lengths = scaled_values(shown, scaling)
    names = feature_names(query, len(lengths))
    order = np.argsort(-np.abs(lengths), kind="stable")[:top]
    row = query.inputs[index]
    return [Bar(names[i], number(float(row[i]), 4), float(lengths[i])) for i in order if lengths[i] != 0]


def remainder(shown: SignedMap, bars: list[Bar]) -> str:
    """How much of the map's total the features without a bar carry; empty where there are none."""
    left = int((shown.values != 0).sum()) - len(bars)
    if left <= 0:
        return ""
    rest = np.sort(np.abs(shown.shares))[: shown.values.size - len(bars)].sum()
    return f"{left} more features carry {100 * float(rest):.2g} % of the total"
