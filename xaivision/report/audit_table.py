"""The findings of an audit as a table for a terminal."""

from rich.table import Table
from rich.text import Text

from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.audit_page import BADGES, told
from xaivision.report.audit_words import all_doubts, basis_words, cost_words, failure_words
from xaivision.report.standing import interval_text
from xaivision.report.table import badge_word, empty_table
from xaivision.report.wording import counted, number, plain


def audit_table(report: AuditReport) -> Table:
    """A row for each method and control: the conclusion, and on each metric its mean with the interval."""
    table = empty_table(f"audit of {plain(report.checklist.subject.name)}, {counted(report.checklist.data.items, 'item')}")
    table.add_column("method", no_wrap=True)
    table.add_column("conclusion", no_wrap=True)
    for name in report.metrics:
        table.add_column(f"{plain(name)} {_arrow(report, name)}", justify="right")
    concluded = {one.method: one for one in report.conclusions}
    for label in report.methods:
        one = concluded[label]
        table.add_row(Text(plain(label)), badge_word(BADGES[one.standing], one.standing), *_cells(report, label))
    table.add_section()
    for label in report.controls:
        table.add_row(Text(plain(label), style="dim"), badge_word("control"), *_cells(report, label))
    table.caption = Text("\n".join(_caption(report)))
    return table


def _cells(report: AuditReport, label: str) -> list[Text]:
    return [_cell(report, metric, label) for metric in report.metrics]


def _cell(report: AuditReport, metric: str, label: str) -> Text:
    """The mean; `*` where it is clearly better than every control, where that decides anything; the interval below."""
    found = report.findings.of(metric, label)
    if found is None:
        return Text("")
    mark = "*" if _starred(report, metric, label) else ""
    return Text("\n".join(filter(None, (f"{number(found.mean)}{mark}", interval_text(found.interval)))))


def _starred(report: AuditReport, metric: str, label: str) -> bool:
    found = report.findings.of(metric, label)
    decides = metric in report.deciding_checks or (found is not None and found.faithfulness)
    return decides and found is not None and found.better_than_all


def _arrow(report: AuditReport, metric: str) -> str:
    return "\N{UPWARDS ARROW}" if report.cards[metric].higher_is_better else "\N{DOWNWARDS ARROW}"


def _caption(report: AuditReport) -> list[str]:
    """Why anybody is not believable, what failed, how to read the marks, and the cost."""
    said = [f"{plain(one.method)}: {told('; '.join(one.speaks_against))}" for one in report.conclusions if one.speaks_against]
    said += all_doubts(report)
    if report.failures:
        said += [basis_words(report), f"{failure_words(report)} The report names each."]
    if any(_starred(report, metric, label) for metric in report.metrics for label in report.methods):
        said.append("* clearly better than every control and than its own ranking reversed, with all comparisons accounted for")
    said += [plain(report.findings.family), cost_words(report)]
    said.append(f"{counted(len(report.cannot_say), 'sentence')} on what this audit cannot say: see the report")
    return said
