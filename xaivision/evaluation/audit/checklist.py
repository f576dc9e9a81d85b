"""The checklist that every audit carries: who audited what, with which access, how, what was found, and what cannot be said.

Its twelve fields follow the two conclusions of the source: say what was asked for, and say how. What nobody told stands there as
"not stated", openly; what an audit of explanations does not do, as "not part of this audit".
Source: arXiv 2401.14446.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xaivision.core.errors import InputError
from xaivision.evaluation.audit.scope import NOT_STATED, AccessSpec

NOT_PART = "not part of this audit"
# Fields that a report may not leave empty.
REQUIRED = {
    "subject": ("name", "fingerprint", "architecture", "framework", "date", "purpose", "deployed_is_audited"),
    "access": ("granted",),
    "auditor": ("identity", "independence", "funding", "conflicts", "chose_tests", "may_publish"),
    "data": ("source", "license", "selection", "fingerprint"),
    "methods": (),
    "tools": ("versions", "machine", "determinism"),
    "validity": (),
    "findings": (),
    "cannot_say": (),
    "reproduction": ("configuration", "hashes"),
}


@dataclass(frozen=True)
class SubjectRecord:
    """What was audited. `fingerprint`: of what it is made of; `deployed_is_audited`: "yes", "no" or "not stated"."""

    name: str
    fingerprint: str
    architecture: str
    framework: str
    date: str
    version: str = NOT_STATED
    purpose: str = NOT_STATED
    deployed_is_audited: str = NOT_STATED


@dataclass(frozen=True)
class Auditor:
    """Who audited, in the auditor's own words."""

    identity: str = NOT_STATED
    independence: str = NOT_STATED
    funding: str = NOT_STATED
    conflicts: str = NOT_STATED
    chose_tests: str = NOT_STATED
    may_publish: str = NOT_STATED


@dataclass(frozen=True)
class MethodRecord:
    """One method, control, metric or sanity check (`role`) by its label, with what it used and what it cost.

    `replaces`: what it puts in the place of features, empty where it replaces none. `queries`, `gradients`: inputs scored, and
    scored and differentiated, had it been asked alone; `seconds` likewise, None where nobody measured them.
    """

    label: str
    role: str
    algorithm: str
    source: str
    access_used: tuple[str, ...]
    settings: Mapping[str, Any]
    replaces: str
    seed: int
    queries: int
    gradients: int
    seconds: float | None


@dataclass(frozen=True)
class DataRecord:
    """The items: where they come from, under which license, how many, and by which rule they were chosen."""

    items: int
    fingerprint: str
    source: str = NOT_STATED
    license: str = NOT_STATED
    selection: str = NOT_STATED


@dataclass(frozen=True)
class ToolsRecord:
    """`versions` of the packages that decide the numbers, the `machine`, and what makes the numbers the same again."""

    versions: Mapping[str, str]
    machine: str
    determinism: str


@dataclass(frozen=True)
class ValidityRecord:
    """What speaks for or against one method's explanations.

    `checks`: mean of each sanity check, None where undefined. `controls`: on each metric of faithfulness, how many controls are
    worse on average, of how many. `verdicts`: how many explanations are "ok", "warn", "refuse". `validated`: a sanity check with
    other weights or labels finds that they depend on what the model has learned, beside controls that do not; none finds that
    they do not. A number alone is no validation.
    """

    method: str
    validated: bool
    checks: Mapping[str, float | None]
    controls: Mapping[str, str]
    verdicts: Mapping[str, int]


@dataclass(frozen=True)
class Reproduction:
    """`configuration`: all that decides the rows. `hashes`: SHA-256 of it, of the rows, of the model, of the items."""

    configuration: Mapping[str, Any]
    hashes: Mapping[str, str]
    redactions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checklist:
    """The twelve fields. `findings` are plain values that JSON can hold, null results among them."""

    subject: SubjectRecord
    access: AccessSpec
    auditor: Auditor
    methods: tuple[MethodRecord, ...]
    data: DataRecord
    tools: ToolsRecord
    validity: tuple[ValidityRecord, ...]
    findings: tuple[Mapping[str, Any], ...]
    cannot_say: tuple[str, ...]
    reproduction: Reproduction
    attacks: str = NOT_PART
    robustness: str = NOT_PART
    data_audit: str = NOT_PART


def missing(checklist: Checklist) -> tuple[str, ...]:
    """Names of what is required and has no content, such as "subject.purpose"; "not stated" is content, an empty text is none."""
    found = []
    for field, parts in REQUIRED.items():
        value = getattr(checklist, field)
        if not parts and not value:
            found.append(field)
        found += [f"{field}.{part}" for part in parts if not getattr(value, part)]
    recorded = {one.method for one in checklist.validity}
    found += [f"validity.{one.label}" for one in checklist.methods if one.role == "method" and one.label not in recorded]
    return tuple(found)


def check_complete(checklist: Checklist) -> None:
    """Raises: InputError, where something required is missing."""
    if lacking := missing(checklist):
        raise InputError(
            f"The checklist of an audit must be complete. Missing: {', '.join(lacking)}. Fill it in, or say 'not stated'."
        )
