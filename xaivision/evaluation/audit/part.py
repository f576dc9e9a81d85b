"""Part: everything that one shard of an audit's items gave, small enough to be kept for all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from xaivision.evaluation.audit.rows import Row

# Arrays, not tensors: between processes torch hands tensors over in memory that ends with the process that made them.
Array = np.ndarray[Any, Any]


# What is asked of a shard: the rows of an audit, or one of the things that are looked at aside, over a few items together.
About = Literal["rows", "removals", "identity"]


class Shard(NamedTuple):
    """Items that are asked about together, by their numbers; `number` is the shard's place among all."""

    number: int
    items: tuple[int, ...]
    about: About = "rows"


class Cost(NamedTuple):
    """What explaining by one method (`metric` "") or judging it by one metric cost for `items`, had it been asked alone."""

    label: str
    metric: str
    items: int
    model_calls: int
    gradient_calls: int
    seconds: float


class Doubt(NamedTuple):
    """A reason of verdicts, without its numbers, and on how many items it speaks against the explanations of one method."""

    label: str
    reason: str
    items: int


class Curve(NamedTuple):
    """The sum over `items` of one method's curves on one metric, over the shares of what is done at each step."""

    label: str
    metric: str
    items: int
    shares: tuple[float, ...]
    sums: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """`model_calls`, `gradient_calls` and `seconds` are what everything together cost, answers that several need asked once.

    `maps`: for each label (n, h, w) or (n, F) float16 in the order of the shard's items, each map divided by its largest
    magnitude, NaN where there is none; `pictures` (n, C, h, w) uint8, empty for tables, made for looking at. `found`: what was
    asked aside of all items together, in values that JSON can hold.
    """

    shard: int
    rows: tuple[Row, ...]
    costs: tuple[Cost, ...] = ()
    curves: tuple[Curve, ...] = ()
    model_calls: int = 0
    gradient_calls: int = 0
    seconds: float = 0.0
    items: int = 0
    maps: Mapping[str, Array] = field(default_factory=dict)
    pictures: Array | None = None
    found: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()


def failed_part(shard: Shard, names: Iterable[str], why: str) -> Part:
    """The part of a shard whose items could not be asked about at all."""
    rows = [Row(name, -1, "", "", "", float("nan"), why, "") for name in names]
    return Part(shard.number, tuple(rows), items=len(shard.items))


def summed_doubts(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Each reason of each method once, most frequent first."""
    sums: dict[tuple[str, str], int] = {}
    for one in doubts:
        sums[one.label, one.reason] = sums.get((one.label, one.reason), 0) + one.items
    return tuple(Doubt(label, reason, items) for (label, reason), items in sorted(sums.items(), key=lambda one: -one[1]))


def summed_curves(curves: Iterable[Curve]) -> tuple[Curve, ...]:
    """By label and metric the sums over all items; those over other shares than the first cannot be added, and are left out."""
    sums: dict[tuple[str, str], Curve] = {}
    for curve in curves:
        before = sums.setdefault((curve.label, curve.metric), curve._replace(items=0, sums=(0.0,) * len(curve.sums)))
        if before.shares == curve.shares:
            added = tuple(a + b for a, b in zip(before.sums, curve.sums, strict=True))
            sums[curve.label, curve.metric] = before._replace(items=before.items + curve.items, sums=added)
    return tuple(sums.values())
