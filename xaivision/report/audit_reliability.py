"""How far methods agree, metrics agree, and removal stays on the data: the second half of the page of an audit."""

import math

from xaivision.evaluation.audit.reliability import MetricPair
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.audit_metrics import decides
from xaivision.report.markup import cell_colors
from xaivision.report.page import AgreementRow
from xaivision.report.standing import interval_text
from xaivision.report.wording import MINUS, counted, listed, number, plain


def method_rows(report: AuditReport) -> tuple[AgreementRow, ...]:
    """Mean rank correlation of every two maps, by label; nothing where there is one map only."""
    labels, means = report.agreement.labels, report.agreement.means()
    if len(labels) < 2:
        return ()
    return tuple(AgreementRow(plain(label), tuple(map(_cell, row))) for label, row in zip(labels, means, strict=True))


def metric_rows(report: AuditReport) -> tuple[AgreementRow, ...]:
    """Mean Kendall tau of every two metrics; nothing where there is one metric, or one method."""
    names = [one.metric for one in report.reliability.consistency]
    known = {frozenset((one.first, one.second)): one.tau_of_items for one in report.reliability.pairs}
    if len(names) < 2 or len(report.methods) < 2:
        return ()
    return tuple(
        AgreementRow(plain(row), tuple(_cell(1.0 if row == column else known[frozenset((row, column))]) for column in names))
        for row in names
    )


def contradictions(report: AuditReport, *, deciding: bool) -> tuple[str, ...]:
    """Which two metrics clearly put methods in opposite orders; of those that both decide, or of all other pairs."""
    pairs = (one for one in report.reliability.pairs if deciding == (decides(report, one.first) and decides(report, one.second)))
    return tuple(sentence for pair in pairs for sentence in _contradicted(pair))


def shift_rows(report: AuditReport) -> tuple[tuple[str, ...], ...]:
    """Each removal operator: its name, who uses it, how well the model tells it, whether that is clear, on how many items."""
    return tuple(
        (
            plain(name),
            plain(", ".join(one.metrics)),
            " ".join(filter(None, (number(one.auc, 2), interval_text(one.interval)))),
            "yes" if one.shifted else "not clearly",
            counted(one.inputs, "item"),
        )
        for name, one in report.shifts.items()
    )


def _contradicted(pair: MetricPair) -> list[str]:
    """One sentence for each method that comes out behind."""
    ahead: dict[str, list[str]] = {}
    for flip in pair.flips:
        if flip.clear:
            ahead.setdefault(flip.worse, []).append(flip.better)
    return [
        plain(f"{pair.first} finds {listed(better)} clearly better than {worse}; {pair.second} finds the opposite.")
        for worse, better in ahead.items()
    ]


def _cell(value: float) -> tuple[str, str, str]:
    if math.isnan(value):
        return "\N{EN DASH}", "", ""
    return f"{round(value, 2) + 0:.2f}".replace("-", MINUS), *cell_colors(value)
