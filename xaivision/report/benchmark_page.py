"""The page of a benchmark: findings, then a part for each definition of truth, the studies, and what could not be asked."""

from dataclasses import dataclass
from math import isnan

from xaivision.data.known_answers.known_set import Definition
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.finding import Finding
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.report.badge import Badge
from xaivision.report.benchmark_figure import benchmark_figure
from xaivision.report.benchmark_gaps import not_asked, suspected_rows, unanswered_rows
from xaivision.report.benchmark_suite import ToldSuite, definitions, questions_in, told_suites
from xaivision.report.benchmark_words import (
    BESIDE,
    COUNTS,
    HEADS,
    count_cells,
    heads_of,
    opening,
    over_text,
    score_cell,
    study_cell,
    suite_sentences,
    tested,
    untested,
    value_cell,
)
from xaivision.report.cards import Picture
from xaivision.report.figure import png
from xaivision.report.markup import png_uri
from xaivision.report.wording import duration, plain

SUSPECTED = ("method", "why", "maps")
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
class SuiteSection:
    """The table of a suite, and one of each of its questions."""

    table: TableSection
    questions: tuple[TableSection, ...]


@dataclass(frozen=True)
class TruthSection:
    """All that is told where truth is defined in one way: a figure, and the suites."""

    anchor: str
    title: str
    figure: Picture
    suites: tuple[SuiteSection, ...]


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
    untested: tuple[FindingLine, ...]
    truths: tuple[TruthSection, ...]
    beside: str
    studies: tuple[TableSection, ...]
    questions: TableSection
    unlearned: TableSection
    unanswered: TableSection
    refused: TableSection
    doubted: TableSection
    costs: TableSection


def benchmark_page(report: BenchmarkReport) -> BenchmarkPage:
    """The page's contents, all foreign text made plain."""
    suites = told_suites(report)
    return BenchmarkPage(
        "Benchmarks with a known answer",
        plain(opening(report)),
        tuple(map(_finding, tested(report))),
        tuple(map(_finding, untested(report))),
        tuple(_truth(report, suites, kind) for kind in definitions(suites)),
        BESIDE,
        tuple(_study(report, name) for name in report.studies),
        _questions(report),
        _unlearned(report),
        _unanswered(report),
        _refused(report),
        _doubted(report),
        _costs(report),
    )


def _finding(one: Finding) -> FindingLine:
    return FindingLine(BADGES[one.standing], one.standing, plain(one.claim), plain(one.numbers), plain(one.source))


def _truth(report: BenchmarkReport, suites: tuple[ToldSuite, ...], definition: Definition) -> TruthSection:
    picture = Picture(
        png_uri(png(benchmark_figure(report, definition))), f"AUC of every method in every suite, truth by {definition}"
    )
    sections = tuple(_suite(one) for one in suites if one.definition == definition)
    return TruthSection(_anchor("truth", definition), f"Truth by {definition}", picture, sections)


def _suite(told: ToldSuite) -> SuiteSection:
    suite, scores = told.suite, heads_of([one.line for one in told.lines])
    rows = []
    for one in told.lines:
        name = _named(one.line.method, one.line.control)
        rows.append((name, *(score_cell(one, score) for score in scores), *count_cells(one)))
    table = TableSection(
        _anchor(suite.name),
        plain(suite.name).capitalize(),
        (f"{plain(suite.what)}. Truth by {told.definition}. Source: {plain(suite.source)}.", *map(plain, suite_sentences(told))),
        ("method", *(HEADS[score] for score in scores), *COUNTS),
        tuple(rows),
    )
    return SuiteSection(table, tuple(_question(told, *one) for one in questions_in(told.rows)))


def _question(told: ToldSuite, set_name: str, model_name: str) -> TableSection:
    """Every method in one question, as in the suite; each score with the same of the moved map and of the truth reversed."""
    asked = [row for row in told.rows if (row.set_name, row.model_name) == (set_name, model_name)]
    scores = heads_of([one.line for one in told.lines])
    found = {(row.method, row.score): row for row in asked}
    rows = tuple(
        (_named(one.line.method, one.line.control), *(_beside(found.get((one.line.method, score))) for score in scores))
        for one in told.lines
        if (one.line.method, "auc") in found
    )
    title = plain(f"{set_name} / {model_name}")
    return TableSection(_anchor("question", set_name, model_name), title, (), ("method", *map(_beside_head, scores)), rows)


def _beside_head(score: str) -> str:
    return f"{HEADS[score]} | moved | reversed" if score != "likeness" else f"{HEADS[score]} | moved"


def _beside(row: KnownRow | None) -> str:
    """A score of one question, and behind bars that of the map moved and that against the truth reversed."""
    if row is None:
        return ""
    reversed_ = "" if isnan(row.reversed_truth) else f" | {value_cell(row.reversed_truth)}"
    return f"{value_cell(row.mean, row.interval)}{over_text(row.inputs, row.undefined)} | {value_cell(row.shifted)}{reversed_}"


def _named(method: str, control: bool) -> str:
    return f"{plain(method)}{' (control)' if control else ''}"


def _anchor(*words: str) -> str:
    return "-".join(words).replace(" ", "-")


def _study(report: BenchmarkReport, name: str) -> TableSection:
    study = report.studies[name]
    return TableSection(
        _anchor("study", name),
        plain(study.title),
        (*map(plain, study.notes), f"Source: {plain(study.source)}."),
        ("of", *map(plain, study.heads)),
        tuple((plain(label), *map(study_cell, numbers)) for label, numbers in study.rows),
    )


def _questions(report: BenchmarkReport) -> TableSection:
    rows = tuple(
        (
            plain(one.set_name),
            plain(one.model_name),
            one.definition,
            plain(one.means),
            plain(one.accuracy_of),
            f"{one.accuracy:.3f}",
            str(one.inputs),
            f"{one.area:.3f}",
        )
        for one in report.questions
    )
    heads = ("set", "model", "truth by", "what is true", "accuracy on", "accuracy", "inputs", "share of the features")
    return TableSection("questions", "What was asked", (), heads, rows)


def _unlearned(report: BenchmarkReport) -> TableSection:
    rows = tuple((plain(one.set_name), plain(one.model_name), f"{one.accuracy:.3f}") for one in report.unlearned)
    return TableSection("unlearned", "Which models were not asked", (not_asked(),), ("set", "model", "accuracy"), rows)


def _unanswered(report: BenchmarkReport) -> TableSection:
    return TableSection("unanswered", "Who did not answer", (), ("method", "why", "questions"), unanswered_rows(report))


def _refused(report: BenchmarkReport) -> TableSection:
    sentence = "They are told with the verdict of the library, that they are no explanation, and have no score."
    return TableSection("refused", "Whose maps were refused", (sentence,), SUSPECTED, suspected_rows(report.refused))


def _doubted(report: BenchmarkReport) -> TableSection:
    sentence = "The library warns of them. They have a score, which counts like all others."
    return TableSection("doubted", "Whose maps are doubted", (sentence,), SUSPECTED, suspected_rows(report.doubted))


def _costs(report: BenchmarkReport) -> TableSection:
    rows = sorted(report.costs.items(), key=lambda pair: -pair[1])
    told = tuple((plain(name), duration(seconds)) for name, seconds in rows)
    sentences = (f"Time of this machine's processor, scoring included; {duration(report.seconds_of_all)} in all.",)
    return TableSection("costs", "What it cost", sentences, ("method or study", "time"), told)
