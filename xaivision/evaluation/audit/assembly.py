"""From a job that is done to its report: every number from the rows, and what the one who asked has stated."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.evaluation.audit.aside import shift_of
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
from xaivision.evaluation.audit.fingerprint import NOT_AVAILABLE
from xaivision.evaluation.audit.item_values import item_values
from xaivision.evaluation.audit.items import Items
from xaivision.evaluation.audit.job import MOST_SHIFTED, PLANNED, SHIFTS, Job
from xaivision.evaluation.audit.limits import cannot_say
from xaivision.evaluation.audit.method_agreement import agreement_matrix
from xaivision.evaluation.audit.part import Array, Cost, Part, summed_curves, summed_doubts
from xaivision.evaluation.audit.pieces import in_pieces
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.reliability import reliability
from xaivision.evaluation.audit.removal_shift import RemovalShift
from xaivision.evaluation.audit.report import AuditReport, ShownItem, Spent
from xaivision.evaluation.audit.rows import Row
from xaivision.evaluation.audit.scope import NOT_STATED, access_spec, scope
from xaivision.models.learned_inputs import LearnedInputs


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
    shifts, shift_calls = _shifts(job, parts)
    job.release()
    rows = tuple(row for part in parts for row in part.rows)
    found, values = findings(rows, job.plan), item_values(rows)
    noted = job.store.noted(PLANNED) or {}
    costs = _summed(cost for part in parts for cost in part.costs)
    model = job.subject.model
    checklist = _checklist(job, stated, rows, costs, found, shifts)
    check_complete(checklist)
    return AuditReport(
        checklist=checklist,
        conclusions=tuple(conclusion(one.method, job.plan, found, one.verdicts, _columns(job)) for one in checklist.validity),
        findings=found,
        reliability=reliability(values, job.plan, found.rankings),
        agreement=agreement_matrix(rows, tuple(job.plan.everyone)),
        shifts=shifts,
        rows=rows,
        curves=summed_curves(curve for part in parts for curve in part.curves),
        costs=costs,
        shown=_shown(job, found),
        spent=Spent(
            sum(part.model_calls for part in parts) + shift_calls + job.identity_calls,
            sum(part.gradient_calls for part in parts),
            sum(part.seconds for part in parts) / job.at_once,
            noted.get("model_calls", planned.model_calls),
            noted.get("seconds") or planned.seconds,
            shift_calls,
            job.identity_calls,
        ),
        calls_now=job.tally.model_calls,
        doubts=summed_doubts(doubt for part in parts for doubt in part.doubts),
        cards={name: judge.about for name, judge in job.plan.judges.items()},
        class_names=model.class_names,
        feature_names=tuple(model.schema.names) if model.schema is not None else (),
        folder=getattr(job.store, "path", None),
    )


def _checklist(
    job: Job,
    stated: Stated,
    rows: Sequence[Row],
    costs: Sequence[Cost],
    found: Findings,
    shifts: Mapping[str, RemovalShift],
) -> Checklist:
    plan, worker = job.plan, job.make()
    access = access_spec(worker.model, stated.outside, stated.reasons)
    configuration = job.configuration()
    removals = {name: shift.metrics for name, shift in shifts.items()}
    facts = audit_facts(plan, rows, len(job.items.names), worker.model.num_classes, removals)
    learned = _learned(worker.model, job.items)
    told = {"version": stated.version, "purpose": stated.purpose, "deployed_is_audited": stated.deployed_is_audited}
    return Checklist(
        subject=subject_record(job.subject.name, job.subject.model, date.today().isoformat(), **told),
        access=access,
        auditor=stated.auditor,
        methods=method_records(plan, costs),
        data=DataRecord(len(job.items.names), job.items.fingerprint, stated.source, stated.license, stated.selection),
        tools=tools_record(),
        validity=validity_records(plan, rows, found, _columns(job)),
        findings=tuple(to_dict(one) for one in found.found),
        cannot_say=cannot_say(scope(access, plan), replace(facts, identified=job.fingerprint != NOT_AVAILABLE, learned=learned)),
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


def _learned(model: ClassifierAdapter, items: Items) -> int:
    """How many items the model is known to have learned from; one that cannot be read counts as new."""
    held = LearnedInputs(model)
    return sum(_is_held(held, items, number) for number in range(len(items.names))) if held else 0


def _is_held(held: LearnedInputs, items: Items, number: int) -> bool:
    try:
        return items.load(number) in held
    except XaivisionError:
        return False


def _shifts(job: Job, parts: Sequence[Part]) -> tuple[dict[str, RemovalShift], int]:
    """How far each removal operator of the metrics leads off the data, and the calls it took; kept with the parts.

    Over the first of those items that did not fail: an item that ends a process is not asked about again.
    """
    known = job.store.noted(SHIFTS)
    if known is None:
        failed = {row.item for part in parts for row in part.rows if not row.method}
        usable = [number for number, name in enumerate(job.items.names) if name not in failed][:MOST_SHIFTED]
        found, calls = job.asked("removals", usable)
        known = {"calls": calls, "found": found}
        job.note(SHIFTS, known)
    return {name: shift_of(one) for name, one in known["found"].items()}, known["calls"]


def _summed(costs: Iterable[Cost]) -> tuple[Cost, ...]:
    sums: dict[tuple[str, str], Cost] = {}
    for cost in costs:
        before = sums.get((cost.label, cost.metric))
        numbers = cost[2:] if before is None else [a + b for a, b in zip(before[2:], cost[2:], strict=True)]
        sums[cost.label, cost.metric] = Cost(cost.label, cost.metric, *numbers)
    return tuple(sums.values())


def _shown(job: Job, found: Findings) -> tuple[ShownItem, ...]:
    """For each method the items on which it does best and worst by the first metric of faithfulness, each item once."""
    why: dict[str, list[str]] = {}
    metric = _telling_metric(job.plan)
    for label in job.plan.methods:
        one = found.of(metric, label)
        for extreme, said in ((one.worst, "worst"), (one.best, "best")) if one is not None else ():
            if extreme is not None:
                why.setdefault(extreme.item, []).append(f"{said} {metric} of {label}: {extreme.value:.3g}")
    places = {name: number for number, name in enumerate(job.items.names)}
    return tuple(shown for name, reasons in why.items() if (shown := _shown_item(job, places[name], tuple(reasons))) is not None)


def _telling_metric(plan: AuditPlan) -> str:
    faithful = [name for name, judge in plan.judges.items() if judge.about.faithfulness]
    return (faithful or list(plan.judges))[0]


def _shown_item(job: Job, item: int, why: tuple[str, ...]) -> ShownItem | None:
    shard = next(one for one in job.shards if item in one.items)
    part, place = job.store.read(shard.number), shard.items.index(item)
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
        _values_of(job.items, item) if part.pictures is None else None,
    )


def _columns(job: Job) -> int | None:
    """How many columns a table has; None for pictures, and where no row can be read any more."""
    if job.subject.model.domain == "image":
        return None
    rows = (_values_of(job.items, item) for item in range(len(job.items.names)))
    return next((len(row) for row in rows if row is not None), None)


def _values_of(items: Items, item: int) -> Array | None:
    """(F,) of a row; None for pictures, and for those that are no longer there."""
    found = in_pieces([item], lambda chosen: items.load(chosen[0]))
    return next((one.double().cpu().numpy() for _, one in found.answers if one.ndim == 1), None)


def _sha(found: Any) -> str:
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
