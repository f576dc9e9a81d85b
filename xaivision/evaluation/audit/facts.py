"""Facts of an audit, whatever it found: how much was asked, of what kind, and what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

from xaivision.evaluation.audit.plan import AuditPlan, Judge
from xaivision.evaluation.audit.rows import Row

# Controls that look at the picture or the table, though not at the model: an explanation may be no more than they are.
OF_THE_INPUT = ("sobel", "input_magnitude")
# Metrics that train the model again on what a removal leaves.
TRAINING_AGAIN = ("roar", "kar", "f_fidelity")


@dataclass(frozen=True)
class AuditFacts:
    """`items` were to be audited; `failed` of them could not be asked about, and of `explanations`, `refused` are none.

    `classes` of the model's `num_classes` were explained. `faithfulness`: names of the metrics of faithfulness, `removals`:
    what they put in the place of features. `masks`: there is marked truth, or a mosaic that shows where a class is.
    `changes_weights`: a sanity check looks at the same model with other weights; `nearby`: one looks at nearby inputs;
    `other_seeds`: one draws again. `trains_again`: a metric trains the model on what a removal leaves.
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
    names = [judge.about.name for judge in plan.judges.values()]
    checks = [judge.about.name for judge in plan.judges.values() if judge.about.judges == "explainer"]
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
        masks="focus" in names or any(getattr(judge, "masks", None) is not None for judge in plan.judges.values()),
        changes_weights=any(map(changes_weights, checks)),
        nearby=any(
            "sensitivity" in name or "stability" in name or "lipschitz" in name for name in checks if name != "seed_stability"
        ),
        other_seeds="seed_stability" in checks,
        trains_again=any(name in TRAINING_AGAIN for name in names),
    )


def changes_weights(check: str) -> bool:
    """Whether a sanity check of this name asks a model that has learned something else, or nothing."""
    return "randomization" in check and not check.startswith("target")


def _removals(name: str, judge: Judge, known: Mapping[str, Sequence[str]]) -> list[str]:
    return [removal for removal, metrics in known.items() if name in metrics] or list(filter(None, [removal_of(judge)]))


def removal_of(judge: Judge) -> str:
    """What a metric of faithfulness puts in the place of features, in words; nothing where it replaces none."""
    if judge.about.name == "road":
        return "noisy neighbors"
    masking = getattr(getattr(judge, "finetuned", None), "masking", judge)
    if not hasattr(masking, "baseline"):
        return ""
    baseline = masking.baseline
    if isinstance(baseline, torch.Tensor):
        return "given values"
    return "its own default" if baseline is None else str(baseline)
