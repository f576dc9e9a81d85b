"""What a prototype layer is made of, apart from its weights: the systems of the literature are settings of one layer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from xaivision.engines.prototypes.similarity import Distance, Squash

Reasoning = Literal["signed", "own_classes", "components", "rbf", "dense"]
Dispersion = Literal["none", "diagonal", "full"]


@dataclass(frozen=True)
class LayerPlan:
    """`count` centers of `width` numbers for `num_classes` classes.

    A `distance` is `squash`ed to a similarity, of which the best over all places is taken where there are places, and
    `reasoning` makes scores of these: "signed" a linear layer without bias, "own_classes" a vote of each class's own
    prototypes, "dense" a linear layer in which a prototype speaks for its own class, "components" what speaks for a class by
    being there or by being absent, "rbf" the first of these two alone.
    `dispersion`: whether a prototype is a point, or a normal distribution with variances ("diagonal") or a covariance ("full").
    `parts`: how many normal distributions each of these prototypes mixes. `competing`: whether the similarities of all prototypes
    at a place sum to one, as by a softmax over channels.
    `logits`: whether what reasoning gives are logits; else they are probabilities.
    """

    count: int
    width: int
    num_classes: int
    distance: Distance
    squash: Squash
    reasoning: Reasoning
    dispersion: Dispersion = "none"
    parts: int = 1
    competing: bool = False

    @property
    def logits(self) -> bool:
        return self.reasoning in ("signed", "own_classes", "dense")

    @property
    def scaled(self) -> bool:
        """Whether distances are measured in units of a learned scale."""
        return self.squash == "exponential"


SYSTEMS: Mapping[str, tuple[Distance, Squash, Reasoning]] = {
    "proto_part": ("squared", "log", "signed"),
    "score_aggregation": ("projection", "negative", "own_classes"),
    "rbf": ("euclidean", "exponential", "rbf"),
    "components": ("euclidean", "exponential", "components"),
}


def layer_plan(system: str, count: int, width: int, num_classes: int, *, competing: bool = False) -> LayerPlan:
    """The layer of a system of the literature; where prototypes compete for places, each is a channel: a direction."""
    plan = LayerPlan(count, width, num_classes, *SYSTEMS[system])
    return replace(plan, distance="projection", competing=True) if competing else plan
