"""Facts of an audit, whatever it found: how much was asked, of what kind, and what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xaivision.core.about import AboutEvaluator
from xaivision.evaluation.audit.plan import AuditPlan, Judge
from xaivision.evaluation.audit.replacements import in_words
from xaivision.evaluation.audit.rows import Row

# Controls that look at the picture or the table, though not at the model: an explanation may be no more than they are.
OF_THE_INPUT = ("sobel", "input_magnitude")


@dataclass(frozen=True)
class AuditFacts:
    """`items` were to be audited; `failed` of them could not be asked about, and of `explanations`, `refused` are none.

    `classes` of the model's `num_classes` were explained. `faithfulness`: names of the metrics of faithfulness, `removals`:
    what they put in the place of features. `masks`: there is marked truth, or a mosaic that shows where a class is.
    `changes_weights`: a sanity check holds explanations against those of a model with other weights or labels; `nearby`: one
    against those of nearby inputs; `other_seeds`: one draws again. `trains_again`: a metric trains the model on what a removal
    leaves. `identified`: the model showed its weights, so that another one would be noticed. `learned`: items that the model
    holds itself, as training inputs.
    """

    items: int
    failed: int
    explanations: int
    refused: int
    classes: int
    num_classes: int
    controls: tuple[str, ...]
    faithfulness: tuple[str, ...]
    removals: tuple[str, ...]
    masks: bool
    changes_weights: bool
    nearby: bool
    other_seeds: bool
    trains_again: bool
    identified: bool = True
    learned: int = 0


def audit_facts(
    plan: AuditPlan, rows: Iterable[Row], items: int, num_classes: int, removals: Mapping[str, Sequence[str]] | None = None
) -> AuditFacts:
    """The facts of a plan that was carried out on so many items of a model with so many classes.

    `removals`: by the name of what is put in the place of features the metrics that do it; those of other metrics are told by
    their settings.
    """
    rows = tuple(rows)
    explained = {(row.item, row.method): row.verdict for row in rows if row.method in plan.methods and row.verdict}
    faithful = {name: judge for name, judge in plan.judges.items() if judge.about.faithfulness}
    cards = [judge.about for judge in plan.judges.values()]
    asked = {card.asks_again for card in cards}
    return AuditFacts(
        items=items,
        failed=len({row.item for row in rows if not row.method and row.error}),
        explanations=len(explained),
        refused=sum(verdict == "refuse" for verdict in explained.values()),
        classes=len({row.target for row in rows if row.target >= 0}),
        num_classes=num_classes,
        controls=tuple(control.about.name for control in plan.controls.values()),
        faithfulness=tuple(faithful),
        removals=tuple(dict.fromkeys(one for name, judge in faithful.items() for one in _removals(name, judge, removals or {}))),
        masks=any(card.shown_truth for card in cards),
        changes_weights=any(map(changes_weights, cards)),
        nearby="nearby inputs" in asked,
        other_seeds="other seeds" in asked,
        trains_again=any(card.trains_again for card in cards),
    )


def changes_weights(card: AboutEvaluator) -> bool:
    """Whether this sanity check holds explanations against those of a model that has learned something else, or nothing."""
    return card.asks_again == "another model"


def _removals(name: str, judge: Judge, known: Mapping[str, Sequence[str]]) -> list[str]:
    return [removal for removal, metrics in known.items() if name in metrics] or list(filter(None, [in_words(judge)]))
