"""Which methods are better than which on a metric, and which cannot be told apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch

from xaivision.core.bootstrap import Interval, mean_intervals
from xaivision.core.random import generator
from xaivision.engines.paired_tests import holm, sign_flips
from xaivision.evaluation.audit.comparisons import LEVEL, gains_of
from xaivision.evaluation.audit.item_values import ItemValues
from xaivision.evaluation.audit.plan import AuditPlan


@dataclass(frozen=True)
class Pair:
    """By how much `first` is better than `second`, in the direction that is better, over the `items` on which both have a value.

    Where the two are the same but for rounding there is no difference. `interval`: 95 % bootstrap over items, NaN with fewer
    than two. `p`: two-sided, adjusted by Holm for all pairs on this metric; `p_alone` before that; NaN where there is no item.
    """

    first: str
    second: str
    mean: float
    interval: Interval
    p: float
    p_alone: float
    items: int

    @property
    def clear(self) -> bool:
        """Whether the two can be told apart: the p-value is small and zero is outside of the interval."""
        low, high = self.interval
        return self.p <= LEVEL and (low > 0 or high < 0)

    def turned(self) -> "Pair":
        """The same, from the second one's side."""
        low, high = self.interval
        return Pair(self.second, self.first, -self.mean, (-high, -low), self.p, self.p_alone, self.items)


@dataclass(frozen=True)
class Ranking:
    """Methods on one metric, best mean first; those without a value on any item are in `unranked`.

    Not being told apart is no equality and does not carry over: A may not be told from B, nor B from C, and yet A is clearly
    better than C. So there are no tiers but `groups`, which may overlap: methods of one group cannot be told apart, every two
    of them; two that share no group can. Means are over each method's own items, pairs over the items that both have.
    """

    metric: str
    methods: tuple[str, ...]
    means: tuple[float, ...]
    pairs: tuple[Pair, ...]
    groups: tuple[tuple[str, ...], ...]
    unranked: tuple[str, ...] = ()

    def pair(self, first: str, second: str) -> Pair | None:
        """The two compared, from the side of `first`; None where they were not."""
        for one in self.pairs:
            if (one.first, one.second) == (first, second):
                return one
            if (one.second, one.first) == (first, second):
                return one.turned()
        return None

    def like(self, method: str) -> tuple[str, ...]:
        """The ranked methods that this one cannot be told from, without itself, best mean first."""
        return tuple(other for other in self.methods if other != method and not self._apart(method, other))

    def letters(self, method: str) -> str:
        """The compact letter display: a letter for each group that the method is in; "" where it is unranked."""
        return "".join(_letter(number) for number, group in enumerate(self.groups) if method in group)

    def _apart(self, first: str, second: str) -> bool:
        found = self.pair(first, second)
        return found is not None and found.clear


def rankings(values: ItemValues, plan: AuditPlan) -> tuple[Ranking, ...]:
    """The ranking of the methods on each metric, controls left out; metrics are families of tests of their own."""
    ranked = {metric: _ranked(values, plan, metric) for metric in plan.judges}
    pairs = _pairs(values, plan, {metric: list(combinations(order, 2)) for metric, order in ranked.items()})
    return tuple(_ranking(metric, order, list(plan.methods), pairs[metric]) for metric, order in ranked.items())


def _ranked(values: ItemValues, plan: AuditPlan, metric: str) -> dict[str, float]:
    """The mean of each method that has one, best first."""
    sign = 1 if plan.judges[metric].about.higher_is_better else -1
    means = {method: float(values.of(method, metric).nanmean()) for method in plan.methods}
    return dict(
        sorted(((method, mean) for method, mean in means.items() if not math.isnan(mean)), key=lambda one: -sign * one[1])
    )


def _ranking(metric: str, order: dict[str, float], methods: list[str], pairs: tuple[Pair, ...]) -> Ranking:
    clear = {frozenset((one.first, one.second)) for one in pairs if one.clear}
    unranked = tuple(method for method in methods if method not in order)
    return Ranking(metric, tuple(order), tuple(order.values()), pairs, _groups(list(order), clear), unranked)


def _pairs(values: ItemValues, plan: AuditPlan, names: dict[str, list[tuple[str, str]]]) -> dict[str, tuple[Pair, ...]]:
    """The pairs of each metric, tested with the same random signs and adjusted metric by metric."""
    gains = [
        gains_of(values.of(first, metric), values.of(second, metric), plan.judges[metric].about)
        for metric, named in names.items()
        for first, second in named
    ]
    if not gains:
        return dict.fromkeys(names, ())
    columns = torch.stack(gains, 1)
    tests = sign_flips(columns, generator(plan.seed, "signs of pairs"))
    means, intervals = columns.nanmean(0).tolist(), mean_intervals(columns)
    found, start = {}, 0
    for metric, named in names.items():
        own = slice(start, start := start + len(named))
        alone = tests.two_sided[own]
        numbers = zip(
            named, means[own], intervals[own], holm(alone).tolist(), alone.tolist(), tests.pairs[own].tolist(), strict=True
        )
        found[metric] = tuple(Pair(*pair, *rest) for pair, *rest in numbers)
    return found


def _groups(ranked: Sequence[str], clear: set[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """The largest sets of methods of which no two are told apart, in the order of their best ones, then of the next."""
    found: list[tuple[str, ...]] = []

    def grow(group: tuple[str, ...], candidates: list[str], used: list[str]) -> None:
        if not candidates and not used:
            found.append(tuple(sorted(group, key=ranked.index)))
        for one in list(candidates):
            alike = [other for other in ranked if other != one and frozenset((one, other)) not in clear]
            grow((*group, one), [other for other in candidates if other in alike], [other for other in used if other in alike])
            candidates.remove(one)
            used.append(one)

    grow((), list(ranked), [])
    return tuple(sorted((group for group in found if group), key=lambda group: [ranked.index(one) for one in group]))


def _letter(number: int) -> str:
    """a, b, ..., z, then a2, b2, ..."""
    turn, place = divmod(number, 26)
    return chr(ord("a") + place) + (str(turn + 1) if turn else "")
