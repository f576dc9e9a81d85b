"""A benchmark as tables for a terminal, one a suite, with the findings below."""

from rich.console import Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.report.benchmark_gaps import not_asked, unanswered_rows
from xaivision.report.benchmark_suite import ToldLine, ToldSuite, told_suites
from xaivision.report.benchmark_words import (
    COUNTS,
    HEADS,
    count_cells,
    heads_of,
    opening,
    score_cell,
    study_cell,
    suite_sentences,
    tested,
    untested,
)
from xaivision.report.table import empty_table
from xaivision.report.wording import counted, plain

# Reasons that fit below the tables, and how wide sentences are where nothing else says so: in files and pipes.
FEW, SENTENCE = 5, 100
INTERVALS = "The page has the intervals of the other scores."
STYLES = {"holds": "green", "does not hold": "yellow", "not testable here": "dim"}


def benchmark_tables(report: BenchmarkReport) -> Group:
    """A table for each suite, one for each study, and the findings."""
    suites = [_suite(one) for one in told_suites(report)]
    studies = [_study(report, name) for name in report.studies]
    findings = [_findings(report)] if tested(report) else []
    unlearned = [_unlearned(report)] if report.unlearned else []
    told = [_untested(report), _unanswered(report), Constrain(Text(plain(opening(report))), SENTENCE)]
    return Group(*suites, *studies, *findings, *unlearned, *told)


def _suite(told: ToldSuite) -> Table:
    """The AUC with its interval and the other scores without, so that a line fits a terminal: the page has them all."""
    scores = heads_of([one.line for one in told.lines])
    table = empty_table(f"{plain(told.suite.name)}: truth by {told.definition}")
    table.add_column("method", no_wrap=True)
    for head in (*(HEADS[score] for score in scores), *COUNTS):
        table.add_column(head, justify="right")
    for line in told.lines:
        table.add_row(*(Text(cell, style="dim" if line.line.control else "") for cell in _cells(line, scores)))
    table.caption = Text(" ".join([*map(plain, suite_sentences(told)), INTERVALS]) + "\n")
    return table


def _cells(told: ToldLine, scores: tuple[str, ...]) -> tuple[str, ...]:
    name = f"{plain(told.line.method)} (control)" if told.line.control else plain(told.line.method)
    return (name, *(score_cell(told, score, interval=score == "auc") for score in scores), *count_cells(told))


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
    table.add_column("method")
    table.add_column("why", max_width=SENTENCE)
    table.add_column("questions", justify="right")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _findings(report: BenchmarkReport) -> Table:
    """Those that what was run can tell of."""
    table = empty_table("Published findings, in miniature")
    table.add_column("", no_wrap=True)
    table.add_column("finding", max_width=SENTENCE)
    for one in tested(report):
        table.add_row(Text(one.standing, style=STYLES[one.standing]), Text(f"{plain(one.claim)}\n{plain(one.numbers)}"))
    return table


def _untested(report: BenchmarkReport) -> Text:
    """That there are more, which other suites or the full run can tell of."""
    left = untested(report)
    if not left:
        return Text("")
    return Text(f"{counted(len(left), 'published finding')} not testable here: the page says what each of them needs.\n")
