"""Rules: conjunctions of conditions that hold the prediction."""

from dataclasses import dataclass, field, replace
from math import nan

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import in_short
from xaivision.core.query import Query
from xaivision.core.values_in_words import column_words, number_words


@dataclass(frozen=True)
class Condition:
    """`low` < feature <= `high`; a bound that is None is open. `words`: the same for people, where names are known."""

    feature: int
    low: float | None = None
    high: float | None = None
    words: str = field(default="", compare=False)

    def holds(self, value: float) -> bool:
        """Whether this value of the feature meets it."""
        return (self.low is None or value > self.low) and (self.high is None or value <= self.high)

    def __repr__(self) -> str:
        """`Condition(color is red)`, or the bounds where no words are known."""
        return in_short(self, self.words or f"feature={self.feature}, low={self.low}, high={self.high}")


@dataclass(frozen=True)
class Rule:
    """A conjunction. `precision`: share of covered cases with the predicted class; `coverage`: share of cases covered.

    `precision_bound`: what the precision is at least, with 95 % certainty; NaN where that is not known.
    """

    conditions: tuple[Condition, ...]
    precision: float
    coverage: float
    precision_bound: float = nan

    def __repr__(self) -> str:
        """`Rule(color is red and age is above 30, precision 0.97, coverage 0.12)`."""
        held = " and ".join(one.words or repr(one) for one in self.conditions) or "always"
        return in_short(self, held, f"precision {self.precision:.3g}", f"coverage {self.coverage:.3g}")


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


def told_rule(query: Query, rule: Rule, players: Tensor | None = None) -> Rule:
    """The rule with the words of its conditions; with `players` these are about segments of pictures."""
    words = condition_words if players is None else _segment_words
    return replace(rule, conditions=tuple(replace(one, words=words(query, one)) for one in rule.conditions))


def condition_words(query: Query, condition: Condition) -> str:
    """What the condition says of its column."""
    name, low, high = column_words(query, condition.feature), condition.low, condition.high
    known = query.category_names[condition.feature] if query.category_names else ()
    held = [str(word) for code, word in enumerate(known) if condition.holds(code)]
    left = [str(word) for code, word in enumerate(known) if not condition.holds(code)]
    if held and left:
        return f"{name} is {' or '.join(held)}" if len(held) <= len(left) else f"{name} is not {' or '.join(left)}"
    if low is not None and high is not None:
        return f"{name} is above {number_words(low)} and up to {number_words(high)}"
    if low is not None:
        return f"{name} is above {number_words(low)}"
    return name if high is None else f"{name} is up to {number_words(high)}"


def _segment_words(query: Query, condition: Condition) -> str:
    return f"segment {condition.feature} is {'hidden' if condition.low is None else 'there'}"
