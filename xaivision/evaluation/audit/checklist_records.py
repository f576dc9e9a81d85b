"""Records of a checklist, made of what an audit knows of itself."""

import math
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.granted import ungranted
from xaivision.core.origin import library_versions, plain_settings
from xaivision.evaluation.audit.checklist import MethodRecord, SubjectRecord, ToolsRecord, ValidityRecord
from xaivision.evaluation.audit.dependence import dependence
from xaivision.evaluation.audit.findings import Findings
from xaivision.evaluation.audit.fingerprint import model_fingerprint
from xaivision.evaluation.audit.part import Cost
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.replacements import recorded
from xaivision.evaluation.audit.rows import Row
from xaivision.evaluation.audit.scope import used_by


def subject_record(name: str, model: ClassifierAdapter, date: str, **stated: str) -> SubjectRecord:
    """The model as it is. `stated`: `version`, `purpose`, `deployed_is_audited`, in the words of whoever knows them."""
    whole = ungranted(model)
    return SubjectRecord(name, model_fingerprint(model), _architecture(whole.model), _framework(whole.model), date, **stated)


def _architecture(model: Any) -> str:
    name = type(model).__name__
    if not isinstance(model, nn.Module):
        return name
    return f"{name}, {sum(part.numel() for part in model.parameters())} parameters"


def _framework(model: Any) -> str:
    """The package of the first class of a known one."""
    if isinstance(model, nn.Module):
        return f"torch {torch.__version__}"
    packages = {"sklearn": "scikit-learn", "xgboost": "xgboost", "lightgbm": "lightgbm", "onnxruntime": "onnxruntime"}
    found = (part.__module__.partition(".")[0] for part in type(model).__mro__)
    return next((packages[name] for name in found if name in packages), "a Python function")


def tools_record(
    determinism: str = "every draw comes from the seed of its method; torch's own algorithms were left as they were set",
) -> ToolsRecord:
    """The packages, and the machine this runs on."""
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {torch.get_num_threads()} threads"
    return ToolsRecord(dict(library_versions()), machine, determinism)


def method_records(plan: AuditPlan, costs: Iterable[Cost]) -> tuple[MethodRecord, ...]:
    """One record for each method, control, metric and sanity check of the plan, with the sums of what it cost."""
    costs = tuple(costs)
    roles = [(label, "method", one) for label, one in plan.methods.items()]
    roles += [(label, "control", one) for label, one in plan.controls.items()]
    explained = [
        _record(label, role, one, plan.seed, [c for c in costs if c.label == label and not c.metric])
        for label, role, one in roles
    ]
    judged = [
        _record(
            name,
            "metric" if judge.about.judges == "explanation" else "sanity check",
            judge,
            plan.seed,
            [cost for cost in costs if cost.metric == name],
        )
        for name, judge in plan.judges.items()
    ]
    return (*explained, *judged)


def _record(label: str, role: str, one: Any, seed: int, costs: Sequence[Cost]) -> MethodRecord:
    return MethodRecord(
        label=label,
        role=role,
        algorithm=one.about.name,
        source=one.about.source,
        access_used=used_by(one.about),
        settings=plain_settings(one),
        replaces=recorded(one),
        seed=seed,
        queries=sum(cost.model_calls for cost in costs),
        gradients=sum(cost.gradient_calls for cost in costs),
        seconds=math.fsum(cost.seconds for cost in costs) if costs else None,
    )


def validity_records(
    plan: AuditPlan, rows: Iterable[Row], found: Findings, columns: int | None = None
) -> tuple[ValidityRecord, ...]:
    """What is known of each method: sanity checks, controls that are worse on average, verdicts.

    `columns`: how many the table has, None for pictures.
    """
    rows = tuple(rows)
    return tuple(_validity(label, plan, rows, found, dependence(label, plan, found, columns).validated) for label in plan.methods)


def _validity(label: str, plan: AuditPlan, rows: Sequence[Row], found: Findings, validated: bool) -> ValidityRecord:
    checks = [name for name, judge in plan.judges.items() if judge.about.judges == "explainer"]
    faithful = {name: judge.about.higher_is_better for name, judge in plan.judges.items() if judge.about.faithfulness}
    verdicts = Counter({(row.item, row.method): row.verdict for row in rows if row.method == label and row.verdict}.values())
    return ValidityRecord(
        method=label,
        validated=validated,
        checks={name: _known(found.mean(name, label)) for name in checks},
        controls={
            name: _beaten(label, name, higher, plan, found)
            for name, higher in faithful.items()
            if _known(found.mean(name, label)) is not None
        },
        verdicts=dict(sorted(verdicts.items())),
    )


def _beaten(label: str, metric: str, higher: bool, plan: AuditPlan, found: Findings) -> str:
    own = found.mean(metric, label)
    others = [mean for control in plan.controls if (mean := _known(found.mean(metric, control))) is not None]
    return f"{sum(own > other if higher else own < other for other in others)} of {len(others)}"


def _known(mean: float) -> float | None:
    return None if math.isnan(mean) else mean
