"""What one probe found: how well the class follows from its property alone."""

from dataclasses import dataclass
from math import nan
from typing import Literal

import torch
from torch import Tensor

from xaivision.core.bootstrap import NOTHING, Interval
from xaivision.engines.classification_counts import confusion_matrix, recalls, wilson_interval
from xaivision.engines.grouped_recall import balanced_accuracy, balanced_interval, chance_of, pairwise_auc
from xaivision.engines.trait_forest import out_of_fold

Strength = Literal["decides", "tells", "nothing", "untested"]
# Of the way from chance to always right, so much at least, at the low end of the interval, is called deciding.
DECIDING = 0.5
# The p-values take the calls of a forest as given, and those of one fold depend on those of the others: of 100 sets of numbers
# that mean nothing, 10 have a p of at most 0.05. At this level no more than 5 in 100 are called.
LEVEL = 0.01
# Two classes are told apart where, of one picture of each, the right one is named so often.
APART = 0.9


@dataclass(frozen=True)
class ClassRecall:
    """Of `count` pictures of a class the `share` that the property alone names; `low` to `high`: Wilson's 95 % interval."""

    name: str
    share: float
    count: int
    low: float
    high: float


@dataclass(frozen=True)
class ClassRange:
    """Where a trait lies in a class: its median, and the middle 90 % of its pictures."""

    name: str
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Finding:
    """`accuracy`: balanced, of a forest that saw nothing but the property, cross-validated with look-alikes kept together.

    `interval`: 95 % bootstrap over groups of look-alikes. `p`: how often classes dealt anew are told as well, adjusted for
    all probes (Holm). `apart`: pairs of classes with the AUC between them, where it is at least 0.9. `telling`: the trait that
    differs most between classes, and its `ranges`. `why`: for a property without numbers, the reason.
    """

    probe: str
    asks: str
    caution: str
    strength: Strength
    accuracy: float = nan
    interval: Interval = NOTHING
    chance: float = nan
    p: float = nan
    recalls: tuple[ClassRecall, ...] = ()
    apart: tuple[tuple[str, str, float], ...] = ()
    telling: str = ""
    ranges: tuple[ClassRange, ...] = ()
    why: str = ""

    @property
    def found(self) -> bool:
        """Whether the class follows from the property, more than chance would have it."""
        return self.strength in ("decides", "tells")


@dataclass(frozen=True, eq=False)
class Told:
    """What a forest says of every row from a property alone: `chances` (N, K), asked where it has not learned."""

    chances: Tensor
    targets: Tensor
    groups: Tensor

    @property
    def predicted(self) -> Tensor:
        """(N,) class numbers."""
        return self.chances.argmax(1)


def told_by(traits: Tensor, targets: Tensor, groups: Tensor, folds: Tensor, seed: int) -> Told:
    """What the traits (N, F) say of each row."""
    return Told(out_of_fold(traits, targets, folds, seed), targets, groups)


def raw_p(told: Told, seed: int) -> float:
    """How often classes dealt anew are told as well."""
    return chance_of(told.predicted, told.targets, told.groups, seed)


def strength_of(accuracy_interval: Interval, chance: float, p: float) -> Strength:
    """Deciding, telling, or nothing that chance would not give."""
    if not p <= LEVEL or not accuracy_interval[0] > chance:
        return "nothing"
    return "decides" if accuracy_interval[0] - chance >= DECIDING * (1 - chance) else "tells"


def measured(told: Told, names: tuple[str, ...], p: float, seed: int) -> dict[str, object]:
    """The numbers of a finding, by the names of its fields."""
    interval = balanced_interval(told.predicted, told.targets, told.groups, seed)
    chance = 1 / len(names)
    return {
        "strength": strength_of(interval, chance, p),
        "accuracy": balanced_accuracy(told.predicted, told.targets),
        "interval": interval,
        "chance": chance,
        "p": p,
        "recalls": _recalls(told, names),
        "apart": _apart(told, names),
    }


def ranges_of(trait: Tensor, targets: Tensor, names: tuple[str, ...]) -> tuple[ClassRange, ...]:
    """Where a trait (N,) lies in each class; NaN where nothing is known."""
    shares = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64, device="cpu")
    found = [trait[targets == label].double().nanquantile(shares).tolist() for label in range(len(names))]
    return tuple(ClassRange(name, *three) for name, three in zip(names, found, strict=True))


def most_telling(traits: Tensor, targets: Tensor) -> int:
    """The column of traits (N, F) whose ranks differ most between classes: the share of their variance that lies between."""
    return int(torch.stack([_between(column, targets) for column in traits.double().T]).argmax())


def _between(column: Tensor, targets: Tensor) -> Tensor:
    values = column.nan_to_num(nan=-torch.inf)
    ranks = torch.searchsorted(values.sort().values, values, right=False).double()
    ranks += torch.searchsorted(values.sort().values, values, right=True).double()
    middle = ranks.mean()
    classes = [ranks[targets == label] for label in sorted(set(targets.tolist()))]
    between = torch.stack([(one.mean() - middle).square() for one in classes]).mean()
    within = torch.stack([one.var(correction=0) for one in classes]).mean()
    total = between + within
    return between / total if float(total) > 0 else total


def _recalls(told: Told, names: tuple[str, ...]) -> tuple[ClassRecall, ...]:
    confusion = confusion_matrix(told.targets, told.predicted, len(names))
    shares = recalls(confusion).tolist()
    right, counts = confusion.diagonal().tolist(), confusion.sum(1).tolist()
    return tuple(
        ClassRecall(name, shares[label], counts[label], *wilson_interval(right[label], counts[label]))
        for label, name in enumerate(names)
    )


def _apart(told: Told, names: tuple[str, ...]) -> tuple[tuple[str, str, float], ...]:
    areas = pairwise_auc(told.chances, told.targets)
    pairs = [
        (names[one], names[other], float(areas[one, other])) for one in range(len(names)) for other in range(one + 1, len(names))
    ]
    return tuple(sorted((pair for pair in pairs if pair[2] >= APART), key=lambda pair: -pair[2]))
