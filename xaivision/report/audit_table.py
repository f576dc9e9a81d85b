"""The findings of an audit as a table for a terminal."""

from rich.table import Table
from rich.text import Text

from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.audit_page import BADGES, told
from xaivision.report.standing import interval_text
from xaivision.report.table import badge_word, empty_table
from xaivision.report.wording import counted, duration, number, plain


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
    decides = found.faithfulness or metric in report.deciding_checks
    mark = "*" if decides and found.better_than_all else ""
    return Text("\n".join(filter(None, (f"{number(found.mean)}{mark}", interval_text(found.interval)))))


def _arrow(report: AuditReport, metric: str) -> str:
    return "\N{UPWARDS ARROW}" if report.cards[metric].higher_is_better else "\N{DOWNWARDS ARROW}"


def _caption(report: AuditReport) -> list[str]:
    """Why anybody is not believable, how to read the marks, what failed, and the cost."""
    said = [f"{plain(one.method)}: {told('; '.join(one.speaks_against))}" for one in report.conclusions if one.speaks_against]
    said.append("* clearly better than every control and than its own ranking reversed, with all comparisons accounted for")
    said.append(plain(report.findings.family))
    if report.failures:
        items = len({row.item for row in report.failures})
        said.append(f"{counted(len(report.failures), 'failure')} on {counted(items, 'item')}: the report names each")
    spent = report.spent
    said.append(
        f"{counted(spent.model_calls, 'model call')}, {counted(spent.gradient_calls, 'gradient call')}, {duration(spent.seconds)}"
    )
    said.append(f"{counted(len(report.cannot_say), 'sentence')} on what this audit cannot say: see the report")
    return said
