"""The gate: conditions that an audit has to meet, such as `deletion:grad_cam>control`, and whether it meets them.

    metric:method>control      clearly better than every control, and by a metric of faithfulness than its own reversal
    metric:method>opponent     clearly better than this control, this other method, or "reversed", its own reversal
    metric:method>=number      mean of at least so much
    metric:method<=number      mean of at most so much

Better is what the metric calls better. `*` for the method: all that are audited; for the metric, before `>` alone: all metrics
of faithfulness. What has no value meets no condition.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.standing import REVERSED

Relation = Literal[">", ">=", "<="]
EVERY, CONTROL = "*", "control"
GRAMMAR = (
    "metric:method>control, metric:method>opponent, metric:method>=number or metric:method<=number, where `*` stands for every "
    "method, and before `>` for every metric of faithfulness"
)
FORM = re.compile(r"(?P<metric>[^:<>=]+):(?P<method>[^<>=]+)(?P<relation>>=|<=|>)(?P<right>[^<>=]+)")


@dataclass(frozen=True)
class Condition:
    """`metric` and `method`: names, or "*". `against`: a name or "control" after ">", a number after ">=" and "<="."""

    text: str
    metric: str
    method: str
    relation: Relation
    against: str | float


class Named(Protocol):
    """What an audit plan knows of names (`AuditPlan` is one); the judges' cards say which of them measure faithfulness."""

    @property
    def methods(self) -> Mapping[str, Any]: ...

    @property
    def controls(self) -> Mapping[str, Any]: ...

    @property
    def judges(self) -> Mapping[str, Any]: ...


class Lead(Protocol):
    """By how much a method is better than one opponent; `better`: clearly, with all tests of the audit accounted for."""

    @property
    def mean(self) -> float: ...

    @property
    def interval(self) -> tuple[float, float]: ...

    @property
    def p(self) -> float: ...

    @property
    def better(self) -> bool: ...


class Measured(Protocol):
    """What an audit found. `lead`: None where there is no item on which both have a value."""

    def mean(self, metric: str, method: str) -> float: ...

    def lead(self, metric: str, method: str, opponent: str) -> Lead | None: ...


@dataclass(frozen=True)
class Outcome:
    """Whether one condition is met, and the numbers in a sentence."""

    condition: str
    met: bool
    told: str


@dataclass(frozen=True)
class GateResult:
    """What became of each condition; one with `*` has an outcome for each metric and method that it stands for."""

    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether every condition is met."""
        return all(one.met for one in self.outcomes)

    def as_plain(self) -> dict[str, Any]:
        """Values that JSON can hold."""
        return {"passed": self.passed, "conditions": [vars(one) for one in self.outcomes]}


def condition(text: str) -> Condition:
    """The condition that a text states.

    Raises: InputError, where it states none.
    """
    found = FORM.fullmatch(text.strip())
    parts = {name: part.strip() for name, part in found.groupdict().items()} if found else {}
    if not parts or not all(parts.values()):
        raise _malformed(text)
    metric, method, relation, right = parts["metric"], parts["method"], parts["relation"], parts["right"]
    if relation == ">":
        if right in (method, EVERY) or _number(right) is not None:
            raise _malformed(text)
        return Condition(text.strip(), metric, method, ">", right)
    number = _number(right)
    if number is None or metric == EVERY:
        raise _malformed(text)
    return Condition(text.strip(), metric, method, ">=" if relation == ">=" else "<=", number)


def check_names(wanted: Sequence[Condition], plan: Named) -> None:
    """Whether this audit knows every name: before it starts, so that no work is lost.

    Raises: UnknownNameError; InputError, where there is nothing to compare with.
    """
    for one in wanted:
        _check(one, plan)


def gate(wanted: Sequence[Condition], plan: Named, found: Measured) -> GateResult:
    """Which of the conditions are met by what was found."""
    return GateResult(
        tuple(
            _outcome(one, metric, method, plan, found)
            for one in wanted
            for metric in _metrics(one, plan)
            for method in _methods(one, plan)
        )
    )


def _check(one: Condition, plan: Named) -> None:
    if one.metric != EVERY:
        _known("metric of this audit", one.metric, plan.judges)
    elif not _metrics(one, plan):
        raise InputError(
            f"`--fail-under` {one.text!r} is about metrics of faithfulness. This audit has none. Add one, such as deletion."
        )
    if one.method != EVERY:
        _known("method of this audit", one.method, plan.methods)
    elif not _methods(one, plan):
        raise InputError(
            f"`--fail-under` {one.text!r} is about other methods than `{one.against}`. This audit has none. Add one."
        )
    if one.against == CONTROL and not plan.controls:
        raise InputError(f"`--fail-under` {one.text!r} compares with controls. This audit has none. Name one, such as random.")
    if one.against == REVERSED and one.metric != EVERY and not plan.judges[one.metric].about.faithfulness:
        raise InputError(f"`--fail-under` {one.text!r} needs a metric of faithfulness: `{one.metric}` judges no ranking.")
    if isinstance(one.against, str) and one.against not in (CONTROL, REVERSED):
        _known("method or control of this audit", one.against, [*plan.methods, *plan.controls])


def _known(what: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise UnknownNameError(what, name, names)


def _metrics(one: Condition, plan: Named) -> list[str]:
    if one.metric != EVERY:
        return [one.metric]
    return [name for name, judge in plan.judges.items() if judge.about.faithfulness]


def _methods(one: Condition, plan: Named) -> list[str]:
    return [name for name in plan.methods if name != one.against] if one.method == EVERY else [one.method]


def _opponents(against: str, metric: str, method: str, plan: Named) -> list[str]:
    """Chance turned round is chance again: it has no reversal to beat."""
    if against != CONTROL:
        return [against]
    turned = plan.judges[metric].about.faithfulness and not plan.methods[method].about.chance
    return [*plan.controls, *([REVERSED] if turned else [])]


def _outcome(one: Condition, metric: str, method: str, plan: Named, found: Measured) -> Outcome:
    if isinstance(one.against, float):
        return _of_mean(one, metric, method, found.mean(metric, method))
    leads = {name: found.lead(metric, method, name) for name in _opponents(one.against, metric, method, plan)}
    lost = [name for name, lead in leads.items() if lead is None or not lead.better]
    verdict = f"not clearly better than {len(lost)} of {len(leads)}:" if lost else "clearly better than"
    told = "; ".join(f"`{name}` ({_told(leads[name])})" for name in lost or leads)
    return Outcome(one.text, not lost, f"{metric} of `{method}` is {verdict} {told}.")


def _of_mean(one: Condition, metric: str, method: str, mean: float) -> Outcome:
    if math.isnan(mean):
        return Outcome(one.text, False, f"{metric} of `{method}` has no value on any item.")
    met = mean >= float(one.against) if one.relation == ">=" else mean <= float(one.against)
    return Outcome(one.text, met, f"{metric} of `{method}` is {mean:.4g} on average, wanted {one.relation} {one.against:g}.")


def _told(lead: Lead | None) -> str:
    if lead is None:
        return "no item on which both have a value"
    low, high = lead.interval
    return f"by {lead.mean:.3g} [{low:.3g}, {high:.3g}], p = {lead.p:.2g}"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _malformed(text: str) -> InputError:
    return InputError(f"`--fail-under` must be {GRAMMAR}. Got {text!r}.")
