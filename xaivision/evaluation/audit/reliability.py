"""How far the metrics of an audit can be relied on to rank methods: across metrics, and across items.

Two metrics that are both right put methods in the same order; where they do not, at least one measures something else, and no
statistics can say which. A metric whose order of methods changes from item to item says little about any single item.
Only methods are ordered. Controls would make metrics agree that have nothing in common but that chance is bad.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from xaivision.core.bootstrap import NOTHING, Interval, mean_intervals, resample_counts, stretched
from xaivision.engines.concordance import kendall, kendall_w, mean_tau, pair_orders
from xaivision.evaluation.audit.item_values import ItemValues
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.ranking import Pair, Ranking


@dataclass(frozen=True)
class Flip:
    """Two methods that two metrics put in opposite orders: `better` is ahead on the first metric, `worse` on the second.

    `clear`: whether both metrics tell the two apart, so that the contradiction is none of chance.
    """

    better: str
    worse: str
    clear: bool


@dataclass(frozen=True)
class MetricPair:
    """How far two metrics order the methods alike, by Kendall's tau-b: 1 the same order, -1 the opposite one, 0 unrelated.

    `tau_of_means`: of the order by mean, over `methods` of them; coarse where these are few. `tau_of_items`: the mean of the
    taus of single items, over the `items` on which every method has a value on both metrics and not all are tied; `interval`:
    its 95 % bootstrap over items.
    """

    first: str
    second: str
    methods: int
    tau_of_means: float
    tau_of_items: float
    interval: Interval
    items: int
    flips: tuple[Flip, ...]


@dataclass(frozen=True)
class Consistency:
    """How far the items agree on the order of the methods on one metric.

    `tau`: mean tau-b of every two items, with its 95 % bootstrap `interval` over items. `w`: Kendall's W of the same items, 1
    where all agree and `w_by_chance` where they have nothing in common. `items`: those on which every method has a value, and
    not all the same; `left_out`: the others. NaN with fewer than two methods or two such items.
    """

    metric: str
    methods: int
    tau: float
    interval: Interval
    w: float
    w_by_chance: float
    items: int
    left_out: int


@dataclass(frozen=True)
class Reliability:
    """`pairs`: every two metrics. `consistency`: every metric by itself."""

    pairs: tuple[MetricPair, ...]
    consistency: tuple[Consistency, ...]

    @property
    def clear_flips(self) -> int:
        """How often two metrics clearly contradict each other about two methods."""
        return sum(flip.clear for pair in self.pairs for flip in pair.flips)


def reliability(values: ItemValues, plan: AuditPlan, ranked: Sequence[Ranking]) -> Reliability:
    """What the metrics of the plan are worth beside each other and by themselves; `ranked`: the ranking on each of them."""
    tables = {ranking.metric: _Table.of(values, plan, ranking) for ranking in ranked}
    two = [(tables[first], tables[second]) for first, second in combinations(tables, 2)]
    taus = [_item_taus(first, second) for first, second in two]
    intervals = mean_intervals(torch.stack(taus, 1)) if taus else []
    pairs = tuple(_pair(*both, tau, interval) for both, tau, interval in zip(two, taus, intervals, strict=True))
    return Reliability(pairs, tuple(_consistency(table) for table in tables.values()))


@dataclass(frozen=True, eq=False)
class _Table:
    """`values` (n, k): one metric's, higher is better, of the methods that have any, in the order of the plan."""

    ranking: Ranking
    methods: tuple[str, ...]
    values: Tensor
    finest: float

    @classmethod
    def of(cls, values: ItemValues, plan: AuditPlan, ranking: Ranking) -> "_Table":
        card = plan.judges[ranking.metric].about
        sign = 1 if card.higher_is_better else -1
        methods = tuple(method for method in plan.methods if method in ranking.methods)
        columns = [sign * values.of(method, ranking.metric) for method in methods]
        empty = torch.empty(len(values.items), 0, dtype=torch.float64, device="cpu")
        return cls(ranking, methods, torch.stack(columns, 1) if columns else empty, card.finest)

    def only(self, methods: Sequence[str]) -> Tensor:
        """(n, m) of these methods."""
        return self.values[:, [self.methods.index(method) for method in methods]]

    def means(self, methods: Sequence[str]) -> Tensor:
        """(1, m) of these methods, each over its own items."""
        return self.only(methods).nanmean(0, keepdim=True)


def _shared(first: _Table, second: _Table) -> list[str]:
    return [method for method in first.methods if method in second.methods]


def _item_taus(first: _Table, second: _Table) -> Tensor:
    """(n,) tau of each item, NaN where it has none."""
    both = _shared(first, second)
    return kendall(first.only(both), second.only(both), (first.finest, second.finest))


def _pair(first: _Table, second: _Table, taus: Tensor, interval: Interval) -> MetricPair:
    both = _shared(first, second)
    return MetricPair(
        first.ranking.metric,
        second.ranking.metric,
        len(both),
        float(kendall(first.means(both), second.means(both), (first.finest, second.finest))),
        float(taus.nanmean()),
        interval,
        int((~taus.isnan()).sum()),
        _flips(first.ranking, second.ranking),
    )


def _flips(first: Ranking, second: Ranking) -> tuple[Flip, ...]:
    found = []
    for one in first.pairs:
        ahead = one if one.mean > 0 else one.turned()
        other = second.pair(ahead.first, ahead.second)
        if other is not None and _opposite(ahead, other):
            found.append(Flip(ahead.first, ahead.second, ahead.clear and other.clear))
    return tuple(found)


def _opposite(one: Pair, other: Pair) -> bool:
    return one.mean * other.mean < 0


def _consistency(table: _Table) -> Consistency:
    total, methods = table.values.shape
    orders = pair_orders(table.values, table.finest) if methods > 1 else torch.empty(total, 0, dtype=torch.float64, device="cpu")
    usable = ~orders.isnan().any(1) if methods > 1 else torch.zeros(total, dtype=torch.bool, device="cpu")
    items = int(usable.sum())
    tau, interval, w = math.nan, NOTHING, math.nan
    if items > 1:
        tau, interval = _mean_tau(orders[usable])
        w = float(kendall_w(table.values[usable], table.finest))
    chance = 1 / items if items > 1 else math.nan
    return Consistency(table.ranking.metric, methods, tau, interval, w, chance, items, total - items)


def _mean_tau(orders: Tensor) -> tuple[float, Interval]:
    """The mean over every two items, and its bootstrap interval over items; a resample of one item alone has no two."""
    tau, count = float(mean_tau(orders)), len(orders)
    return tau, stretched(mean_tau(orders, resample_counts(count)), tau, count, within=(-1.0, 1.0))
