"""What a method or a metric says of itself: one card, read by the registries, the docs and the doors."""

from dataclasses import dataclass
from typing import Literal

from xaivision.core.access import Access

Domain = Literal["image", "tabular"]
Kind = Literal["slope", "contribution"]
AskedAgain = Literal["", "another model", "nearby inputs", "other seeds"]

BOTH_DOMAINS: tuple[Domain, ...] = ("image", "tabular")
BOTH_KINDS: tuple[Kind, ...] = ("slope", "contribution")


@dataclass(frozen=True)
class About:
    """The card of an explainer.

    `answers` is the question it answers, `misleads` when its answer misleads, `cost` its price in model calls.
    A control ignores the model on purpose: it is the yardstick that an explanation has to beat. `chance`: it draws its
    answer, so that one draw of it is itself a matter of chance, and its scores are means over several. `opens`: it reads
    the model itself, such as its trees, beside asking it; who is granted less than weights may not use it. `training_data`:
    it needs what the model was trained on, which no access to the model gives. `order_only`: its values have no unit of the
    score, and only their order means something. `instead`: methods of its kind that get along with scores, for who has no more.
    """

    name: str
    answers: str
    misleads: str
    cost: str
    source: str
    needs: Access
    domains: tuple[Domain, ...] = BOTH_DOMAINS
    control: bool = False
    chance: bool = False
    opens: bool = False
    training_data: bool = False
    order_only: bool = False
    instead: tuple[str, ...] = ("occlusion",)


@dataclass(frozen=True)
class AboutEvaluator:
    """The card of a metric or a sanity check.

    `higher_is_better` gives the direction of the score, `kinds` the kinds of attribution that the definition allows.
    `judges` "explanation": a metric, which looks at one result. "explainer": a sanity check, which asks the method again.
    `faithfulness`: a truer map does better than chance, and chance better than that map with its ranking reversed. By such
    a metric an explanation has to beat the controls; by others, such as sparseness, it may well lose to them.
    `training_data`: it needs what the model was trained on, which no access to the model gives.

    What an audit reads besides. `asks_again`: beside what a sanity check holds the answer: that to a model with other weights
    or labels, to nearby inputs, or with other seeds. `least_gain`: by how much the answer has to be ahead of one that ignores
    the model for the gain to mean anything; a check whose settings change that has a property of this name. `trains_again`:
    the model is trained on what removal leaves. `shown_truth`: a mask or a mosaic says where the right place is.
    `replaces_by`: what takes the place of a picture's features where no setting says; who replaces features in another way
    has a property `removal` with the name of it or a tensor. `finest`: scores that differ by no more are the same but for
    rounding, also where they are near zero.
    """

    name: str
    answers: str
    misleads: str
    cost: str
    source: str
    higher_is_better: bool
    kinds: tuple[Kind, ...] = BOTH_KINDS
    domains: tuple[Domain, ...] = BOTH_DOMAINS
    needs: Access = Access.SCORES
    judges: Literal["explanation", "explainer"] = "explanation"
    faithfulness: bool = False
    training_data: bool = False
    asks_again: AskedAgain = ""
    least_gain: float = 0.0
    trains_again: bool = False
    shown_truth: bool = False
    replaces_by: str | None = None
    finest: float = 0.0
