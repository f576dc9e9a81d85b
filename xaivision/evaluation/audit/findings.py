"""The findings of an audit: what its rows say of every method on every metric, with how sure that is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from xaivision.core.bootstrap import Interval, mean_intervals
from xaivision.evaluation.audit.comparisons import Comparison, comparisons, family
from xaivision.evaluation.audit.item_values import ItemValues, item_values
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.ranking import Ranking, rankings
from xaivision.evaluation.audit.rows import Row


@dataclass(frozen=True)
class Extreme:
    """An item by its name, with its value."""

    item: str
    value: float


@dataclass(frozen=True)
class Finding:
    """One method or control on one metric.

    `items`: how many the audit has; of these `undefined` have no value and `failed` broke while being read, explained or
    judged. `mean` and `interval` (95 % bootstrap over items, NaN with fewer than two): over the rest. `best` and `worst`:
    the first item with the best and with the worst value in the metric's direction, None where no item has one. `comparisons`:
    with each control, and with the method's own reversal where that was judged; empty for controls.
    """

    metric: str
    method: str
    control: bool
    higher_is_better: bool
    faithfulness: bool
    items: int
    undefined: int
    failed: int
    mean: float
    interval: Interval
    best: Extreme | None
    worst: Extreme | None
    comparisons: tuple[Comparison, ...] = ()

    @property
    def better_than_all(self) -> bool:
        """Whether the method is clearly better than every control, and than its own reversal; False where there is none."""
        return bool(self.comparisons) and all(one.better for one in self.comparisons)


@dataclass(frozen=True)
class Findings:
    """`found`: every method and control on every metric. `rankings`: the methods on each metric. `family`: what has to be said
    of the number of tests, in sentences. `failed`: names of the items, of so many `items`, on which anything failed.
    """

    found: tuple[Finding, ...]
    rankings: tuple[Ranking, ...]
    family: str
    items: int = 0
    failed: tuple[str, ...] = ()

    def of(self, metric: str, method: str) -> Finding | None:
        """What was found of this method or control on this metric; None where it was not part of the audit."""
        return next((one for one in self.found if (one.metric, one.method) == (metric, method)), None)

    def mean(self, metric: str, method: str) -> float:
        """Mean over the items that have a value; NaN where none has, or nobody asked."""
        one = self.of(metric, method)
        return math.nan if one is None else one.mean

    def ranking(self, metric: str) -> Ranking | None:
        """The ranking of the methods on this metric; None where it was not part of the audit."""
        return next((one for one in self.rankings if one.metric == metric), None)

    def lead(self, metric: str, method: str, opponent: str) -> "Comparison | Advantage | None":
        """By how much the method is better than a control, its reversal or another method; None where no item has both.

        Against another method the test is two-sided, and adjusted for all pairs on the metric.
        """
        one, ranking = self.of(metric, method), self.ranking(metric)
        known = next((lead for lead in one.comparisons if lead.opponent == opponent), None) if one is not None else None
        if known is not None:
            return known if known.items else None
        pair = ranking.pair(method, opponent) if ranking is not None else None
        if pair is None or not pair.items:
            return None
        return Advantage(pair.mean, pair.interval, pair.p, pair.clear and pair.mean > 0)


@dataclass(frozen=True)
class Advantage:
    """By how much one method is better than another; `better`: clearly."""

    mean: float
    interval: Interval
    p: float
    better: bool


def findings(rows: Iterable[Row], plan: AuditPlan) -> Findings:
    """Everything that the rows of an audit say, in the order of the plan; the order of the rows changes nothing.

    Raises: InputError, where two rows have the same item, method, variant and metric.
    """
    values = item_values(rows)
    compared = comparisons(values, plan)
    asked = [(metric, label) for metric in plan.judges for label in (*plan.methods, *plan.controls)]
    intervals = mean_intervals(torch.stack([values.of(label, metric) for metric, label in asked], 1))
    found = tuple(_finding(values, plan, *one, interval) for one, interval in zip(asked, intervals, strict=True))
    failed = frozenset[str]().union(*values.errors.values())
    return Findings(
        tuple(replace(one, comparisons=_own(one, compared)) for one in found),
        rankings(values, plan),
        family(compared),
        len(values.items),
        tuple(item for item in values.items if item in failed),
    )


def _own(one: Finding, compared: Iterable[Comparison]) -> tuple[Comparison, ...]:
    return tuple(each for each in compared if (each.metric, each.method) == (one.metric, one.method))


def _finding(values: ItemValues, plan: AuditPlan, metric: str, label: str, interval: Interval) -> Finding:
    card, own = plan.judges[metric].about, values.of(label, metric)
    failed = values.failed(label, metric)
    empty = {item for item, none in zip(values.items, own.isnan().tolist(), strict=True) if none}
    highest, lowest = _extreme(values, own, largest=True), _extreme(values, own, largest=False)
    return Finding(
        metric,
        label,
        label in plan.controls,
        card.higher_is_better,
        card.faithfulness,
        len(values.items),
        len(empty - failed),
        len(failed),
        float(own.nanmean()),
        interval,
        highest if card.higher_is_better else lowest,
        lowest if card.higher_is_better else highest,
    )


def _extreme(values: ItemValues, own: Tensor, *, largest: bool) -> Extreme | None:
    if bool(own.isnan().all()):
        return None
    filled = own.nan_to_num(-math.inf if largest else math.inf)
    place = int(filled.argmax() if largest else filled.argmin())
    return Extreme(values.items[place], float(own[place]))
