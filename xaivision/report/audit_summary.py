"""The report of an audit as plain values that JSON can hold, by the schema that is published beside this file."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xaivision.evaluation.audit.checklist_form import to_dict
from xaivision.evaluation.audit.remedies import remedy
from xaivision.evaluation.audit.report import AuditReport

SCHEMA = "xaivision.audit/1"
SCHEMA_FILE = Path(__file__).with_name("audit.schema.json")


def audit_summary(report: AuditReport) -> dict[str, Any]:
    """Conclusions, findings, reliability, costs, the checklist and what cannot be said; rows stand in the parts of the folder.

    What is not a number is null.
    """
    found: dict[str, Any] = _plain(
        {
            "schema": SCHEMA,
            "conclusions": [{**asdict(one), "doubts": _doubts(report, one.method)} for one in report.conclusions],
            "cannot_say": report.cannot_say,
            "family": report.findings.family,
            "findings": [asdict(one) for one in report.findings.found],
            "rankings": [asdict(one) for one in report.findings.rankings],
            "reliability": asdict(report.reliability),
            "agreement": asdict(report.agreement),
            "removal_shifts": {name: asdict(one) for name, one in report.shifts.items()},
            "failures": [row._asdict() for row in report.failures],
            "costs": [one._asdict() for one in report.costs],
            "spent": asdict(report.spent),
            "checklist": to_dict(report.checklist),
        }
    )
    return found


def _doubts(report: AuditReport, method: str) -> list[dict[str, Any]]:
    own = [one for one in report.doubts if one.label == method]
    return [{"reason": one.reason, "items": one.items, "remedy": remedy(one.reason)} for one in own]


def audit_json(report: AuditReport) -> str:
    """The summary as text: the same report gives the same bytes."""
    return json.dumps(audit_summary(report), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def audit_schema() -> Any:
    """The JSON schema (draft 2020-12) that every such text fits."""
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
