"""Better than the controls, or perhaps by chance: every method against every control, on every metric of an audit.

What is tested. Items are a sample of those that could have been audited, so the mean gain over them may be luck: random signs
of the gains say how likely (`engines/paired_tests.py`), and pairs of which one side is undefined are left out and counted.
A control that draws at random is a sample as well, of draws. Being better than chance is on average is no finding, since half
of all random maps are. So against such a control a method has to pass two tests, and its p-value is the larger one: that over
items, of the gain over the mean of the draws; and that of its mean over items as one more draw from a normal distribution with
the mean and the spread of the K draws' means (a t test with K - 1 degrees of freedom, for a prediction). The latter leans on
the bell curve, because ten draws alone cannot say less than one in eleven; so that no shape of distribution can raise false
findings above that, a method that any draw comes up to has that share of draws as its p-value. A claim of two parts that is
made where both tests reject keeps their level, without any further correction.

One audit makes many comparisons: all p-values of it are adjusted together by Holm's procedure, reversals and metrics that are
not about faithfulness included.

Source: Crawford, Howell, 1998, doi:10.1076/clin.12.4.482.7241 (one case against a small sample).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.bootstrap import Interval, mean_intervals
from xaivision.core.random import generator
from xaivision.engines.paired_tests import holm, sign_flips, smallest_p
from xaivision.evaluation.audit.item_values import ItemValues
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.standing import REVERSED

# What "clearly" means: adjusted p-values up to this, and intervals of 95 %.
LEVEL = 0.05


@dataclass(frozen=True)
class Comparison:
    """By how much a method is better than an opponent on a metric, in the direction that is better; negative where worse.

    `opponent`: the label of a control, or "reversed" for the method's own ranking turned round. `interval`: 95 % over items;
    over draws as well, where the opponent draws at random, whichever reaches farther; NaN with fewer than two items.
    `p`: one-sided, adjusted by Holm for all comparisons of the audit; `p_alone` before that. `items`: how many have a value on
    both sides; `left_out`: how many do not. `draws`: of the opponent's chance, 0 where there is none. `note`: what else a
    reader must know, a sentence or "".
    """

    metric: str
    method: str
    opponent: str
    mean: float
    interval: Interval
    p: float
    p_alone: float
    items: int
    left_out: int
    draws: int
    note: str = ""

    @property
    def better(self) -> bool:
        """Whether the method is clearly better: its p-value is small with all tests accounted for, and its interval above 0."""
        return self.p <= LEVEL and self.interval[0] > 0


@dataclass(frozen=True, eq=False)
class _Gains:
    """`of_items` (n,): gain on each item, NaN where left out. `of_draws` (K,): mean gain over each draw of chance."""

    names: tuple[str, str, str]
    of_items: Tensor
    of_draws: Tensor
    one_draw: bool

    @property
    def items(self) -> int:
        return int((~self.of_items.isnan()).sum())


def comparisons(values: ItemValues, plan: AuditPlan) -> tuple[Comparison, ...]:
    """Every method against every control and against its own reversal where that was judged, metric by metric."""
    gains = list(_all_gains(values, plan))
    if not gains:
        return ()
    columns = torch.stack([one.of_items for one in gains], 1)
    over_items = sign_flips(columns, generator(plan.seed, "signs of gains")).greater
    over_draws = torch.tensor([_chance_p(one.of_draws) for one in gains], dtype=torch.float64, device="cpu")
    alone = torch.fmax(over_items, over_draws)  # the larger one, and that over items where nothing is drawn
    alone = alone.masked_fill(over_items.isnan(), math.nan)
    intervals, adjusted = mean_intervals(columns), holm(alone).tolist()
    found = zip(gains, intervals, alone.tolist(), adjusted, strict=True)
    return tuple(_comparison(one, interval, p_alone, p) for one, interval, p_alone, p in found)


def family(found: Sequence[Comparison]) -> str:
    """What a report has to say of the number of tests, in sentences."""
    tested = [one for one in found if one.items]
    if not tested:
        return "Nothing was compared with a control."
    told = [
        f"{_counted(len(tested), 'comparison')} of methods with controls and with their own reversals: one-sided sign-flip "
        "permutation tests over items, and over draws where the control is chance. The p-values are adjusted together by Holm's "
        f"procedure, which keeps the chance of even one false `better` in the audit at {LEVEL:.0%} or below."
    ]
    if untested := len(found) - len(tested):
        told.append(f"{_counted(untested, 'comparison')} had no item with a value on both sides.")
    most = max(one.items for one in tested)
    if len(tested) * smallest_p(most) > LEVEL:
        told.append(
            f"With {_counted(most, 'item')} no p-value can be small enough for that many comparisons: whatever the methods do, "
            "nothing can be found clearly better."
        )
    return " ".join(told)


def _all_gains(values: ItemValues, plan: AuditPlan) -> Iterator[_Gains]:
    for metric, judge in plan.judges.items():
        sign = 1 if judge.about.higher_is_better else -1
        for method in plan.methods:
            own = values.of(method, metric)
            for control, explainer in plan.controls.items():
                names = (metric, method, control)
                yield _over_control(names, sign * own, sign, values, chance=explainer.about.chance)
            if (method, REVERSED, metric) in values.columns:
                turned = sign * values.of(method, metric, REVERSED)
                yield _Gains((metric, method, REVERSED), sign * own - turned, _no_draws(), False)


def _over_control(names: tuple[str, str, str], own: Tensor, sign: int, values: ItemValues, *, chance: bool) -> _Gains:
    metric, _, control = names
    draws = sign * values.draws(control, metric)
    if draws.shape[1] < 2:
        return _Gains(names, own - sign * values.of(control, metric), _no_draws(), chance)
    gains = own[:, None] - draws
    return _Gains(names, gains.mean(1), gains[~gains.isnan().any(1)].mean(0), False)


def _comparison(gains: _Gains, interval: Interval, p_alone: float, p: float) -> Comparison:
    pairs = gains.items
    metric, method, opponent = gains.names
    return Comparison(
        metric,
        method,
        opponent,
        float(gains.of_items.nanmean()),
        _widest(interval, chance_interval(gains.of_draws)),
        p,
        p_alone,
        pairs,
        len(gains.of_items) - pairs,
        1 if gains.one_draw else len(gains.of_draws),
        _note(gains),
    )


def chance_interval(means: Tensor) -> Interval:
    """95 % for the mean gain over one more draw of chance, by those over K draws (K,); NaN with fewer than two."""
    if len(means) < 2:
        return math.nan, math.nan
    from scipy.special import stdtrit

    reach = float(stdtrit(len(means) - 1, 1 - LEVEL / 2) * _spread(means))
    return float(means.mean()) - reach, float(means.mean()) + reach


def _chance_p(means: Tensor) -> float:
    """How often one more draw of chance would do as well as the method, by its gains over K draws (K,); NaN without draws."""
    if len(means) < 2 or bool(means.isnan().any()):
        return math.nan
    from scipy.special import stdtr

    mean, spread, beaten_by = float(means.mean()), _spread(means), int((means <= 0).sum())
    by_curve = float(stdtr(len(means) - 1, -mean / spread)) if spread > 0 else float(mean <= 0)
    return max(by_curve, (1 + beaten_by) / (1 + len(means))) if beaten_by else by_curve


def _spread(means: Tensor) -> float:
    """Standard error of one more draw against the mean of the others."""
    return float(means.std()) * math.sqrt(1 + 1 / len(means))


def _widest(interval: Interval, other: Interval) -> Interval:
    """The hull of both. That over items is asked first: without it nothing is known."""
    if math.isnan(interval[0]) or math.isnan(other[0]):
        return interval
    return min(interval[0], other[0]), max(interval[1], other[1])


def _note(gains: _Gains) -> str:
    told = []
    if gains.items and smallest_p(gains.items) > LEVEL:
        told.append(f"{_counted(gains.items, 'item')} cannot give a p-value below {smallest_p(gains.items):.2g}")
    if gains.one_draw:
        told.append(f"one draw of `{gains.names[2]}`, taken as it is: the luck of that draw is not in the p-value")
    return "; ".join(told)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _no_draws() -> Tensor:
    return torch.empty(0, dtype=torch.float64, device="cpu")
