"""What an audit cannot say: one sentence for each thing that was withheld, not asked, or asked too little."""

from collections.abc import Callable
from dataclasses import dataclass

from xaivision.evaluation.audit.facts import OF_THE_INPUT, AuditFacts
from xaivision.evaluation.audit.scope import AccessSpec, Scope

# Below this a mean over items has an interval so wide that most differences vanish in it.
FEW_ITEMS = 30


@dataclass(frozen=True)
class Limit:
    """`holds`: whether the sentence is true of an audit. `text` may name the facts of `AuditFacts`, in braces."""

    holds: Callable[[AccessSpec, AuditFacts], bool]
    text: str


def _withheld(resource: str, text: str) -> Limit:
    return Limit(lambda access, _facts: resource in access.withheld, text)


def _lacks(holds: Callable[[AuditFacts], bool], text: str) -> Limit:
    return Limit(lambda _access, facts: holds(facts), text)


LIMITS: dict[str, Limit] = {
    "scores": _withheld(
        "scores", "Nothing about how sure the model is: it answered with labels only, and no method could see a score change."
    ),
    "logits": _withheld(
        "logits", "Nothing about differences that probabilities hide: near 0 and 1 they hardly move where logits do."
    ),
    "activations": _withheld(
        "activations", "Nothing about what the model computes inside: no layer was looked at, so no part can be cleared."
    ),
    "gradients": _withheld(
        "gradients", "Nothing about the worst case: without gradients the most harmful change of an input is hard to find."
    ),
    "weights": _withheld(
        "weights",
        "Nothing about what is stored in the model: its weights were neither read nor replaced, so hidden triggers and unused "
        "parts stay unseen.",
    ),
    "training_data": _withheld(
        "training_data",
        "Nothing about the training data: whether it holds copies of audited items, wrong labels or bias, or was memorized.",
    ),
    "code": _withheld("code", "Nothing about how the model was trained: neither its objective nor its settings were seen."),
    "documentation": _withheld(
        "documentation", "Nothing about whether the model is used for what it was made for: its documentation was not seen."
    ),
    "internal_evaluations": _withheld(
        "internal_evaluations", "Nothing about what its makers found: their own evaluations were not seen, and may say otherwise."
    ),
    "deployment_logs": _withheld(
        "deployment_logs", "Nothing about the model in use: which inputs it really gets, and whether it is still the audited one."
    ),
    "few_items": _lacks(
        lambda facts: facts.items - facts.failed < FEW_ITEMS,
        f"Nothing about small differences: fewer than {FEW_ITEMS} items could be asked about ({{asked}}).",
    ),
    "classes": _lacks(
        lambda facts: facts.classes < facts.num_classes,
        "Nothing about explanations of other classes: {classes} of {num_classes} were explained.",
    ),
    "identified": _lacks(
        lambda facts: not facts.identified,
        "Not whether one model was asked all the time: it shows no weights, so it is known by its code, where that can be read, "
        "and by its scores on the first items.",
    ),
    "learned": _lacks(
        lambda facts: facts.learned > 0,
        "Nothing about inputs that are new to the model: it has learned from at least {learned} of {items} items, which it holds "
        "itself.",
    ),
    "failed": _lacks(lambda facts: facts.failed > 0, "Nothing about {failed} of {items} items: none could be read and scored."),
    "refused": _lacks(
        lambda facts: facts.refused > 0,
        "Nothing about {refused} of {explanations} explanations: they were refused, and have no value in any mean.",
    ),
    "masks": _lacks(
        lambda facts: not facts.masks,
        "Nothing about whether explanations point at the right place: no mask says where it is.",
    ),
    "changes_weights": _lacks(
        lambda facts: not facts.changes_weights,
        "Not whether an explanation depends on what the model has learned: no sanity check asked a model with other weights or "
        "labels, so every explanation is unvalidated.",
    ),
    "controls": _lacks(
        lambda facts: not facts.controls, "Not whether any explanation is better than chance: no control was scored beside them."
    ),
    "controls_of_the_input": _lacks(
        lambda facts: bool(facts.controls) and not any(name in OF_THE_INPUT for name in facts.controls),
        "Not whether an explanation is better than the input itself: no control shows its edges or its largest values.",
    ),
    "faithfulness": _lacks(
        lambda facts: not facts.faithfulness,
        "Not whether explanations are faithful: no metric changed the inputs to see whether the model agrees with them.",
    ),
    "removals": _lacks(
        lambda facts: len(facts.removals) == 1,
        "Not whether the order of methods is the same with other removals: all metrics of faithfulness replace features by one "
        "kind of value (`{removal}`).",
    ),
    "trains_again": _lacks(
        lambda facts: bool(facts.faithfulness) and not facts.trains_again,
        "Not how much the score falls only because inputs are unlike any in training: the model was not trained on such.",
    ),
    "nearby": _lacks(
        lambda facts: not facts.nearby,
        "Not whether explanations keep still: no check asked for those of nearby inputs.",
    ),
    "other_seeds": _lacks(
        lambda facts: not facts.other_seeds,
        "Not how much explanations that are drawn at random change with the seed: one seed was used.",
    ),
}
ALWAYS = (
    "Nothing about inputs unlike the {items} items, and nothing about deliberate attacks: that no failure was found here does "
    "not show that there is none."
)


def cannot_say(scope: Scope, facts: AuditFacts) -> tuple[str, ...]:
    """The sentences, first those that the access forbids, last the one that is true of every audit."""
    named = {**vars(facts), "asked": facts.items - facts.failed, "removal": "".join(facts.removals[:1])}
    held = [limit.text for limit in LIMITS.values() if limit.holds(scope.access, facts)]
    return tuple(text.format(**named) for text in (*held, ALWAYS))
