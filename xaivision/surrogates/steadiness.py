"""Whether the same rules would be found on other rows: surrogates grown anew on bootstrap samples."""

from dataclasses import dataclass

import numpy as np
import torch

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.surrogates.growing import Growth, grown
from xaivision.surrogates.observed import Observed
from xaivision.surrogates.reading import Reading
from xaivision.surrogates.surrogate import Surrogate
from xaivision.surrogates.surrogate_rules import SurrogateRule, rules_of

RESAMPLES = 20


@dataclass(frozen=True)
class Steadiness:
    """`agreement`: share of held-out rows that surrogates of other samples give the same class, on average. `rules`: for each
    rule, by its `place`, how well a rule of another sample with the same class covers the same held-out rows (Jaccard's index of
    the best one, on average; NaN where it covers none). `used`: for each feature, by number, the share of samples whose surrogate
    asks about it. `first`: that of those with the same first question; NaN for rule lists. `resamples`: how many samples.
    """

    agreement: float
    rules: dict[int, float]
    used: dict[int, float]
    first: float
    resamples: int


def steadiness(
    surrogate: Surrogate,
    black_box: ClassifierAdapter,
    learned: Observed,
    held_out: Observed,
    growth: Growth,
    resamples: int = RESAMPLES,
) -> Steadiness:
    """How far a readable surrogate hangs on the rows that happened to be there.

    Raises: CapabilityError, where it is of a kind without rules.
    """
    rules = rules_of(surrogate, held_out)
    places, labels = surrogate.places_of(held_out.rows), surrogate.model.probabilities(held_out.rows).argmax(1)
    overlaps: dict[int, list[float]] = {rule.place: [] for rule in rules}
    used: dict[int, float] = dict.fromkeys(surrogate.features, 0.0)
    alike, first = [], []
    for number in track(range(resamples), "surrogates of other samples"):
        other = _another(surrogate, black_box, surrogate.reading, learned, growth, number)
        alike.append(float((other.model.probabilities(held_out.rows).argmax(1) == labels).mean()))
        theirs, other_places = rules_of(other, held_out), other.places_of(held_out.rows)
        for rule in rules:
            overlaps[rule.place].append(best_overlap(rule, places, theirs, other_places))
        for feature in {condition.feature for rule in theirs for condition in rule.conditions}:
            used[feature] += 1 / resamples
        if surrogate.kind == "tree":
            first.append(float(other.tree.feature[0] == surrogate.tree.feature[0]))
    means = {place: float(np.mean(found)) for place, found in overlaps.items()}
    return Steadiness(float(np.mean(alike)), means, used, float(np.mean(first)) if first else float("nan"), resamples)


def _another(
    surrogate: Surrogate, black_box: ClassifierAdapter, reading: Reading, learned: Observed, growth: Growth, number: int
) -> Surrogate:
    draws = torch.randint(len(learned), (len(learned),), generator=generator(growth.seed, "surrogate resample", number)).numpy()
    stand_in = grown(surrogate.kind, learned.rows[draws], learned.probabilities[draws], surrogate.features, growth)
    if type(stand_in) is not type(surrogate.model):  # a sample on which the black box says one thing has no rules
        stand_in = surrogate.model
    return Surrogate(stand_in, black_box, reading, kind=surrogate.kind)


def best_overlap(
    rule: SurrogateRule, places: "np.ndarray", others: tuple[SurrogateRule, ...], other_places: "np.ndarray"
) -> float:
    """Jaccard's index of the rows of a rule and of that rule of the same class that is most like it; NaN where it has none."""
    mine = places == rule.place
    if not mine.any():
        return float("nan")
    found = [0.0]
    for other in others:
        if other.label == rule.label:
            theirs = other_places == other.place
            found.append(float((mine & theirs).sum()) / float((mine | theirs).sum()))
    return max(found)
