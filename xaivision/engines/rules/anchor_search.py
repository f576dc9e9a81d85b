"""Conjunctions of conditions that hold a prediction, grown one by one; which of them are precise is a question to bandits.

Where columns go together, no few conditions turn a prediction, and how often it held is the same for all of them. So the search
goes where cases lean to the prediction; only how often it held makes a conjunction precise.

Source: Ribeiro et al., Anchors: high-precision model-agnostic explanations, AAAI 2018.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from xaivision.engines.rules.conjunctions import Anchor, Conjunctions
from xaivision.engines.rules.kl_bounds import exploration
from xaivision.engines.rules.tally import Helping, Outcome, Tally

# The first draws of each conjunction and those of the best of them, as shares of a batch, and the share that is best.
FIRST_SHARE, NEXT_SHARE, KEPT = 0.1, 0.3, 1 / 6
# Rounds in which those of one length are told apart: ties, of which there are many, would go on until all draws are used up.
MOST_ROUNDS = 3
# Batches after which a conjunction next to the threshold is given up.
MOST_BATCHES = 20
# New draws that a rule must hold on which was chosen by others: of those that were looked at often one passes by luck.
PROOF = 1000
# How often each condition may be made stricter on the way.
STEPS_A_CONDITION = 2
# From conjunctions and how often each is tried to what came of it.
Trial = Callable[[Sequence[Anchor], Sequence[int]], Outcome]


@dataclass(frozen=True)
class Plan:
    """A conjunction is accepted if the prediction holds in the `threshold`'s share of draws that it was not chosen by. The chance
    that a search accepts one whose precision is below that less the `slack` is `delta`. The `beam` best of each length are told
    from the others but for `tolerance`. `batch` draws are taken at a time, `most_draws` in all.
    """

    threshold: float = 0.95
    delta: float = 0.05
    slack: float = 0.05
    tolerance: float = 0.1
    beam: int = 2
    batch: int = 100
    most_conditions: int = 12
    most_draws: int = 100_000


class Found(NamedTuple):
    """The chosen conjunction; `sure`: it was accepted as the plan says. `draws` were taken of so many that were `tried`. `over`:
    there was no time for all of the search.
    """

    anchor: Anchor
    sure: bool
    draws: int
    tried: int
    over: bool = False


# A search yields helpings of draws that it wants, is sent what came of them, and ends with what it found. It is sent None where
# there is no time left, and ends then with the best that it knows.
Search = Generator[list[Helping], Outcome | None, Found]
Sifting = Generator[list[Helping], Outcome | None, list[Anchor]]


def best_anchor(conjunctions: Conjunctions, trial: Trial, plan: Plan) -> Found:
    """What the search ends with when it is answered by this trial."""
    search = anchor_search(conjunctions, plan)
    try:
        wanted = next(search)
        while True:
            anchors, counts = zip(*wanted, strict=True)
            wanted = search.send(trial(anchors, counts))
    except StopIteration as end:
        found: Found = end.value
    return found


def anchor_search(conjunctions: Conjunctions, plan: Plan) -> Search:
    """The conjunction that covers most cases among those that are precise for sure. Without any, the one of which the best
    precision is sure.
    """
    everything: Anchor = ()
    tally = Tally(plan.most_draws)
    yield from tally.draws_of([everything], plan.batch)
    if (yield from _widest(tally, conjunctions, (yield from _sure(tally, [everything], plan, 1)), plan)) is not None:
        return Found(everything, True, tally.draws, tally.tried, tally.over)
    beam: list[Anchor] = [everything]
    finalists, best, best_coverage = [everything], everything, -1.0
    for _ in range(STEPS_A_CONDITION * plan.most_conditions):
        if tally.spent:
            break
        grown = conjunctions.grown(beam, plan.most_conditions)
        arms = len(grown)
        # Where one holds, those that cover more have their turn: grown from it there are only such that cover less.
        while grown := [one for one in grown if conjunctions.coverage(one) > best_coverage and one not in finalists]:
            beam = yield from _most_promising(tally, (yield from _screened(tally, grown, plan)), plan)
            finalists += beam
            proven = yield from _widest(tally, conjunctions, (yield from _sure(tally, beam, plan, arms)), plan)
            if proven is not None:
                best, best_coverage = proven, conjunctions.coverage(proven)
            if proven is None or tally.spent:
                break
        if not grown or tally.spent:
            break
    if best_coverage >= 0:
        best = yield from _loosened(tally, conjunctions, best, plan)
        return Found(best, True, tally.draws, tally.tried, tally.over)
    tried = [one for one in finalists if tally.knows(one)] or [everything]
    if len(tried) > 1:
        low, _ = tally.bounds(tried, log(1 / plan.delta))
        tried = [tried[int(low.argmax())]]
    return Found(tried[0], False, tally.draws, tally.tried, tally.over)


def _screened(tally: Tally, anchors: list[Anchor], plan: Plan) -> Sifting:
    """The best sixth of them by few draws, all of them where they are hardly more than the beam, tried some more."""
    yield from tally.draws_of([one for one in anchors if not tally.knows(one)], max(1, round(FIRST_SHARE * plan.batch)))
    count = min(len(anchors), max(2 * plan.beam, round(KEPT * len(anchors))))
    order = tally.leanings(anchors).argsort(descending=True, stable=True)[:count]
    kept = [anchors[place] for place in order.tolist()]
    yield from tally.draws_of(kept, max(1, round(NEXT_SHARE * plan.batch)))
    return kept


def _most_promising(tally: Tally, anchors: list[Anchor], plan: Plan) -> Sifting:
    """The `beam` whose cases lean most to the prediction: those in doubt are tried until they are told apart, by KL-LUCB with
    all of them in one round.
    """
    count = min(plan.beam, len(anchors))
    for round_ in range(1, MOST_ROUNDS + 2):
        order = tally.leanings(anchors).argsort(descending=True, stable=True)
        chosen, left = order[:count], order[count:]
        if not len(left) or tally.spent or round_ > MOST_ROUNDS:
            break
        low, high = tally.leaning_bounds(anchors, exploration(len(anchors), round_, plan.delta))
        weakest, rival = float(low[chosen].min()), float(high[left].max())
        if rival - weakest <= plan.tolerance:
            break
        doubted = chosen[low[chosen] < rival - plan.tolerance]
        rivals = left[high[left] > weakest + plan.tolerance]
        rivals = rivals[high[rivals].argsort(descending=True, stable=True)[:count]]
        yield from tally.draws_of([anchors[place] for place in (*doubted.tolist(), *rivals.tolist())], plan.batch)
    return [anchors[place] for place in chosen.tolist()]


def _loosened(
    tally: Tally, conjunctions: Conjunctions, anchor: Anchor, plan: Plan
) -> Generator[list[Helping], Outcome | None, Anchor]:
    """The conjunction without what its precision does not need: conditions, or how strict they are."""
    while anchor and not tally.spent:
        covered = conjunctions.coverage(anchor)
        wider = [one for one in conjunctions.loosened(anchor) if one and conjunctions.coverage(one) > covered]
        yield from tally.draws_of([one for one in wider if not tally.knows(one)], plan.batch)
        proven = yield from _widest(tally, conjunctions, (yield from _sure(tally, wider, plan, len(wider))), plan)
        if proven is None:
            break
        anchor = proven
    return anchor


def _widest(
    tally: Tally, conjunctions: Conjunctions, anchors: list[Anchor], plan: Plan
) -> Generator[list[Helping], Outcome | None, Anchor | None]:
    """The one that covers most among those that hold on new draws as well, or on as many as are left."""
    for one in sorted(anchors, key=conjunctions.coverage, reverse=True):
        if tally.spent:
            break
        share, low = yield from tally.proof_of(one, min(PROOF, plan.most_draws - tally.draws), plan.delta)
        if share >= plan.threshold and low > plan.threshold - plan.slack:
            return one
    return None


def _sure(tally: Tally, anchors: list[Anchor], plan: Plan, arms: int) -> Sifting:
    """Which of them seem to have the threshold's precision; tried until one look at them, beside all `arms` that there were, says
    so or the contrary. There are many looks, so that what seems so is yet to be proven. A rejection harms no one but the rule:
    one that misses more often than a coin of the threshold's chance would in 19 of 20 cases is out.
    """
    level, accepted, open_ = log(max(1, plan.beam * arms) / plan.delta), set[Anchor](), list(anchors)
    while open_ and not tally.spent:  # what is not proven any more need not be looked at
        share, (low, _), (_, high) = tally.shares(open_), tally.bounds(open_, level), tally.bounds(open_, log(1 / plan.delta))
        held = (share >= plan.threshold) & (low > plan.threshold - plan.slack)
        accepted |= {one for one, is_held in zip(open_, held.tolist(), strict=True) if is_held}
        out = held | ((share < plan.threshold) & (high < plan.threshold))
        open_ = [one for one, is_out in zip(open_, out.tolist(), strict=True) if not is_out]
        open_ = [one for one in open_ if tally.count(one) < MOST_BATCHES * plan.batch]
        yield from tally.draws_of(open_, plan.batch)
    return [one for one in anchors if one in accepted]
