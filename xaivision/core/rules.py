"""Rules: conjunctions of conditions that hold the prediction."""

from dataclasses import dataclass

import torch

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
    """A conjunction. `precision`: share of covered cases with the predicted class; `coverage`: share of cases covered."""

    conditions: tuple[Condition, ...]
    precision: float
    coverage: float


@dataclass(frozen=True, eq=False, repr=False)
class Rules(Explanation):
    """`rules`: for each input its rules, most precise first."""

    rules: tuple[tuple[Rule, ...], ...]

    def _content(self) -> tuple[str, ...]:
        return (f"inputs {len(self.rules)}", f"rules {sum(map(len, self.rules))}")

    def as_attribution(self) -> Attribution:
        """The precision of the first rule on each feature that it names, zero elsewhere."""
        values = torch.zeros_like(self.query.inputs, memory_format=torch.contiguous_format)  # so that rows are views
        for row, rules in zip(values.flatten(1), self.rules, strict=True):
            for condition in rules[0].conditions if rules else ():
                row[condition.feature] = rules[0].precision
        return Attribution(self.query, self.origin, self.diagnostics, values=values, kind="contribution")
