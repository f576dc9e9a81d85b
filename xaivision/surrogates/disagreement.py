"""Where in input space a surrogate disagrees with its black box: regions with their rules.

Regions are found on the rows to learn from, each asked of a surrogate that has not learned from it, and measured on rows that
neither has seen: a region that was found by chance then shows no more disagreement than the rest.
"""

from dataclasses import dataclass

import numpy as np

from xaivision.core.progress import track
from xaivision.core.rules import Condition
from xaivision.surrogates.decision_tree import Floats, tree_from_sklearn
from xaivision.surrogates.fidelity import Measure, share
from xaivision.surrogates.growing import Growth, grown, seeded
from xaivision.surrogates.observed import Observed, folds_of
from xaivision.surrogates.thresholds import with_short_thresholds

FOLDS, DEPTH, FEWEST, LEAST_SHARE = 5, 2, 5, 0.05


@dataclass(frozen=True)
class Region:
    """`conditions` of a part of input space; `found`: the share of disagreement there by which it was found; `rate`: that of
    held-out rows, with its interval, NaN where none lies in it; `rows`: how many do. `black_box`, `surrogate`: the classes they
    give most often where they disagree there; -1 where they never do.
    """

    conditions: tuple[Condition, ...]
    found: float
    rate: Measure
    rows: int
    black_box: int
    surrogate: int


def out_of_fold(kind: str, seen: Observed, features: tuple[int, ...], growth: Growth, folds: int = FOLDS) -> Floats:
    """(n, K) probabilities of each row by a stand-in that has not learned from it."""
    fold_of = folds_of(seen, min(folds, len(seen)), growth.seed)
    found = np.zeros_like(seen.probabilities)
    table = seen.rows[:, list(features)]
    for fold in track(sorted(set(fold_of.tolist())), "surrogates of folds"):
        held, rest = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        stand_in = grown(kind, table[rest], seen.probabilities[rest], range(len(features)), growth)
        found[held] = stand_in.probabilities(table[held])
    return found


def regions(
    kind: str, learned: Observed, held_out: Observed, given: Floats, features: tuple[int, ...], growth: Growth
) -> tuple[Region, ...]:
    """The parts of input space by how often the surrogate disagrees there, most first; one part where nothing tells it.

    `given` (n, K): what the surrogate says of the held-out rows.
    """
    from sklearn.tree import DecisionTreeRegressor

    wrong = (out_of_fold(kind, learned, features, growth).argmax(1) != learned.labels).astype(np.float64)
    known = learned.rows[:, list(features)]
    fewest = max(FEWEST, round(LEAST_SHARE * len(known)))
    estimator = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=fewest, random_state=seeded(growth, "regions"))
    bare = tree_from_sklearn(estimator.fit(known, wrong).tree_)
    tree = with_short_thresholds(bare, known).renumbered(np.array(features))
    leaves, labels = tree.leaves_of(held_out.rows), given.argmax(1)
    found = [
        _measured(tree.conditions_of(leaf), float(tree.values[leaf, 0]), leaves == leaf, labels, held_out) for leaf in tree.leaves
    ]
    return tuple(sorted(found, key=lambda one: -one.found))


def _measured(
    conditions: tuple[Condition, ...], found: float, here: "np.ndarray", labels: "np.ndarray", held_out: Observed
) -> Region:
    apart = labels[here] != held_out.labels[here]
    return Region(
        conditions,
        found,
        share(apart),
        int(here.sum()),
        _commonest(held_out.labels[here][apart]),
        _commonest(labels[here][apart]),
    )


def _commonest(labels: "np.ndarray") -> int:
    return int(np.bincount(labels).argmax()) if len(labels) else -1
