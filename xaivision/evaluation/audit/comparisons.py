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
not about faithfulness included. Being worse is tested by the mirrored p-values, in a second family of the same comparisons: the
chance of even one false "worse" is held at the same level, and that of one false "better" is what it would be without.

Source: Crawford, Howell, 1998, doi:10.1076/clin.12.4.482.7241 (one case against a small sample).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.bootstrap import Interval, mean_intervals
from xaivision.core.random import generator
from xaivision.engines.paired_tests import DRAWS, at_floor, differences, holm, sign_flips, smallest_p
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
    `p`: of being better, one-sided, adjusted by Holm for all comparisons of the audit; `p_alone` before that. `p_worse`: of being
    worse, adjusted likewise in a family of its own. `items`: how many have a value on both sides; `left_out`: how many do not.
    `draws`: of the opponent's chance, 0 where there is none. `at_floor`: random signs can give no smaller p-value on the side to
    which the mean points, so that it is an upper bound. `note`: what else a reader must know, a sentence or "".
    """

    metric: str
    method: str
    opponent: str
    mean: float
    interval: Interval
    p: float
    p_alone: float
    p_worse: float
    items: int
    left_out: int
    draws: int
    at_floor: bool = False
    note: str = ""

    @property
    def better(self) -> bool:
        """Whether the method is clearly better: its p-value is small with all tests accounted for, and its interval above 0."""
        return self.p <= LEVEL and self.interval[0] > 0

    @property
    def worse(self) -> bool:
        """Whether the method is clearly worse, by the same rule; that takes as many items as being better does."""
        return self.p_worse <= LEVEL and self.interval[1] < 0


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
    over_items = sign_flips(columns, generator(plan.seed, "signs of gains"))
    better = _with_draws(over_items.greater, [_chance_p(one.of_draws) for one in gains])
    worse = _with_draws(over_items.less, [_chance_p(-one.of_draws) for one in gains])
    alone = zip(better.tolist(), worse.tolist(), strict=True)
    found = zip(gains, mean_intervals(columns), alone, holm(better).tolist(), holm(worse).tolist(), strict=True)
    return tuple(_comparison(*one) for one in found)


def _with_draws(over_items: Tensor, over_draws: list[float]) -> Tensor:
    """The larger p-value of each two, and that over items where nothing is drawn."""
    larger = torch.fmax(over_items, torch.tensor(over_draws, dtype=torch.float64, device="cpu"))
    return larger.masked_fill(over_items.isnan(), math.nan)


def family(found: Sequence[Comparison]) -> str:
    """What a report has to say of the number of tests, in sentences."""
    tested = [one for one in found if one.items]
    if not tested:
        return "Nothing was compared with a control."
    told = [
        f"{_counted(len(tested), 'comparison')} of methods with controls and with their own reversals: one-sided sign-flip "
        "permutation tests over items, and over draws where the control is chance. The p-values are adjusted together by Holm's "
        f"procedure, which keeps the chance of even one false `better` in the audit at {LEVEL:.0%} or below; those of being "
        "worse are a second family, adjusted likewise. Items are taken to be independent: copies of one are no further evidence."
    ]
    if any(one.draws > 1 for one in tested):
        told.append("Intervals of the gain over a control that is chance reach over its draws as well as over items.")
    if any(one.at_floor for one in tested):
        told.append(
            f"{DRAWS:,} random signs are drawn, so that no p-value alone is below {1 / (DRAWS + 1):.0e}: those at it are upper "
            "bounds."
        )
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
        for method in plan.methods:
            own = values.of(method, metric)
            for control, explainer in plan.controls.items():
                yield _over_control((metric, method, control), values, judge.about, chance=explainer.about.chance)
            if (method, REVERSED, metric) in values.columns:
                turned = values.of(method, metric, REVERSED)
                yield _Gains((metric, method, REVERSED), gains_of(own, turned, judge.about), _no_draws(), False)


def _over_control(names: tuple[str, str, str], values: ItemValues, card: AboutEvaluator, *, chance: bool) -> _Gains:
    metric, method, control = names
    own, draws = values.of(method, metric), values.draws(control, metric)
    if draws.shape[1] < 2:
        return _Gains(names, gains_of(own, values.of(control, metric), card), _no_draws(), chance)
    gains = gains_of(own[:, None], draws, card)
    return _Gains(names, gains.mean(1), gains[~gains.isnan().any(1)].mean(0), False)


def gains_of(own: Tensor, other: Tensor, card: AboutEvaluator) -> Tensor:
    """By how much values are better than others on this metric; 0 where they are the same but for rounding."""
    return (1 if card.higher_is_better else -1) * differences(own, other, card.finest)


def _comparison(gains: _Gains, interval: Interval, alone: tuple[float, float], p: float, p_worse: float) -> Comparison:
    pairs = gains.items
    metric, method, opponent = gains.names
    return Comparison(
        metric,
        method,
        opponent,
        float(gains.of_items.nanmean()),
        _widest(interval, chance_interval(gains.of_draws)),
        p,
        alone[0],
        p_worse,
        pairs,
        len(gains.of_items) - pairs,
        1 if gains.one_draw else len(gains.of_draws),
        at_floor(min(alone), pairs),
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
    if len(means) < 2:
        return math.nan
    from scipy.special import stdtr

    mean, spread, beaten_by = float(means.mean()), _spread(means), int((means <= 0).sum())
    by_curve = float(stdtr(len(means) - 1, -mean / spread)) if spread > 0 else float(mean <= 0)
    return max(by_curve, (1 + beaten_by) / (1 + len(means))) if beaten_by else by_curve


def _spread(means: Tensor) -> float:
    """Standard error of one more draw against the mean of the others."""
    return float(means.std()) * math.sqrt(1 + 1 / len(means))


def _widest(interval: Interval, other: Interval) -> Interval:
    """The hull of both. That over items comes first, as `min` and `max` keep it beside NaN, and where it is NaN itself."""
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
