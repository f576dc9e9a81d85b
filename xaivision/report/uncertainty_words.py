"""How sure a classifier by distributions is of an input, in words and numbers."""

from collections.abc import Mapping
from typing import Any

from xaivision.explainers.prototypes.prototype_uncertainty import PrototypeUncertainty
from xaivision.report.wording import number, plain

MEANINGS: Mapping[str, str] = {
    "confident": "near to what was learned, and to one class more than to others",
    "ambiguous": "about as near to two classes",
    "unfamiliar": "further away than what was learned from",
}


def headline_of(found: PrototypeUncertainty, index: int) -> str:
    """`class_1 (probability 0.630)`"""
    called = int(found.classes[index])
    return f"{plain(found.class_names[called])} (probability {number(float(found.probabilities[index, called]))})"


def meaning_of(found: PrototypeUncertainty, index: int) -> str:
    """`explanation ambiguous: about as near to two classes`; how probable the class is, is another question."""
    return f"explanation {found.readings[index]}: {MEANINGS[found.readings[index]]}"


def distance_words(found: PrototypeUncertainty, index: int) -> tuple[str, str]:
    """Two sentences: how many of what was learned are nearer, and what the distances have in common with a rival's."""
    called, rival = (plain(found.class_names[int(part[index])]) for part in (found.classes, found.rivals))
    return (
        f"{float(found.percentile[index]):.1%} of what was learned as {called} is nearer.",
        f"The distances have {float(found.overlap[index]):.2f} of their area in common with those to {rival}.",
    )


def part_words(found: PrototypeUncertainty, index: int) -> str:
    """`0.41 nats unsure: 0.30 in the input itself (aleatoric), 0.11 between draws of the prototypes (epistemic)`"""
    total, here, between = (number(float(part[index]), 2) for part in (found.total, found.aleatoric, found.epistemic))
    return f"{total} nats unsure: {here} in every draw (aleatoric), {between} between draws of the prototypes (epistemic)."


def uncertainty_summary(found: PrototypeUncertainty, index: int) -> dict[str, Any]:
    """The numbers of one input, as JSON holds them."""
    parts = {"total": found.total, "aleatoric": found.aleatoric, "epistemic": found.epistemic}
    shares = {"percentile": found.percentile, "overlap": found.overlap}
    return {
        "class": found.class_names[int(found.classes[index])],
        "reading": found.readings[index],
        "probabilities": [float(one) for one in found.probabilities[index]],
        **{name: float(part[index]) for name, part in {**parts, **shares}.items()},
        "rival": found.class_names[int(found.rivals[index])],
    }
