"""The metrics on the page of an audit: what each asks, whether it decides, and a row for each method and control."""

import math
from dataclasses import dataclass

from xaivision.evaluation.audit.comparisons import Comparison
from xaivision.evaluation.audit.findings import Finding
from xaivision.evaluation.audit.reliability import Consistency
from xaivision.evaluation.audit.report import AuditReport
from xaivision.evaluation.standing import REVERSED
from xaivision.report.standing import interval_text
from xaivision.report.wording import UNDEFINED, listed, number, plain, signed

# How the name of a method's own reversal reads among the names of controls.
OWN_REVERSAL = "its own ranking reversed"


@dataclass(frozen=True)
class Against:
    """One comparison: by how much, and whether that is clear; empty texts where there is none."""

    gain: str
    clear: str


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


@dataclass(frozen=True)
class MetricSection:
    """One metric: its question, its direction, and a row for each method, best first, then the controls."""

    anchor: str
    name: str
    direction: str
    standing: str
    answers: str
    misleads: str
    opponents: tuple[str, ...]
    rows: tuple[MetricRow, ...]
    consistency: str
    removal: str
    notes: tuple[str, ...]


def metric_sections(report: AuditReport) -> tuple[MetricSection, ...]:
    """A section for each metric and sanity check, in the order in which they were asked."""
    return tuple(_section(report, name, place) for place, name in enumerate(report.metrics))


def decides(report: AuditReport, metric: str) -> bool:
    """Whether anybody's being believable depends on this metric."""
    return report.cards[metric].faithfulness or metric in report.deciding_checks


def standing_words(report: AuditReport, metric: str) -> str:
    """Whether a metric decides if a method is believable, and how."""
    if report.cards[metric].faithfulness:
        return "Decides: a believable method is clearly better than every control here, or on another metric of faithfulness."
    if metric in report.deciding_checks:
        return "Decides: a believable method depends on what the model has learned, clearly more than every control does."
    return "Decides nothing: a wrong explanation may do well here."


def comparison_words(one: Comparison) -> Against:
    """`+0.12 [+0.05, +0.2]`, and `p 0.003, better`, `p 0.004, worse` or `p 0.41, not clear`: that of being better."""
    if not one.items:
        return Against("", "")
    p = f"p {_bounded(one.p, at_floor=one.at_floor and one.mean > 0)}"
    worse = f"p {_bounded(one.p_worse, at_floor=one.at_floor)}, worse"
    clear = f"{p}, better" if one.better else worse if one.worse else f"{p}, not clear"
    return Against(" ".join(filter(None, (signed(one.mean, 2), interval_text(one.interval, with_sign=True)))), clear)


def _bounded(p: float, *, at_floor: bool) -> str:
    """`0.003`; an upper bound, with its sign, where drawn signs could not give less."""
    return f"\N{LESS-THAN OR EQUAL TO} {number(p, 2)}" if at_floor else number(p, 2)


def _section(report: AuditReport, name: str, place: int) -> MetricSection:
    card, opponents, ranking = report.cards[name], _opponents(report, name), report.findings.ranking(name)
    order = (*ranking.methods, *ranking.unranked) if ranking is not None else report.methods
    return MetricSection(
        f"metric-{place}",
        plain(name),
        "higher is better" if card.higher_is_better else "lower is better",
        standing_words(report, name),
        card.answers,
        card.misleads,
        tuple(OWN_REVERSAL if one == REVERSED else plain(one) for one in opponents),
        tuple(_row(report, name, label, opponents) for label in (*order, *report.controls)),
        _consistency(report, name),
        _removal(report, name),
        _notes(report, name, opponents),
    )


def _opponents(report: AuditReport, metric: str) -> tuple[str, ...]:
    """Whom methods are held against; nobody where it decides nothing: a constant map is steadier than any explanation."""
    if not decides(report, metric):
        return ()
    found = (report.findings.of(metric, label) for label in report.methods)
    return tuple(dict.fromkeys(lead.opponent for one in found if one is not None for lead in one.comparisons))


def _row(report: AuditReport, metric: str, label: str, opponents: tuple[str, ...]) -> MetricRow:
    found, ranking = report.findings.of(metric, label), report.findings.ranking(metric)
    if found is None:
        return MetricRow(plain(label), label in report.controls, UNDEFINED, "", "", "", ())
    by_name = {one.opponent: comparison_words(one) for one in found.comparisons}
    return MetricRow(
        plain(label),
        found.control,
        number(found.mean),
        interval_text(found.interval),
        _missing(found),
        "" if found.control or ranking is None else ranking.letters(label),
        tuple(by_name.get(name, Against("", "")) for name in opponents),
    )


def _missing(found: Finding) -> str:
    parts = [f"{found.undefined} undefined"] * bool(found.undefined) + [f"{found.failed} failed"] * bool(found.failed)
    return listed(parts)


def _consistency(report: AuditReport, metric: str) -> str:
    one = next((one for one in report.reliability.consistency if one.metric == metric), None)
    return "" if one is None or math.isnan(one.tau) else agreement_words(one)


def agreement_words(one: Consistency) -> str:
    """Whether items agree on the order of the methods, and by how much; it is not told where the interval holds chance."""
    interval = " ".join(filter(None, (number(one.tau, 2), interval_text(one.interval))))
    low, high = one.interval
    told = f"a mean Kendall tau of {interval}, where 1 is all alike and 0 what chance gives"
    if low <= 0 <= high:
        return f"Whether items agree on the order of the methods cannot be told: {told}."
    return f"Items {'agree' if low > 0 else 'disagree'} on the order of the methods by {told}."


def _removal(report: AuditReport, metric: str) -> str:
    """What stands in the place of features, by its name where it was looked at; nothing where none is replaced."""
    if used := [f"`{plain(name)}`" for name, shift in report.shifts.items() if metric in shift.metrics]:
        return f"Features are replaced by {listed(used)}."
    record = next(one for one in report.checklist.methods if one.label == metric and one.role not in ("method", "control"))
    kind, _, value = record.replaces.partition(": ")
    if not record.replaces:
        return ""
    return f"Features are replaced by the {kind} `{plain(value)}`." if value else f"Features are replaced by {plain(kind)}."


def _notes(report: AuditReport, metric: str, opponents: tuple[str, ...]) -> tuple[str, ...]:
    """What else a reader of the comparisons must know, each said once, with whom it is about where it is not about all."""
    said: dict[str, list[str]] = {}
    for label in report.methods if opponents else ():
        found = report.findings.of(metric, label)
        for note in dict.fromkeys(one.note for one in found.comparisons if one.note) if found is not None else ():
            said.setdefault(note, []).append(label)
    whole = len(report.methods)
    return tuple(
        plain(f"{note[:1].upper()}{note[1:]}{'' if len(labels) == whole else f' ({listed(labels)})'}.")
        for note, labels in said.items()
    )
