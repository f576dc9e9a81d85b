"""The items of an audit by what one metric says of a method on them, the worst first."""

import math

from xaivision.evaluation.audit.report import AuditReport
from xaivision.evaluation.audit.rows import Row


def worst_first(report: AuditReport, metric: str) -> tuple[Row, ...]:
    """The rows of every method, controls left out: first what failed, then what is undefined, then by value, the worst first."""
    upward = report.cards[metric].higher_is_better
    rows = [row for row in report.rows if row.variant == "" and row.method not in report.controls and row.metric in (metric, "")]
    return tuple(sorted(rows, key=lambda row: _badness(row, upward)))


def _badness(row: Row, upward: bool) -> tuple[int, float]:
    if row.error:
        return 0, 0.0
    if math.isnan(row.value):
        return 1, 0.0
    return 2, row.value if upward else -row.value
