"""What the web page of an audit shows, as plain values: the template only arranges them, and escapes every text."""

import math
from dataclasses import dataclass
from typing import Any

from xaivision.evaluation.audit.checklist_form import to_dict
from xaivision.evaluation.audit.comparisons import Comparison
from xaivision.evaluation.audit.conclusion import Conclusion
from xaivision.evaluation.audit.findings import Finding
from xaivision.evaluation.audit.report import AuditReport
from xaivision.evaluation.audit.rows import Row
from xaivision.report.audit_curves import audit_curve_plots
from xaivision.report.audit_items import ItemSection, item_sections
from xaivision.report.badge import Badge
from xaivision.report.curves import CurvePlot
from xaivision.report.markup import band_points, cell_colors, curve_points
from xaivision.report.page import AgreementRow, Line, Plot
from xaivision.report.standing import interval_text
from xaivision.report.wording import MINUS, UNDEFINED, counted, duration, listed, number, plain, signed

# What stands for the conclusion in one word, in the colors of verdicts.
BADGES: dict[str, Badge] = {"believable": "ok", "doubtful": "warn", "not judged": "control"}
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


@dataclass(frozen=True)
class Against:
    """One comparison: by how much, and whether it is clear; empty texts where there is none."""

    gain: str
    p: str
    mark: str


@dataclass(frozen=True)
class MetricRow:
    """One method or control on one metric. `letters`: methods that share one cannot be told apart."""

    label: str
    control: bool
    mean: str
    interval: str
    missing: str
    letters: str
    against: tuple[Against, ...]
    cost: str


@dataclass(frozen=True)
class MetricSection:
    """One metric: its question, its direction, and a row for each method, best first, then the controls."""

    anchor: str
    name: str
    answers: str
    misleads: str
    direction: str
    decides: str
    opponents: tuple[str, ...]
    rows: tuple[MetricRow, ...]
    consistency: str
    removal: str


@dataclass(frozen=True)
class AuditPage:
    """Everything on the page, in its order."""

    title: str
    facts: tuple[tuple[str, str], ...]
    judgements: tuple[Judgement, ...]
    cannot_say: tuple[str, ...]
    family: str
    metrics: tuple[MetricSection, ...]
    plots: tuple[Plot, ...]
    items: tuple[ItemSection, ...]
    agreement: tuple[AgreementRow, ...]
    metric_agreement: tuple[AgreementRow, ...]
    flips: tuple[str, ...]
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
        tuple(_metric(report, name) for name in report.metrics),
        tuple(_plot(plot) for plot in audit_curve_plots(report)),
        item_sections(report),
        _agreement(report),
        _metric_agreement(report),
        _flips(report),
        _shifts(report),
        tuple(_failure(row) for row in failures[:MOST_FAILURES]),
        max(0, len(failures) - MOST_FAILURES),
        _costs(report),
        _checklist(report),
    )


def standing_words(report: AuditReport, metric: str) -> tuple[str, str]:
    """The direction of a metric, and whether it decides if a method is believable."""
    finding = next(one for one in report.findings.found if one.metric == metric)
    direction = "higher is better" if finding.higher_is_better else "lower is better"
    if finding.faithfulness:
        return direction, "decides: a believable method is clearly better than every control here, on one such metric at least"
    if metric in report.deciding_checks:
        return direction, "decides: a believable method depends on what the model learned clearly more than the controls do"
    return direction, "describes, and decides nothing: a wrong explanation may do well here"


def comparison_words(one: Comparison) -> Against:
    """`+0.12 [+0.05, +0.2]`, its p-value, and whether it is clearly better, clearly worse, or neither."""
    if not one.items:
        return Against("", "", "")
    mark = "better" if one.better else "worse" if one.interval[1] < 0 else "not clear"
    return Against(
        " ".join(filter(None, (signed(one.mean, 2), interval_text(one.interval, with_sign=True)))), f"p {number(one.p, 2)}", mark
    )


def _facts(report: AuditReport) -> tuple[tuple[str, str], ...]:
    subject, spent, data = report.checklist.subject, report.spent, report.checklist.data
    failed = len({row.item for row in report.failures if not row.method})
    return (
        ("model", plain(f"{subject.architecture}; {subject.framework}; fingerprint {subject.fingerprint[:16]}")),
        ("purpose", plain(subject.purpose)),
        ("items", plain(f"{counted(data.items, 'item')}, {failed} of them could not be asked about; {data.source}")),
        ("access", plain(f"{', '.join(report.checklist.access.granted)} granted")),
        ("auditor", plain(report.checklist.auditor.identity)),
        ("date", plain(subject.date)),
        (
            "cost",
            f"{counted(spent.model_calls, 'model call')} and {counted(spent.gradient_calls, 'gradient call')} in "
            f"{duration(spent.seconds)}; planned were {counted(spent.planned_calls, 'model call')} in "
            f"{duration(spent.planned_seconds)}",
        ),
    )


def _judgement(report: AuditReport, one: Conclusion) -> Judgement:
    record = next(record for record in report.checklist.validity if record.method == one.method)
    verdicts = ", ".join(f"{count} {status}" for status, count in record.verdicts.items())
    return Judgement(
        plain(one.method),
        BADGES[one.standing],
        one.standing,
        tuple(map(plain, one.speaks_for)),
        tuple(map(plain, one.speaks_against)),
        verdicts or "none",
    )


def _metric(report: AuditReport, name: str) -> MetricSection:
    direction, decides = standing_words(report, name)
    record = next(one for one in report.checklist.methods if one.label == name)
    opponents = _opponents(report, name)
    ranking = report.findings.ranking(name)
    order = (*ranking.methods, *ranking.unranked) if ranking is not None else report.methods
    rows = tuple(_metric_row(report, name, label, opponents) for label in (*order, *report.controls))
    card = report.cards.get(name)
    return MetricSection(
        f"metric-{name}",
        plain(name),
        card.answers if card is not None else "",
        card.misleads if card is not None else "",
        direction,
        decides,
        tuple(map(plain, opponents)),
        rows,
        _consistency(report, name),
        plain(record.replaces),
    )


def _opponents(report: AuditReport, metric: str) -> tuple[str, ...]:
    """Whom methods are held against; nobody where it decides nothing: a constant map is steadier than any explanation."""
    found = [one for one in report.findings.found if one.metric == metric]
    if not (found[0].faithfulness or metric in report.deciding_checks):
        return ()
    return tuple(dict.fromkeys(lead.opponent for one in found for lead in one.comparisons))


def _metric_row(report: AuditReport, metric: str, label: str, opponents: tuple[str, ...]) -> MetricRow:
    found = report.findings.of(metric, label)
    ranking = report.findings.ranking(metric)
    groups = ranking.groups if ranking is not None else ()
    letters = "".join(chr(ord("a") + number_ % 26) for number_, group in enumerate(groups) if label in group)
    if found is None:
        return MetricRow(plain(label), label in report.controls, UNDEFINED, "", "", "", (), "")
    by_name = {one.opponent: comparison_words(one) for one in found.comparisons}
    cost = next((one for one in report.costs if (one.label, one.metric) == (label, metric)), None)
    return MetricRow(
        plain(label),
        found.control,
        number(found.mean),
        interval_text(found.interval),
        _missing(found),
        "" if found.control else letters,
        tuple(by_name.get(name, Against("", "", "")) for name in opponents),
        f"{cost.model_calls:,}" if cost is not None else "",
    )


def _missing(found: Finding) -> str:
    parts = [f"{found.undefined} undefined"] * bool(found.undefined) + [f"{found.failed} failed"] * bool(found.failed)
    return listed(parts)


def _consistency(report: AuditReport, metric: str) -> str:
    one = next((one for one in report.reliability.consistency if one.metric == metric), None)
    if one is None or math.isnan(one.tau):
        return ""
    interval = interval_text(one.interval)
    return f"Items agree on the order of the methods by a mean Kendall tau of {number(one.tau, 2)} {interval} (1: all agree)."


def _plot(plot: CurvePlot) -> Plot:
    low, high = plot.limits
    lines = tuple(Line(curve.label, curve.color, curve.dashes, curve_points(plot, curve)) for curve in plot.curves)
    return Plot(plot.metric, plot.unit, plot.progress, (number(low, 2), number(high, 2)), band_points(plot), lines)


def _agreement(report: AuditReport) -> tuple[AgreementRow, ...]:
    means = report.agreement.means()
    return tuple(
        AgreementRow(plain(label), tuple(map(_cell, row))) for label, row in zip(report.agreement.labels, means, strict=True)
    )


def _metric_agreement(report: AuditReport) -> tuple[AgreementRow, ...]:
    names = [one.metric for one in report.reliability.consistency]
    known = {frozenset((one.first, one.second)): one.tau_of_items for one in report.reliability.pairs}
    if len(names) < 2:
        return ()
    return tuple(
        AgreementRow(plain(row), tuple(_cell(1.0 if row == column else known[frozenset((row, column))]) for column in names))
        for row in names
    )


def _cell(value: float) -> tuple[str, str, str]:
    if math.isnan(value):
        return "\N{EN DASH}", "", ""
    return f"{round(value, 2) + 0:.2f}".replace("-", MINUS), *cell_colors(value)


def _flips(report: AuditReport) -> tuple[str, ...]:
    return tuple(
        plain(f"{pair.first} finds {flip.better} clearly better than {flip.worse}, {pair.second} the other way round")
        for pair in report.reliability.pairs
        for flip in pair.flips
        if flip.clear
    )


def _shifts(report: AuditReport) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            plain(name),
            f"{number(one.auc, 2)} {interval_text(one.interval)}",
            "yes" if one.shifted else "not clearly",
            counted(one.inputs, "item"),
        )
        for name, one in report.shifts.items()
    )


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
    return tuple((_spaced(name), _tree(value)) for name, value in told.items() if name not in ("findings", "cannot_say"))


def _tree(value: Any) -> Any:
    """Mappings and lists as they are, everything in them as text."""
    if isinstance(value, dict):
        return {_spaced(name): _tree(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_tree(part) for part in value]
    return number(value) if isinstance(value, float) else "none" if value is None else plain(value)


def _spaced(name: str) -> str:
    return plain(name).replace("_", " ")
