"""Fidelity against what it costs: how many features, how deep a tree, and features that were drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from xaivision.core.bootstrap import mean_interval
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.surrogates.fidelity import Fidelity, Measure, fidelity, r2_of
from xaivision.surrogates.growing import Growth, grown
from xaivision.surrogates.knee import knee
from xaivision.surrogates.observed import Observed, folds_of
from xaivision.surrogates.stand_in import TreeStandIn

DRAWS, DEEPEST, FOLDS = 20, 10, 3
COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)


@dataclass(frozen=True)
class RandomBaseline:
    """Surrogates of as many features, drawn at random: means over the draws with the interval of the mean, and each draw.

    `agreement_gain` and `r2_gain`: what the chosen features have over them; `beaten`: the share of draws that agree less.
    """

    agreement: Measure
    r2: Measure
    agreement_gain: Measure
    r2_gain: Measure
    beaten: float
    agreements: tuple[float, ...]
    r2s: tuple[float, ...]


@dataclass(frozen=True)
class DepthPoint:
    """A tree of this depth at most: its leaves, and its fidelity on the rows it learned from and on held-out ones."""

    depth: int
    leaves: int
    learned: Fidelity
    held_out: Fidelity


@dataclass(frozen=True)
class CountPoint:
    """R2 and agreement of rows that were held out in turn, by surrogates of the first `count` features. `knee`: this is where
    more of them stop to pay.
    """

    count: int
    r2: float
    agreement: float
    knee: bool = False


def random_baseline(  # noqa: PLR0913 - two parts of the data, and what is held against what
    kind: str,
    learned: Observed,
    held_out: Observed,
    chosen: Fidelity,
    usable: Sequence[int],
    how: tuple[int, Growth],
    draws: int = DRAWS,
) -> RandomBaseline:
    """What `how` = (k, growth) reaches with k features drawn from the usable ones, several times."""
    count, growth = how
    found = []
    for number in track(range(draws), "random features"):
        order = torch.randperm(len(usable), generator=generator(growth.seed, "random features", number)).tolist()
        features = [usable[place] for place in order[:count]]
        found.append(fidelity_of(kind, learned, held_out, features, growth))
    agreements, r2s = (np.array([getattr(one, name).value for one in found]) for name in ("agreement", "r2"))
    return RandomBaseline(
        _mean(agreements),
        _mean(r2s),
        _mean(chosen.agreement.value - agreements),
        _mean(chosen.r2.value - r2s),
        float((agreements < chosen.agreement.value).mean()),
        tuple(agreements.tolist()),
        tuple(r2s.tolist()),
    )


def fidelity_of(kind: str, learned: Observed, held_out: Observed, features: Sequence[int], growth: Growth) -> Fidelity:
    """Of a stand-in that is grown for this question alone, on held-out rows."""
    stand_in = grown(kind, learned.rows, learned.probabilities, features, growth)
    return fidelity(stand_in.probabilities(held_out.rows), held_out)


def depth_curve(
    learned: Observed, held_out: Observed, features: Sequence[int], growth: Growth, deepest: int = DEEPEST
) -> tuple[DepthPoint, ...]:
    """Trees of depth 1, 2, ... on the same features, until one gains no leaf."""
    found: list[DepthPoint] = []
    for depth in track(range(1, deepest + 1), "trees by depth"):
        stand_in = grown("tree", learned.rows, learned.probabilities, features, replace(growth, depth=depth))
        leaves = len(stand_in.tree.leaves) if isinstance(stand_in, TreeStandIn) else 1
        if found and leaves == found[-1].leaves:
            break
        both = (fidelity(stand_in.probabilities(part.rows), part) for part in (learned, held_out))
        found.append(DepthPoint(depth, leaves, *both))
    return tuple(found)


def count_curve(
    kind: str, learned: Observed, order: Sequence[int], growth: Growth, most: int = COUNTS[-1]
) -> tuple[CountPoint, ...]:
    """Fidelity by the number of features, on folds of the rows to learn from, each held out once."""
    fold_of = folds_of(learned, min(FOLDS, len(learned)), growth.seed)
    counts = [count for count in COUNTS if count <= min(most, len(order))]
    # The columns that may be asked alone: each fold would else copy the whole of a wide table.
    table = learned.rows[:, list(order[: counts[-1]])]
    given = {count: np.zeros_like(learned.probabilities) for count in counts}
    jobs = [(fold, count) for fold in sorted(set(fold_of.tolist())) for count in counts]
    for fold, count in track(jobs, "surrogates by number of features"):
        held, rest = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        stand_in = grown(kind, table[rest], learned.probabilities[rest], range(count), growth)
        given[count][held] = stand_in.probabilities(table[held])
    at = knee([((one - learned.probabilities) ** 2).sum(1) for one in given.values()])
    return tuple(
        CountPoint(count, r2_of(one, learned.probabilities), float((one.argmax(1) == learned.labels).mean()), number == at)
        for number, (count, one) in enumerate(given.items())
    )


def _mean(values: "np.ndarray") -> Measure:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Measure(float("nan"))
    return Measure(float(finite.mean()), mean_interval(torch.from_numpy(finite)))
