"""The gate: whether an audit meets conditions such as `deletion:grad_cam>control`. What has no value meets none."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.audit.condition import CONTROL, EVERY, FAILURES, Condition
from xaivision.evaluation.audit.facts import changes_weights
from xaivision.evaluation.registry import EVALUATORS
from xaivision.evaluation.standing import REVERSED
from xaivision.explainers.registry import EXPLAINERS


class Named(Protocol):
    """What an audit plan knows of names (`AuditPlan` is one); the judges' cards say which of them measure faithfulness."""

    @property
    def methods(self) -> Mapping[str, Any]: ...

    @property
    def controls(self) -> Mapping[str, Any]: ...

    @property
    def judges(self) -> Mapping[str, Any]: ...


class Lead(Protocol):
    """By how much a method is better than one opponent; `better`: clearly, with all tests accounted for: of a control or a
    reversal those of the audit, of another method those on the metric.
    """

    @property
    def mean(self) -> float: ...

    @property
    def interval(self) -> tuple[float, float]: ...

    @property
    def p(self) -> float: ...

    @property
    def better(self) -> bool: ...


class Measured(Protocol):
    """What an audit found. `lead`: None where there is no item on which both have a value. `failed`: names of the items on which
    anything failed, of so many `items`.
    """

    @property
    def failed(self) -> Collection[str]: ...

    @property
    def items(self) -> int: ...

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


def check_names(wanted: Sequence[Condition], plan: Named) -> None:
    """Whether this audit knows every name: before it starts, so that no work is lost.

    Raises: UnknownNameError; InputError, where there is nothing to compare with.
    """
    for one in wanted:
        _check(one, plan)


def doubts_of(wanted: Sequence[Condition], plan: Named) -> tuple[str, ...]:
    """What to think of before relying on these conditions, a sentence each: metrics that say nothing of being right."""
    judges = {one.metric: plan.judges[one.metric] for one in wanted if one.metric in plan.judges}
    return tuple(
        f"A gate on {name} keeps no wrong explanation out: it decides nothing of whether explanations can be believed."
        for name, judge in judges.items()
        if not judge.about.faithfulness and not changes_weights(judge.about)
    )


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
    if one.metric == FAILURES:
        return
    if one.metric != EVERY:
        _known("metric", one.metric, plan.judges, EVALUATORS, "--metrics")
    elif not _metrics(one, plan):
        raise InputError(
            f"`--fail-under` {one.text!r} is about metrics of faithfulness. This audit has none. Add one, such as deletion."
        )
    if one.method != EVERY:
        if one.method in plan.controls:
            raise InputError(
                f"`--fail-under` {one.text!r} must be about a method. Got `{one.method}`, which is a control of this audit. Name "
                "it under --methods to have it judged, or after `>`."
            )
        _known("method", one.method, plan.methods, EXPLAINERS, "--methods")
    elif not _methods(one, plan):
        raise InputError(
            f"`--fail-under` {one.text!r} is about other methods than `{one.against}`. This audit has none. Add one."
        )
    if one.against == CONTROL and not plan.controls:
        raise InputError(f"`--fail-under` {one.text!r} compares with controls. This audit has none. Name one, such as random.")
    if one.against == REVERSED and one.metric != EVERY and not plan.judges[one.metric].about.faithfulness:
        raise InputError(f"`--fail-under` {one.text!r} needs a metric of faithfulness: `{one.metric}` judges no ranking.")
    if isinstance(one.against, str) and one.against not in (CONTROL, REVERSED):
        _known("method or control", one.against, [*plan.methods, *plan.controls], EXPLAINERS, "--methods or --controls")


def _known(what: str, name: str, names: Collection[str], elsewhere: Collection[str], option: str) -> None:
    """A name that exists, and was not asked for, is another mistake than one that is misspelled."""
    if name in names:
        return
    if name in elsewhere:
        raise InputError(
            f"`--fail-under` names the {what} `{name}`, which is no part of this audit. Add it to {option}, or name one of "
            f"{', '.join(names)}."
        )
    raise UnknownNameError(f"{what} of this audit", name, names)


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
    if one.metric == FAILURES:
        count = len(found.failed)
        told = f"{count} of {found.items} items failed, wanted <= {one.against:g}."
        return Outcome(one.text, count <= float(one.against), told)
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
    relation = "<=" if getattr(lead, "at_floor", False) else "="
    return f"by {lead.mean:.3g} [{low:.3g}, {high:.3g}], p {relation} {lead.p:.2g}"
