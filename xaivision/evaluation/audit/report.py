"""The report of an audit: everything that it found, with what it cannot say; `report/` draws it and computes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xaivision.core.about import AboutEvaluator
from xaivision.core.presenting import Presentable, few
from xaivision.evaluation.audit.checklist import Checklist
from xaivision.evaluation.audit.conclusion import Conclusion
from xaivision.evaluation.audit.facts import changes_weights
from xaivision.evaluation.audit.findings import Findings
from xaivision.evaluation.audit.method_agreement import AgreementMatrix
from xaivision.evaluation.audit.part import Array, Cost, Curve, Doubt
from xaivision.evaluation.audit.reliability import Reliability
from xaivision.evaluation.audit.removal_shift import RemovalShift
from xaivision.evaluation.audit.rows import Row


@dataclass(frozen=True, eq=False)
class ShownItem:
    """An item that the report shows, and why: it is the best or the worst of a method. `maps` by label, each on its own scale.

    `picture` (C, h, w) uint8, None for rows of tables, whose `values` (F,) stand there instead.
    """

    item: str
    target: int
    why: tuple[str, ...]
    maps: Mapping[str, Array]
    verdicts: Mapping[str, str]
    picture: Array | None = None
    values: Array | None = None


@dataclass(frozen=True)
class Spent:
    """What all of the audit cost, whenever it was asked, beside what was foreseen once the first items were done.

    `seconds`: of explaining and judging, divided by how many processes did it at a time. Of the model calls, `removal_calls` were
    made to see how far the removal operators lead off the data, and `identity_calls` to know a model that shows no weights.
    """

    model_calls: int
    gradient_calls: int
    seconds: float
    planned_calls: int
    planned_seconds: float
    removal_calls: int
    identity_calls: int = 0


@dataclass(frozen=True, eq=False, repr=False)
class AuditReport(Presentable):
    """`conclusions`: one for each method. `rows`: all that was measured, one value each. `curves`: sums over items, by method and
    metric. `shifts`: how far each removal operator leads off the data, by name. `shown`: items worth looking at. `cards`
    of the metrics by name; `class_names` and `feature_names` are the model's. `doubts`: reasons of verdicts that are not ok, by
    method. `calls_now`: model calls of this run; the others were kept from before.
    """

    checklist: Checklist
    conclusions: tuple[Conclusion, ...]
    findings: Findings
    reliability: Reliability
    agreement: AgreementMatrix
    shifts: Mapping[str, RemovalShift]
    rows: tuple[Row, ...]
    curves: tuple[Curve, ...]
    costs: tuple[Cost, ...]
    shown: tuple[ShownItem, ...]
    spent: Spent
    cards: Mapping[str, AboutEvaluator]
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    folder: Path | None = None
    doubts: tuple[Doubt, ...] = ()
    calls_now: int = 0

    @property
    def methods(self) -> tuple[str, ...]:
        """Labels of what was audited, controls left out."""
        return tuple(one.label for one in self.checklist.methods if one.role == "method")

    @property
    def controls(self) -> tuple[str, ...]:
        """Labels of the controls."""
        return tuple(one.label for one in self.checklist.methods if one.role == "control")

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics and sanity checks."""
        return tuple(one.label for one in self.checklist.methods if one.role not in ("method", "control"))

    @property
    def deciding_checks(self) -> tuple[str, ...]:
        """Names of the sanity checks that ask a model with other weights or labels: they decide who is believable."""
        return tuple(name for name, card in self.cards.items() if changes_weights(card))

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows that say what failed, item by item."""
        return tuple(row for row in self.rows if row.error)

    @property
    def cannot_say(self) -> tuple[str, ...]:
        """What this audit cannot say, a sentence each."""
        return self.checklist.cannot_say

    def _in_short(self) -> tuple[str, ...]:
        return (
            f"{few(self.methods)} on {few(self.metrics)}",
            f"controls {few(self.controls)}",
            f"{self.checklist.data.items} items",
            f"{len(self.failures)} failures",
        )
