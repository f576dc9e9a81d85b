"""The conclusion on each method: whether its explanations can be believed, as far as this audit asked, and why.

A method is believable where four things hold. On a metric of faithfulness at least it is clearly better than every control and
than its own ranking reversed. On none of them is it clearly worse than any of these. By every sanity check that asks a model
that has learned something else, its answers depend on the model, clearly and far more than those of the controls, which ignore
it (`dependence`). And no more than half of its explanations carry a doubt of their own: they converged, they add up. Where all
that holds but no such check says anything, as none can of a model that gives scores only, it is unvalidated: it may show the
input and not the model.
Metrics of other kinds (sparseness, steadiness, localization) say what an explanation is like, and decide nothing: a wrong map may
be sparse, and a constant one is as steady as can be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from xaivision.evaluation.audit.dependence import against_controls, dependence
from xaivision.evaluation.audit.findings import Finding, Findings
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.standing import REVERSED

Standing = Literal["believable", "unvalidated", "doubtful", "not judged"]
# A larger share of explanations with a doubt of their own makes the method doubtful.
MOST_DOUBTED = 0.5


@dataclass(frozen=True)
class Conclusion:
    """What speaks for the method and against it, in words. "not judged": no faithfulness was measured beside a control."""

    method: str
    standing: Standing
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


def conclusion(
    method: str, plan: AuditPlan, findings: Findings, verdicts: Mapping[str, int], columns: int | None = None
) -> Conclusion:
    """What the findings say of one method, taken together; `verdicts`: how many of its explanations are "ok" and so on.

    `columns`: how many the table has, None for pictures.
    """
    found = [one for name in plan.judges if (one := findings.of(name, method)) is not None]
    faithful = [one for one in found if one.faithfulness]
    judged = [one for one in faithful if against_controls(one)]
    if not judged:
        return Conclusion(method, "not judged", (), (_unjudged(faithful),))
    depends = dependence(method, plan, findings, columns)
    better = [one for one in judged if one.better_than_all]
    against = [*_worse(judged), *depends.against, *_doubted(verdicts)]
    if not better:
        against.insert(0, f"on no metric of faithfulness is it clearly better than {_all_of(judged)}")
    told = [f"clearly better than {_all_of(better)} on {_listed(one.metric for one in better)}"] if better else []
    told += [f"depends on what the model has learned by {_listed(depends.shown_by)}"] if depends.shown_by else []
    if not against and not depends.validated:
        return Conclusion(method, "unvalidated", tuple(told), depends.silent)
    return Conclusion(method, "doubtful" if against else "believable", tuple(told), tuple(against))


def _unjudged(faithful: Sequence[Finding]) -> str:
    compared = [one.metric for one in faithful if any(each.opponent != REVERSED for each in one.comparisons)]
    if not compared:
        return "no metric of faithfulness was asked, beside a control"
    return f"it has no value beside a control on {_listed(compared)}"


def _worse(judged: Sequence[Finding]) -> list[str]:
    return [
        f"clearly worse than `{one.opponent}` on {found.metric}" for found in judged for one in found.comparisons if one.worse
    ]


def _doubted(verdicts: Mapping[str, int]) -> list[str]:
    """Whether most of its explanations have a verdict that is not ok."""
    total = sum(verdicts.values())
    doubted = total - verdicts.get("ok", 0)
    return [f"{doubted} of its {total} explanations carry a doubt of their own"] if doubted > MOST_DOUBTED * total else []


def _all_of(judged: Sequence[Finding]) -> str:
    """Whom it is held against, by name."""
    return _listed(dict.fromkeys(f"`{one.opponent}`" for finding in judged for one in finding.comparisons))


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
