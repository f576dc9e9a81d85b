"""`xaivision audit`: which explanations of many inputs can be believed, and a gate for builds."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from xaivision.audit_request import AuditRequest
from xaivision.commands.audit_options import (
    AccessOption,
    AuditorOption,
    ConfigOption,
    ControlsOption,
    ExecutorOption,
    FailUnderOption,
    InputsArgument,
    MethodsOption,
    MetricsOption,
    ModelOption,
    OutOption,
    PlanOption,
    PurposeOption,
    RowsOption,
    ScoreOption,
    SeedOption,
    WorkersOption,
)
from xaivision.commands.exit_codes import GATE_FAILED, exit_with
from xaivision.commands.folder import check_folder
from xaivision.commands.telling import print_json, say_written, show
from xaivision.core.errors import Cancelled
from xaivision.options import AgainstOption, BackgroundOption, JsonOption, LabelOption, SetOption, TargetOption

if TYPE_CHECKING:
    from xaivision.auditing import PreparedAudit
    from xaivision.evaluation.audit.condition import Condition
    from xaivision.evaluation.audit.gate import GateResult
    from xaivision.evaluation.audit.report import AuditReport

# What is said of the telling, not of the audit.
TELLING = ("config", "only_plan", "as_json")


def audit(
    inputs: InputsArgument = None,
    config: ConfigOption = None,
    model: ModelOption = None,
    methods: MethodsOption = None,
    metrics: MetricsOption = None,
    controls: ControlsOption = None,
    target: TargetOption = None,
    against: AgainstOption = None,
    score: ScoreOption = None,
    rows: RowsOption = None,
    label: LabelOption = None,
    background: BackgroundOption = None,
    said: SetOption = None,
    seed: SeedOption = None,
    access: AccessOption = None,
    out: OutOption = None,
    executor: ExecutorOption = None,
    workers: WorkersOption = None,
    purpose: PurposeOption = None,
    auditor: AuditorOption = None,
    fail_under: FailUnderOption = None,
    only_plan: PlanOption = False,
    as_json: JsonOption = False,
) -> None:
    """Which methods can be believed on these inputs: each held against controls over all of them, in a report.

    Example: xaivision audit photos/ --methods grad_cam,saliency --fail-under "deletion:grad_cam>control"
    """
    given = dict(locals())  # each under the name that it has in the request
    asked = _asked(config, {name: value for name, value in given.items() if name not in TELLING})
    if only_plan:
        _tell_plan(asked, as_json=as_json)
    else:
        _audit(asked, as_json=as_json)


class _Asked(NamedTuple):
    prepared: "PreparedAudit"
    conditions: tuple["Condition", ...]
    out: Path


def _asked(config: Path | None, given: dict[str, Any]) -> _Asked:
    """The audit that the file and the options ask for, everything checked that can be before it starts."""
    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.audit_asking"))  # torch takes seconds to import
        from xaivision.audit_asking import asked_audit
        from xaivision.audit_config import read_config
        from xaivision.auditing import prepared
        from xaivision.evaluation.audit.condition import condition
        from xaivision.evaluation.audit.gate import check_names, doubts_of

        request = (AuditRequest() if config is None else read_config(config)).overridden(**given)
        check_folder(request.out)
        wanted = tuple(map(condition, request.fail_under))
        asked = asked_audit(request)
        made = prepared(asked.subject, asked.items, **asked.arguments)
        check_names(wanted, made.plan)
    for note in (*asked.notes, *doubts_of(wanted, made.plan)):
        typer.echo(note, err=True)
    return _Asked(made, wanted, request.out)


def _tell_plan(asked: _Asked, *, as_json: bool) -> None:
    """What it will do, and what that will cost; the first items are done for it."""
    from xaivision.report.audit_plan import cost_table, plan_summary, plan_table
    from xaivision.terminal import progress

    if not as_json:
        show(plan_table(asked.prepared.plan, asked.prepared.items))
    with progress(), _resumable(asked.out):
        cost = asked.prepared.cost()
    if as_json:
        print_json(plan_summary(asked.prepared.plan, cost))
    else:
        show(cost_table(cost))


def _audit(asked: _Asked, *, as_json: bool) -> None:
    """Say what it will cost, do it, tell what was found, and hold it against the conditions."""
    from xaivision.terminal import doing, progress

    if not as_json:
        _tell_plan(asked, as_json=False)
    with progress(), _resumable(asked.out):
        report = asked.prepared.run()
        from xaivision.evaluation.audit.gate import gate
        from xaivision.report.audit_files import write_audit
        from xaivision.report.audit_summary import audit_summary
        from xaivision.report.audit_table import audit_table

        written = doing("writing the report", lambda: write_audit(report, asked.out))
    result = gate(asked.conditions, asked.prepared.plan, report.findings)
    if as_json:
        print_json({**audit_summary(report), "gate": result.as_plain()})
    else:
        show(audit_table(report))
        say_written(written)
    _hold(result, report)


@contextmanager
def _resumable(out: Path) -> Iterator[None]:
    """Whoever stops an audit is told that nothing is lost."""
    try:
        yield
    except (KeyboardInterrupt, Cancelled):
        typer.echo(f"What is done is kept in {out}. The same command goes on from there.", err=True)
        raise


def _hold(result: "GateResult", report: "AuditReport") -> None:
    """Leave with 3 where a condition is not met, and say which; with 1 where no method has a value at all, and say why."""
    from xaivision.report.audit_words import failure_words

    for one in result.outcomes:
        typer.echo(f"{'met' if one.met else 'NOT MET'}: {one.condition}: {one.told}", err=True)
    if not result.passed:
        raise typer.Exit(GATE_FAILED)
    if all(math.isnan(one.mean) for one in report.findings.found if not one.control):
        typer.echo(f"No method has a value on any item. {failure_words(report)}", err=True)
        exit_with(["refuse"])
