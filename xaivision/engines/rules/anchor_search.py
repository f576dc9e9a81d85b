"""Conjunctions of conditions that hold a prediction, grown one by one; which of them are precise is a question to bandits.

Source: Ribeiro et al., Anchors: high-precision model-agnostic explanations, AAAI 2018.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log

import torch
from torch import Tensor

from xaivision.engines.rules.kl_bounds import exploration, lower_bound, upper_bound

# Numbers of the conditions in a conjunction, in order.
Anchor = tuple[int, ...]
# The first draws of each conjunction, as a share of a batch: most are out of the question soon.
FIRST_SHARE = 0.25
# Rounds in which those of one size are told apart: ties, of which there are many, would go on until all draws are used up.
MOST_ROUNDS = 20
# From conjunctions and how often each is tried to how often the prediction held, (n,).
Trial = Callable[[Sequence[Anchor], int], Tensor]


@dataclass(frozen=True)
class Plan:
    """A conjunction is accepted if its precision is `threshold` at least, sure to `delta` but for `slack`. The `beam` best of
    each size are told from the others but for `tolerance`. `batch` draws are taken at a time, `most_draws` in all.
    """

    threshold: float = 0.95
    delta: float = 0.05
    slack: float = 0.05
    tolerance: float = 0.1
    beam: int = 4
    batch: int = 100
    most_conditions: int = 6
    most_draws: int = 50_000


@dataclass
class Tally:
    """How often each conjunction was tried, and how often the prediction held."""

    trial: Trial
    plan: Plan
    tried: dict[Anchor, int] = field(default_factory=dict)
    held: dict[Anchor, float] = field(default_factory=dict)
    draws: int = 0

    @property
    def spent(self) -> bool:
        return self.draws >= self.plan.most_draws

    def try_out(self, anchors: Sequence[Anchor], share: float = 1.0) -> None:
        """A batch of draws for each of them, or this share of one, asked about in one pass."""
        draws = max(1, round(share * self.plan.batch))
        hits = self.trial(anchors, draws).tolist()
        for anchor, count in zip(anchors, hits, strict=True):
            self.tried[anchor] = self.tried.get(anchor, 0) + draws
            self.held[anchor] = self.held.get(anchor, 0.0) + count
            self.draws += draws

    def shares(self, anchors: Sequence[Anchor]) -> Tensor:
        return torch.tensor([self.held[one] / self.tried[one] for one in anchors], dtype=torch.float64, device="cpu")

    def bounds(self, anchors: Sequence[Anchor], level: float) -> tuple[Tensor, Tensor]:
        """Lower and upper bounds of the precision of each."""
        share = self.shares(anchors)
        each = level / torch.tensor([self.tried[one] for one in anchors], dtype=torch.float64, device="cpu")
        return lower_bound(share, each), upper_bound(share, each)


@dataclass(frozen=True)
class Found:
    """The chosen conjunction; `sure`: its precision reaches the threshold but for the plan's slack."""

    anchor: Anchor
    sure: bool
    draws: int


def best_anchor(covered: Tensor, trial: Trial, plan: Plan) -> Found:
    """The conjunction that covers most cases among those that are precise for sure, of `covered` (C, n): which cases each
    single condition covers. Without any, the one with the best precision.
    """
    everything: Anchor = ()
    tally, best, best_coverage = Tally(trial, plan), everything, -1.0
    tally.try_out([everything])
    beam = [everything]
    if _is_sure(tally, everything, _level(plan, 1)):
        return Found(everything, True, tally.draws)
    for _ in range(min(plan.most_conditions, len(covered))):
        grown = sorted({tuple(sorted((*one, c))) for one in beam for c in range(len(covered)) if c not in one})
        level = [one for one in grown if coverage(covered, one) > max(0.0, best_coverage)]
        level = [one for one in level if all(coverage(covered, one) < coverage(covered, part) for part in _parts(one))]
        if not level or tally.spent:
            break
        tally.try_out([one for one in level if one not in tally.tried], FIRST_SHARE)
        beam = _most_precise(tally, level)
        for one in beam:
            if coverage(covered, one) > best_coverage and _is_sure(tally, one, _level(plan, len(level))):
                best, best_coverage = one, coverage(covered, one)
    if best_coverage >= 0:
        return Found(best, True, tally.draws)
    share = tally.shares(known := sorted(tally.tried))
    return Found(known[int(share.argmax())], False, tally.draws)


def coverage(covered: Tensor, anchor: Anchor) -> float:
    """The share of cases that meet all conditions."""
    return float(covered[list(anchor)].all(0).double().mean()) if anchor else 1.0


def _parts(anchor: Anchor) -> list[Anchor]:
    """The conjunction without each of its conditions."""
    return [anchor[:place] + anchor[place + 1 :] for place in range(len(anchor))]


def _level(plan: Plan, arms: int) -> float:
    """The level at which the precision of one of so many conjunctions is sure."""
    return log(max(1, plan.beam * arms) / plan.delta)


def _most_precise(tally: Tally, anchors: list[Anchor]) -> list[Anchor]:
    """The `beam` with the best precision: those in doubt are tried until they are told apart, as KL-LUCB does."""
    count, rounds = min(tally.plan.beam, len(anchors)), 1
    while True:
        order = tally.shares(anchors).argsort(descending=True, stable=True)
        chosen, left = order[:count], order[count:]
        if not len(left) or tally.spent or rounds > MOST_ROUNDS:
            break
        low, high = tally.bounds(anchors, exploration(len(anchors), rounds, tally.plan.delta))
        weakest, rival = int(chosen[low[chosen].argmin()]), int(left[high[left].argmax()])
        if float(high[rival] - low[weakest]) <= tally.plan.tolerance:
            break
        tally.try_out([anchors[weakest], anchors[rival]])
        rounds += 1
    return [anchors[place] for place in chosen.tolist()]


def _is_sure(tally: Tally, anchor: Anchor, level: float) -> bool:
    """Whether the precision is the threshold or more; tried until that is sure one way or the other."""
    plan = tally.plan
    while True:
        share = float(tally.shares([anchor]))
        low, high = (float(bound) for bound in tally.bounds([anchor], level))
        if share >= plan.threshold and low > plan.threshold - plan.slack:
            return True
        if share < plan.threshold and high < plan.threshold + plan.slack:
            return False
        if tally.spent or tally.tried[anchor] >= plan.most_draws // 4:
            return False
        tally.try_out([anchor], max(1.0, tally.tried[anchor] / plan.batch / 2))
