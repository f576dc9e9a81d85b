"""Fidelity against what it costs: how many features, how deep a tree, and features that were drawn at random."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from xaivision.core.bootstrap import mean_interval
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.core.student import student
from xaivision.surrogates.decision_tree import Floats
from xaivision.surrogates.fidelity import MOST_RESAMPLED, NO_MEASURE, Fidelity, Measure, fidelity, r2_gain, r2_of
from xaivision.surrogates.growing import Growth, grown
from xaivision.surrogates.knee import knee
from xaivision.surrogates.observed import Observed, folds_of
from xaivision.surrogates.stand_in import TreeStandIn

DRAWS, DEEPEST, FOLDS = 20, 10, 3
COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)


@dataclass(frozen=True)
class RandomBaseline:
    """Surrogates of as many features, drawn at random: means over the draws with the interval of the mean, and each draw.

    `agreement_gain` and `r2_gain`: what the chosen features have over the mean of these draws, with intervals over the held-out
    rows; NaN where every feature is chosen, so that a draw is the same. `beaten`: the share of draws that agree less.
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
    chosen: Floats,
    usable: Sequence[int],
    how: tuple[int, Growth],
    draws: int = DRAWS,
) -> RandomBaseline:
    """What `how` = (k, growth) reaches with k features drawn from the usable ones, several times.

    `chosen` (n, K): what the surrogate of the chosen features says of the held-out rows.
    """
    count, growth = how
    right, error = _by_row(chosen, held_out)
    agreements, r2s = np.zeros(draws), np.zeros(draws)
    rights, errors = np.zeros(len(held_out)), np.zeros(len(held_out))
    for number in track(range(draws), "random features"):
        order = torch.randperm(len(usable), generator=generator(growth.seed, "random features", number)).tolist()
        features = [usable[place] for place in order[:count]]
        given = grown(kind, learned.rows, learned.probabilities, features, growth).probabilities(held_out.rows)
        agreements[number], r2s[number] = (given.argmax(1) == held_out.labels).mean(), r2_of(given, held_out.probabilities)
        mine = _by_row(given, held_out)
        rights, errors = rights + mine[0] / draws, errors + mine[1] / draws
    nothing_to_choose = count >= len(usable)
    return RandomBaseline(
        _mean(agreements),
        _mean(r2s),
        NO_MEASURE if nothing_to_choose else _mean(right - rights, len(held_out)),
        NO_MEASURE if nothing_to_choose else r2_gain(error, errors, held_out.probabilities),
        float((agreements < right.mean()).mean()),
        tuple(agreements.tolist()),
        tuple(r2s.tolist()),
    )


def _by_row(given: Floats, held_out: Observed) -> tuple[Floats, Floats]:
    """(n,) whether each row has the black box's class, and its squared error."""
    right = (given.argmax(1) == held_out.labels).astype(np.float64)
    return right, ((given - held_out.probabilities) ** 2).sum(1)


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


def _mean(values: Floats, rows: int | None = None) -> Measure:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return NO_MEASURE
    value = float(finite.mean())
    if rows is None or rows <= MOST_RESAMPLED:
        return Measure(value, mean_interval(torch.from_numpy(finite)), rows)
    reach = student(None) * float(finite.std(ddof=1)) / math.sqrt(len(finite))
    return Measure(value, (value - reach, value + reach), rows)
