"""The conclusion on each method: whether its explanations can be believed, as far as this audit asked, and why.

A method is believable where four things hold. On a metric of faithfulness at least it is clearly better than every control and
than its own ranking reversed. On none of them is it clearly worse than a control. By every sanity check that asks a model that
has learned something else, its answers depend on the model clearly more than those of the controls, which ignore it. And no more
than half of its explanations carry a doubt of their own: they converged, they add up. Where all that holds but no such check was
asked, as none can be of a model that gives scores only, it is unvalidated: it may show the input and not the model.
Metrics of other kinds (sparseness, steadiness, localization) say what an explanation is like, and decide nothing: a wrong map may
be sparse, and a constant one is as steady as can be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from xaivision.evaluation.audit.facts import changes_weights
from xaivision.evaluation.audit.findings import Finding, Findings
from xaivision.evaluation.audit.plan import AuditPlan

Standing = Literal["believable", "unvalidated", "doubtful", "not judged"]
# A larger share of explanations with a doubt of their own makes the method doubtful.
MOST_DOUBTED = 0.5
UNVALIDATED = "no sanity check asked a model with other weights or labels"


@dataclass(frozen=True)
class Conclusion:
    """What speaks for the method and against it, in words. "not judged": no faithfulness was measured beside a control."""

    method: str
    standing: Standing
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


def conclusion(method: str, plan: AuditPlan, findings: Findings, verdicts: Mapping[str, int]) -> Conclusion:
    """What the findings say of one method, taken together; `verdicts`: how many of its explanations are "ok" and so on."""
    found = {name: findings.of(name, method) for name in plan.judges}
    faithful = [one for one in found.values() if one is not None and one.faithfulness and one.comparisons]
    checks = [one for name, one in found.items() if one is not None and changes_weights(plan.judges[name].about.name)]
    judged = [one for one in faithful if one.mean == one.mean]
    if not judged:
        return Conclusion(method, "not judged", (), (_unjudged(faithful),))
    better = [one for one in judged if one.better_than_all]
    depends = [one for one in checks if one.better_than_all]
    against = [*_worse(judged), *_independent(checks), *_doubted(verdicts)]
    if not better:
        against.insert(0, f"on no metric of faithfulness is it clearly better than {_all_of(judged)}")
    told = [f"clearly better than {_all_of(better)} on {_listed(one.metric for one in better)}"] if better else []
    told += [f"depends on what the model has learned by {_listed(one.metric for one in depends)}"] if depends else []
    if not against and not checks:
        return Conclusion(method, "unvalidated", tuple(told), (UNVALIDATED,))
    return Conclusion(method, "doubtful" if against else "believable", tuple(told), tuple(against))


def _unjudged(faithful: Sequence[Finding]) -> str:
    if not faithful:
        return "no metric of faithfulness was asked, beside a control"
    return f"it has no value on {_listed(one.metric for one in faithful)}"


def _worse(judged: Sequence[Finding]) -> list[str]:
    return [
        f"clearly worse than `{one.opponent}` on {finding.metric}"
        for finding in judged
        for one in finding.comparisons
        if one.interval[1] < 0
    ]


def _doubted(verdicts: Mapping[str, int]) -> list[str]:
    """Whether most of its explanations have a verdict that is not ok."""
    total = sum(verdicts.values())
    doubted = total - verdicts.get("ok", 0)
    return [f"{doubted} of its {total} explanations carry a doubt of their own"] if doubted > MOST_DOUBTED * total else []


def _independent(checks: Sequence[Finding]) -> list[str]:
    """The sanity checks by which it may be no more than a control that never looks at the model."""
    return [
        f"by {one.metric} it is not clearly told from controls that ignore the model"
        for one in checks
        if one.comparisons and not one.better_than_all
    ]


def _all_of(judged: Sequence[Finding]) -> str:
    """Whom it is held against, by name."""
    return _listed(dict.fromkeys(f"`{one.opponent}`" for finding in judged for one in finding.comparisons))


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
