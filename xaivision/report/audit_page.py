"""What the web page of an audit shows, as plain values: the template only arranges them, and escapes every text."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xaivision.evaluation.audit.checklist_form import to_dict
from xaivision.evaluation.audit.conclusion import Conclusion
from xaivision.evaluation.audit.report import AuditReport
from xaivision.evaluation.audit.rows import Row
from xaivision.evaluation.standing import REVERSED
from xaivision.report.audit_curves import audit_curve_plots
from xaivision.report.audit_items import ItemSection, item_sections
from xaivision.report.audit_metrics import OWN_REVERSAL, MetricSection, metric_sections
from xaivision.report.audit_reliability import contradictions, method_rows, metric_rows, shift_rows
from xaivision.report.audit_words import aside_words, basis_words, doubt_words
from xaivision.report.badge import Badge
from xaivision.report.curves import CurvePlot
from xaivision.report.markup import band_points, curve_points
from xaivision.report.page import AgreementRow, Line, Plot
from xaivision.report.wording import counted, duration, listed, number, plain

# What stands for the conclusion in one word, in the colors of verdicts.
BADGES: dict[str, Badge] = {
    "believable": "ok",
    "unvalidated": "warn",
    "doubtful": "warn",
    "not judged": "control",
}
# A folder may hold thousands of damaged files: the page names the first, the rows have all.
MOST_FAILURES = 50


@dataclass(frozen=True)
class Judgement:
    """The conclusion on one method."""

    label: str
    badge: Badge
    standing: str
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]
    verdicts: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditPage:
    """Everything on the page, in its order."""

    title: str
    facts: tuple[tuple[str, str], ...]
    judgements: tuple[Judgement, ...]
    cannot_say: tuple[str, ...]
    family: str
    basis: str
    metrics: tuple[MetricSection, ...]
    plots: tuple[Plot, ...]
    items: tuple[ItemSection, ...]
    agreement: tuple[AgreementRow, ...]
    metric_agreement: tuple[AgreementRow, ...]
    contradictions: tuple[str, ...]
    other_contradictions: tuple[str, ...]
    shifts: tuple[tuple[str, ...], ...]
    failures: tuple[tuple[str, str, str], ...]
    more_failures: int
    costs: tuple[tuple[str, ...], ...]
    checklist: tuple[tuple[str, Any], ...]


def audit_page(report: AuditReport) -> AuditPage:
    """The page of a report."""
    failures = report.failures
    return AuditPage(
        plain(f"Audit of {report.checklist.subject.name}"),
        _facts(report),
        tuple(_judgement(report, one) for one in report.conclusions),
        tuple(map(plain, report.cannot_say)),
        plain(report.findings.family),
        basis_words(report),
        metric_sections(report),
        tuple(_plot(plot) for plot in audit_curve_plots(report)),
        item_sections(report),
        method_rows(report),
        metric_rows(report),
        contradictions(report, deciding=True),
        contradictions(report, deciding=False),
        shift_rows(report),
        tuple(_failure(row) for row in failures[:MOST_FAILURES]),
        max(0, len(failures) - MOST_FAILURES),
        _costs(report),
        _checklist(report),
    )


def told(reason: str) -> str:
    """A reason of a conclusion as one reads it: a method's own reversal is named in words."""
    return plain(reason.replace(f"`{REVERSED}`", OWN_REVERSAL))


def _facts(report: AuditReport) -> tuple[tuple[str, str], ...]:
    subject, spent, data, access = report.checklist.subject, report.spent, report.checklist.data, report.checklist.access
    failed = len({row.item for row in report.failures if not row.method})
    aside = aside_words(report)
    withheld = f"; withheld or not stated: {_names(access.withheld)}" if access.withheld else ""
    return (
        ("model", plain(f"{subject.architecture}; {subject.framework}; fingerprint {subject.fingerprint[:16]}")),
        ("purpose", plain(subject.purpose)),
        ("auditor", plain(report.checklist.auditor.identity)),
        (
            "items",
            f"{counted(data.items, 'item')}, {f'{failed} of which could not be asked about' if failed else 'all asked about'}",
        ),
        ("source of the items", plain(data.source)),
        ("how they were chosen", plain(data.selection)),
        ("access", plain(f"granted: {_names(access.granted)}{withheld}")),
        ("date", plain(subject.date)),
        (
            "cost",
            f"{counted(spent.model_calls, 'model call')} and {counted(spent.gradient_calls, 'gradient call')} in "
            f"{duration(spent.seconds)} of work; planned: {counted(spent.planned_calls, 'model call')}, "
            f"{duration(spent.planned_seconds)}{f'; of the model calls {aside}' if aside else ''}",
        ),
    )


def _names(resources: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in resources)


def _judgement(report: AuditReport, one: Conclusion) -> Judgement:
    record = next(record for record in report.checklist.validity if record.method == one.method)
    verdicts = listed([f"{count} {status}" for status, count in record.verdicts.items()])
    return Judgement(
        plain(one.method),
        BADGES[one.standing],
        one.standing,
        tuple(map(told, one.speaks_for)),
        tuple(map(told, one.speaks_against)),
        verdicts or "none",
        doubt_words(report, one.method),
    )


def _plot(plot: CurvePlot) -> Plot:
    low, high = plot.limits
    lines = tuple(Line(curve.label, curve.color, curve.dashes, curve_points(plot, curve)) for curve in plot.curves)
    return Plot(plot.metric, plot.unit, plot.progress, (number(low, 2), number(high, 2)), band_points(plot), lines)


def _failure(row: Row) -> tuple[str, str, str]:
    what = " by ".join(filter(None, (row.method, row.metric))) or "the item itself"
    return plain(row.item), plain(what), plain(row.error)


def _costs(report: AuditReport) -> tuple[tuple[str, ...], ...]:
    """What each method costs alone, explaining, and being judged by everything."""
    found = []
    for label in (*report.methods, *report.controls):
        own = [one for one in report.costs if one.label == label]
        parts = [[one for one in own if not one.metric], [one for one in own if one.metric]]
        cells = [(f"{sum(one.model_calls for one in part):,}", f"{sum(one.gradient_calls for one in part):,}") for part in parts]
        seconds = math.fsum(one.seconds for one in own)
        found.append((plain(label), *cells[0], *cells[1], duration(seconds)))
    return tuple(found)


def _checklist(report: AuditReport) -> tuple[tuple[str, Any], ...]:
    """The fields as trees of texts; findings and what cannot be said stand on the page already."""
    told = to_dict(report.checklist)
    return tuple(
        (plain(name).replace("_", " "), _tree(value)) for name, value in told.items() if name not in ("findings", "cannot_say")
    )


def _tree(value: Any) -> Any:
    """Mappings and lists as they are, since their names may be labels; everything in them as text."""
    if isinstance(value, dict):
        return {plain(name): _tree(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_tree(part) for part in value]
    return number(value) if isinstance(value, float) else "none" if value is None else plain(value) or "none"
