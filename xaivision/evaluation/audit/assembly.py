"""From a job that is done to its report: every number from the rows, and what the one who asked has stated."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import torch
from torch import Tensor

from xaivision.core.metering import metered
from xaivision.evaluation.audit.checklist import (
    Auditor,
    Checklist,
    DataRecord,
    Reproduction,
    check_complete,
)
from xaivision.evaluation.audit.checklist_form import to_dict
from xaivision.evaluation.audit.checklist_records import method_records, subject_record, tools_record, validity_records
from xaivision.evaluation.audit.conclusion import conclusion
from xaivision.evaluation.audit.facts import audit_facts
from xaivision.evaluation.audit.findings import Findings, findings
from xaivision.evaluation.audit.item_values import item_values
from xaivision.evaluation.audit.items import Items
from xaivision.evaluation.audit.job import PLANNED, Job, MakeWorker
from xaivision.evaluation.audit.limits import cannot_say
from xaivision.evaluation.audit.method_agreement import agreement_matrix
from xaivision.evaluation.audit.part import Cost, Curve, Part
from xaivision.evaluation.audit.pieces import in_pieces
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.reliability import reliability
from xaivision.evaluation.audit.removal_shift import RemovalShift, removal_shift
from xaivision.evaluation.audit.report import AuditReport, ShownItem, Spent
from xaivision.evaluation.audit.rows import Row
from xaivision.evaluation.audit.scope import NOT_STATED, access_spec, scope
from xaivision.evaluation.audit.used_removals import removals_of

# Items on which the removal operators are looked at: enough to tell half of them from the other half.
MOST_SHIFTED = 32
SHIFTS = "removal_shift"


@dataclass(frozen=True)
class Stated:
    """What nobody can find out but the one who asks: about the model, the auditor, the data, and what was withheld, and why.

    `outside`: resources outside of the model that the auditor had. `reasons`: why a resource was withheld, by its name.
    """

    purpose: str = NOT_STATED
    version: str = NOT_STATED
    deployed_is_audited: str = NOT_STATED
    auditor: Auditor = field(default_factory=Auditor)
    source: str = NOT_STATED
    license: str = NOT_STATED
    selection: str = NOT_STATED
    outside: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


def assembled(job: Job, stated: Stated) -> AuditReport:
    """The report; what of the job is not done yet is done.

    Raises: Cancelled; XaivisionError, where what is done cannot be kept; InputError, where the checklist is incomplete.
    """
    planned = job.planned()
    parts = list(job.parts())
    shifts, shift_calls = _shifts(job)
    rows = tuple(row for part in parts for row in part.rows)
    found, values = findings(rows, job.plan), item_values(rows)
    noted = job.store.noted(PLANNED) or {}
    costs = _summed(cost for part in parts for cost in part.costs)
    model = job.subject.model
    checklist = _checklist(job, stated, rows, costs, found)
    check_complete(checklist)
    return AuditReport(
        checklist=checklist,
        conclusions=tuple(conclusion(label, job.plan, found) for label in job.plan.methods),
        findings=found,
        reliability=reliability(values, job.plan, found.rankings),
        agreement=agreement_matrix(rows, tuple(job.plan.everyone)),
        shifts=shifts,
        rows=rows,
        curves=_joined_curves(curve for part in parts for curve in part.curves),
        costs=costs,
        shown=_shown(job, parts, found),
        spent=Spent(
            sum(part.model_calls for part in parts) + shift_calls,
            sum(part.gradient_calls for part in parts),
            sum(part.seconds for part in parts),
            noted.get("model_calls", planned.model_calls),
            noted.get("seconds") or planned.seconds,
        ),
        cards={name: judge.about for name, judge in job.plan.judges.items()},
        class_names=model.class_names,
        feature_names=tuple(model.schema.names) if model.schema is not None else (),
        folder=getattr(job.store, "path", None),
    )


def _checklist(job: Job, stated: Stated, rows: Sequence[Row], costs: Sequence[Cost], found: Findings) -> Checklist:
    plan, worker = job.plan, MakeWorker(job.subject, job.items, job.plan)()
    access = access_spec(worker.model, stated.outside, stated.reasons)
    configuration = job.configuration()
    facts = audit_facts(plan, rows, len(job.items.names), worker.model.num_classes)
    told = {"version": stated.version, "purpose": stated.purpose, "deployed_is_audited": stated.deployed_is_audited}
    return Checklist(
        subject=subject_record(job.subject.name, job.subject.model, date.today().isoformat(), **told),
        access=access,
        auditor=stated.auditor,
        methods=method_records(plan, costs),
        data=DataRecord(len(job.items.names), job.items.fingerprint, stated.source, stated.license, stated.selection),
        tools=tools_record(),
        validity=validity_records(plan, rows),
        findings=tuple(to_dict(one) for one in found.found),
        cannot_say=cannot_say(scope(access, plan), facts),
        reproduction=Reproduction(
            configuration,
            {
                "configuration": _sha(configuration),
                "rows": _sha([list(map(str, row)) for row in rows]),
                "model": configuration["model"]["fingerprint"],
                "items": configuration["items"]["fingerprint"],
            },
        ),
    )


def _shifts(job: Job) -> tuple[dict[str, RemovalShift], int]:
    """How far each removal operator of the metrics leads off the data, and the calls it took; kept with the parts."""
    known = job.store.noted(SHIFTS)
    if known is None:
        with metered() as meter:
            found = _measured_shifts(job)
        known = {"calls": meter.model_calls, "found": {name: asdict(one) for name, one in found.items()}}
        job.store.note(SHIFTS, known)
    return {name: _shift(one) for name, one in known["found"].items()}, known["calls"]


def _measured_shifts(job: Job) -> dict[str, RemovalShift]:
    inputs = _first_inputs(job.items)
    if inputs is None:
        return {}
    worker = MakeWorker(job.subject, job.items, job.plan)()
    used = removals_of(job.plan.judges, worker.model, inputs, job.plan.seed)
    scored = in_pieces(range(len(inputs)), lambda chosen: worker.model(inputs[list(chosen)]))
    fine = [item for chosen, _ in scored.answers for item in chosen]
    if not used or len(fine) < len(inputs):
        return {}
    return removal_shift(worker.model, inputs, {name: one.remove for name, one in used.items()}, job.plan.seed)


def _first_inputs(items: Items) -> Tensor | None:
    """Of the first items those that can be read, in one batch; None where there is none."""
    found = in_pieces(range(min(MOST_SHIFTED, len(items.names))), lambda chosen: [items.load(item) for item in chosen])
    loaded = [one for _, some in found.answers for one in some if bool(one.isfinite().all())]
    fitting = [one for one in loaded if one.shape == loaded[0].shape]
    return torch.stack(fitting) if fitting else None


def _shift(told: Mapping[str, Any]) -> RemovalShift:
    return RemovalShift(
        told["auc"], tuple(told["interval"]), told["inputs"], told["distance_ratio"], tuple(told["distance_interval"])
    )


def _summed(costs: Iterable[Cost]) -> tuple[Cost, ...]:
    sums: dict[tuple[str, str], Cost] = {}
    for cost in costs:
        before = sums.get((cost.label, cost.metric))
        numbers = cost[2:] if before is None else [a + b for a, b in zip(before[2:], cost[2:], strict=True)]
        sums[cost.label, cost.metric] = Cost(cost.label, cost.metric, *numbers)
    return tuple(sums.values())


def _joined_curves(curves: Iterable[Curve]) -> tuple[Curve, ...]:
    """Sums over all items; those over other shares than the first ones are left out, since they cannot be added."""
    sums: dict[tuple[str, str], Curve] = {}
    for curve in curves:
        before = sums.setdefault((curve.label, curve.metric), curve._replace(items=0, sums=(0.0,) * len(curve.sums)))
        if before.shares == curve.shares:
            added = tuple(a + b for a, b in zip(before.sums, curve.sums, strict=True))
            sums[curve.label, curve.metric] = before._replace(items=before.items + curve.items, sums=added)
    return tuple(sums.values())


def _shown(job: Job, parts: Sequence[Part], found: Findings) -> tuple[ShownItem, ...]:
    """For each method the items on which it does best and worst by the first metric of faithfulness, each item once."""
    why: dict[str, list[str]] = {}
    metric = _telling_metric(job.plan)
    for label in job.plan.methods:
        one = found.of(metric, label)
        for extreme, said in ((one.worst, "worst"), (one.best, "best")) if one is not None else ():
            if extreme is not None:
                why.setdefault(extreme.item, []).append(f"{said} {metric} of {label}: {extreme.value:.3g}")
    places = {name: number for number, name in enumerate(job.items.names)}
    return tuple(
        shown for name, reasons in why.items() if (shown := _shown_item(job, parts, places[name], tuple(reasons))) is not None
    )


def _telling_metric(plan: AuditPlan) -> str:
    faithful = [name for name, judge in plan.judges.items() if judge.about.faithfulness]
    return (faithful or list(plan.judges))[0]


def _shown_item(job: Job, parts: Sequence[Part], item: int, why: tuple[str, ...]) -> ShownItem | None:
    shard = next(one for one in job.shards if item in one.items)
    part, place = parts[shard.number], shard.items.index(item)
    if not part.maps:
        return None
    rows = [row for row in part.rows if row.item == job.items.names[item]]
    return ShownItem(
        job.items.names[item],
        next((row.target for row in rows if row.target >= 0), -1),
        why,
        {label: maps[place] for label, maps in part.maps.items()},
        {row.method: row.verdict for row in rows if row.method in job.plan.methods},
        part.pictures[place] if part.pictures is not None else None,
        job.items.load(item).double().cpu().numpy() if part.pictures is None and job.items.load(item).ndim == 1 else None,
    )


def _sha(found: Any) -> str:
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
