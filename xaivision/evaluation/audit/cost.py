"""What an audit will cost: from what its first items did, and what is asked aside."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from xaivision.evaluation.audit.part import Part


@dataclass(frozen=True)
class CostPlan:
    """What is left to be done of an audit: `items` of `total`, and what they will cost, from what the first ones did.

    `measured`: how many were done just now to find that out. Calls are exact where no method's cost depends on its input and no
    item fails; those that look at removals are among them. `seconds`: on this machine as busy as it was.
    """

    items: int
    total: int
    model_calls: int
    gradient_calls: int
    seconds: float
    measured: int = 0

    @property
    def before(self) -> int:
        """How many items were done before, by an audit that was stopped."""
        return self.total - self.items - self.measured


class Done(NamedTuple):
    """What one part cost, and of how many `items`; `asked`: those that could be read and scored."""

    items: int
    asked: int
    model_calls: int
    gradient_calls: int
    seconds: float


def done_of(part: Part) -> Done:
    """The costs of a part. Items that failed are counted apart: they cost next to nothing."""
    failed = {row.item for row in part.rows if not row.method}
    return Done(part.items, part.items - len(failed), part.model_calls, part.gradient_calls, part.seconds)


def foreseen(done: Iterable[Done], items: int, aside: int, at_once: int) -> tuple[int, int, float]:
    """Model calls, gradient calls and seconds of so many more items, and of `aside` model calls on top of them.

    Items cost what they did in the largest part in which none failed: where one does, some are asked twice. Nobody knows the
    seconds where no item could be asked.
    """
    largest = max(done, key=lambda one: (bool(one.asked), one.asked == one.items, one.asked, one.model_calls), default=None)
    if largest is None or not largest.asked:
        return aside, 0, math.nan if items else 0.0
    share = items / largest.asked
    calls = (round(largest.model_calls * share) + aside, round(largest.gradient_calls * share))
    return *calls, largest.seconds * share / at_once
