"""Rules: conjunctions of conditions that hold the prediction."""

from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation


@dataclass(frozen=True)
class Condition:
    """`low` < feature <= `high`; a bound that is None is open."""

    feature: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Rule:
    """A conjunction. `precision`: share of covered cases with the predicted class; `coverage`: share of cases covered.

    `precision_bound`: what the precision is at least, with 95 % certainty; NaN where that is not known.
    """

    conditions: tuple[Condition, ...]
    precision: float
    coverage: float
    precision_bound: float = nan


@dataclass(frozen=True, eq=False, repr=False)
class Rules(Explanation):
    """`rules`: for each input its rules, most precise first.

    `players` (B, H, W): where the features of the conditions are segments of pictures, which are there at 1 and absent at 0,
    the number of the segment that each pixel belongs to.
    """

    rules: tuple[tuple[Rule, ...], ...]
    players: Tensor | None = None

    def _content(self) -> tuple[str, ...]:
        return (f"inputs {len(self.rules)}", f"rules {sum(map(len, self.rules))}")

    def as_attribution(self) -> Attribution:
        """The precision of the first rule on each feature, or segment, that it names; zero elsewhere."""
        if self.players is not None:
            return self._on_segments(self.players)
        values = torch.zeros_like(self.query.inputs, memory_format=torch.contiguous_format)  # so that rows are views
        for row, rules in zip(values.flatten(1), self.rules, strict=True):
            for condition in rules[0].conditions if rules else ():
                row[condition.feature] = rules[0].precision
        return Attribution(self.query, self.origin, self.diagnostics, values=values, kind="contribution")

    def _on_segments(self, players: Tensor) -> Attribution:
        values = torch.zeros_like(players, dtype=self.query.inputs.dtype)
        for one, labels, rules in zip(values, players, self.rules, strict=True):
            for condition in rules[0].conditions if rules else ():
                one[labels == condition.feature] = rules[0].precision
        return Attribution(self.query, self.origin, self.diagnostics, values=values[:, None], kind="contribution")
