"""What the terminal and the page of an audit say in the same words: what failed, what its numbers are over, doubts, and costs."""

from collections import Counter
from collections.abc import Sequence

from xaivision.evaluation.audit.remedies import remedy
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.wording import counted, duration, listed, plain


def failure_words(report: AuditReport) -> str:
    """`12 failures on 4 of 40 items, 9 of them: the model raised ...` as a sentence; "" where nothing failed."""
    failures, failed = report.failures, report.findings.failed
    if not failures:
        return ""
    (why, times), *others = Counter(row.error for row in failures).most_common()
    most = "" if not others else f", {times} of them" if times > 1 else ", one of them"
    items = counted(report.checklist.data.items, "item")
    told = why.removesuffix(".")  # some are whole sentences
    return plain(f"{counted(len(failures), 'failure')} on {len(failed)} of {items}{most}: {told}.")


def basis_words(report: AuditReport) -> str:
    """On how many items the numbers are, where that is not all of them; "" where it is."""
    total, failed = report.checklist.data.items, len(report.findings.failed)
    if not failed:
        return ""
    if failed == total:
        return f"Something failed on all of {counted(total, 'item')}."
    return (
        f"Something failed on {failed} of {counted(total, 'item')}: the numbers concerned are over the other {total - failed}. "
        f"What fails is no random choice, so they need not hold for all {total}."
    )


def doubt_words(report: AuditReport, label: str) -> tuple[str, ...]:
    """Each reason that speaks against explanations of one method by itself: on how many, what it is, and what helps."""
    record = next(one for one in report.checklist.validity if one.method == label)
    total = sum(record.verdicts.values())
    return tuple(
        plain(f"{one.items} of {counted(total, 'explanation')}: {one.reason}{f'. Remedy: {told}' if told else ''}")
        for one in report.doubts
        if one.label == label
        for told in (remedy(one.reason),)
    )


def all_doubts(report: AuditReport) -> tuple[str, ...]:
    """Those of all methods, with whom they are about; methods of which the same is true are named together."""
    about: dict[str, list[str]] = {}
    for label in report.methods:
        for told in doubt_words(report, label):
            about.setdefault(told, []).append(plain(label))
    return tuple(f"{listed(labels)}: {told}" for told, labels in about.items())


def cost_words(report: AuditReport) -> str:
    """`8,840 model calls, 0 gradient calls, 18.8 s`, and how many of the calls were made in this run, where that is not all."""
    spent = report.spent
    told = (
        f"{counted(spent.model_calls, 'model call')}, {counted(spent.gradient_calls, 'gradient call')}, {duration(spent.seconds)}"
    )
    if report.calls_now == spent.model_calls:
        return told
    return f"{told} in all; {counted(report.calls_now, 'model call') if report.calls_now else 'no model call'} in this run"


def aside_words(report: AuditReport) -> str:
    """What of the model calls was made aside."""
    parts: Sequence[tuple[int, str]] = (
        (report.spent.removal_calls, "to look at removals"),
        (report.spent.identity_calls, "to know the model again by its scores"),
    )
    return listed([f"{count:,} {why}" for count, why in parts if count])
