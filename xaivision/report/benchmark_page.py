"""The page of a benchmark: findings first, then a table a suite, the studies, and what could not be asked."""

from dataclasses import dataclass

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.suite import Suite
from xaivision.evaluation.known_answers.suite_summary import method_lines
from xaivision.report.badge import Badge
from xaivision.report.benchmark_figure import benchmark_figure
from xaivision.report.benchmark_gaps import not_asked, unanswered_rows
from xaivision.report.benchmark_words import HEADS, cells_of, finding_lines, heads_of, opening, study_cell
from xaivision.report.cards import Picture
from xaivision.report.figure import png
from xaivision.report.markup import png_uri
from xaivision.report.wording import duration, plain

BADGES: dict[str, Badge] = {"holds": "ok", "does not hold": "warn", "not testable here": "control"}


@dataclass(frozen=True)
class TableSection:
    """A table of the page: rows are texts already."""

    anchor: str
    title: str
    sentences: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FindingLine:
    """A finding with the badge that its standing has."""

    badge: Badge
    standing: str
    claim: str
    numbers: str
    source: str


@dataclass(frozen=True)
class BenchmarkPage:
    """The whole page."""

    title: str
    opening: str
    findings: tuple[FindingLine, ...]
    figure: Picture
    suites: tuple[TableSection, ...]
    studies: tuple[TableSection, ...]
    questions: TableSection
    unlearned: TableSection
    unanswered: TableSection
    costs: TableSection


def benchmark_page(report: BenchmarkReport) -> BenchmarkPage:
    """The page's contents, all foreign text made plain."""
    return BenchmarkPage(
        "Benchmarks with a known answer",
        plain(opening(report)),
        tuple(FindingLine(BADGES[one[0]], *map(plain, one)) for one in finding_lines(report)),
        Picture(png_uri(png(benchmark_figure(report))), "AUC of every method in every suite"),
        tuple(_suite(report, suite) for suite in report.suites if any(row.suite == suite.name for row in report.rows)),
        tuple(_study(report, name) for name in report.studies),
        _questions(report),
        _unlearned(report),
        _unanswered(report),
        _costs(report),
    )


def _suite(report: BenchmarkReport, suite: Suite) -> TableSection:
    lines = method_lines([row for row in report.rows if row.suite == suite.name])
    scores = heads_of(lines)
    return TableSection(
        suite.name.replace(" ", "-"),
        suite.name.capitalize(),
        (
            f"{plain(suite.what)}.",
            f"Truth by {suite.definition}. Source: {plain(suite.source)}.",
            "Means over questions, 95 % intervals. Clearly ahead: of chance, the edge filter and the input's size, by the AUC.",
        ),
        ("method", *(HEADS[score] for score in scores), "clearly ahead"),
        tuple((f"{plain(one.method)}{' (control)' if one.control else ''}", *cells_of(one, scores)) for one in lines),
    )


def _study(report: BenchmarkReport, name: str) -> TableSection:
    study = report.studies[name]
    return TableSection(
        f"study-{name.replace(' ', '-')}",
        plain(study.title),
        (*map(plain, study.notes), f"Source: {plain(study.source)}."),
        ("of", *map(plain, study.heads)),
        tuple((plain(label), *map(study_cell, numbers)) for label, numbers in study.rows),
    )


def _questions(report: BenchmarkReport) -> TableSection:
    rows = tuple(
        (plain(one.set_name), plain(one.model_name), plain(one.means), f"{one.accuracy:.3f}", str(one.inputs), f"{one.area:.3f}")
        for one in report.questions
    )
    heads = ("set", "model", "what is true", "accuracy", "inputs", "share of the features")
    return TableSection("questions", "What was asked", (), heads, rows)


def _unlearned(report: BenchmarkReport) -> TableSection:
    rows = tuple((plain(one.set_name), plain(one.model_name), f"{one.accuracy:.3f}") for one in report.unlearned)
    return TableSection("unlearned", "Which models were not asked", (not_asked(),), ("set", "model", "accuracy"), rows)


def _unanswered(report: BenchmarkReport) -> TableSection:
    return TableSection("unanswered", "Who did not answer", (), ("method", "why", "questions"), unanswered_rows(report))


def _costs(report: BenchmarkReport) -> TableSection:
    rows = sorted(report.costs.items(), key=lambda pair: -pair[1])
    told = tuple((plain(name), duration(seconds)) for name, seconds in rows)
    sentences = (f"Time of this machine's processor, scoring included; {duration(report.seconds_of_all)} in all.",)
    return TableSection("costs", "What it cost", sentences, ("method or study", "time"), told)
