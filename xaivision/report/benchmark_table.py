"""A benchmark as tables for a terminal, one a suite, with the findings below."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.suite_summary import method_lines
from xaivision.report.benchmark_gaps import not_asked, unanswered_rows
from xaivision.report.benchmark_words import HEADS, cells_of, finding_lines, heads_of, opening, study_cell
from xaivision.report.table import empty_table
from xaivision.report.wording import counted, plain

# Reasons that fit below the tables.
FEW = 5
STYLES = {"holds": "green", "does not hold": "yellow", "not testable here": "dim"}


def benchmark_tables(report: BenchmarkReport) -> Group:
    """A table for each suite, one for each study, and the findings."""
    suites = [_suite(report, suite.name) for suite in report.suites if any(row.suite == suite.name for row in report.rows)]
    studies = [_study(report, name) for name in report.studies]
    unlearned = [_unlearned(report)] if report.unlearned else []
    return Group(*suites, *studies, _findings(report), *unlearned, _unanswered(report), Text(plain(opening(report))))


def _suite(report: BenchmarkReport, suite: str) -> Table:
    rows = [row for row in report.rows if row.suite == suite]
    lines = method_lines(rows)
    scores = heads_of(lines)
    table = empty_table(f"{suite}: truth by {rows[0].definition}")
    table.add_column("method", no_wrap=True)
    for head in (*(HEADS[score] for score in scores), "clearly ahead"):
        table.add_column(head, justify="right", no_wrap=True)
    for line in lines:
        style = "dim" if line.control else ""
        name = f"{plain(line.method)} (control)" if line.control else plain(line.method)
        table.add_row(*(Text(cell, style=style) for cell in (name, *cells_of(line, scores))))
    return table


def _study(report: BenchmarkReport, name: str) -> Table:
    study = report.studies[name]
    table = empty_table(study.title)
    table.add_column("of", no_wrap=True)
    for head in study.heads:
        table.add_column(head, justify="right")
    for label, numbers in study.rows:
        table.add_row(*map(Text, (plain(label), *map(study_cell, numbers))))
    return table


def _unlearned(report: BenchmarkReport) -> Table:
    table = empty_table("Not asked")
    table.caption = not_asked()
    for head in ("set", "model"):
        table.add_column(head, no_wrap=True)
    table.add_column("accuracy", justify="right")
    for one in report.unlearned:
        table.add_row(*map(Text, (plain(one.set_name), plain(one.model_name), f"{one.accuracy:.3f}")))
    return table


def _unanswered(report: BenchmarkReport) -> Table | Text:
    """Who did not answer and why, where they are few enough to be read."""
    rows = unanswered_rows(report)
    if not rows:
        return Text("")
    if len(rows) > FEW:
        return Text(f"{counted(len({row[0] for row in rows}), 'method')} left questions unanswered: the page says why.")
    table = empty_table("Who did not answer")
    for head in ("method", "why", "questions"):
        table.add_column(head, justify="right" if head == "questions" else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _findings(report: BenchmarkReport) -> Table:
    table = empty_table("Published findings, in miniature")
    for head in ("", "finding", "numbers"):
        table.add_column(head)
    for standing, claim, numbers, _source in finding_lines(report):
        table.add_row(Text(standing, style=STYLES[standing]), Text(plain(claim)), Text(plain(numbers)))
    return table
