"""What a benchmark says on its page, in its figure and in a terminal: two truths are never in one order, no gap is a score."""

import json
from dataclasses import replace
from math import nan

import pytest
from matplotlib.patches import Rectangle

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport, Questioned, Suspected
from xaivision.evaluation.known_answers.decimals import decimals
from xaivision.evaluation.known_answers.finding import Finding
from xaivision.evaluation.known_answers.findings import findings_of
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.suite import Suite
from xaivision.report.benchmark_figure import benchmark_figure
from xaivision.report.benchmark_files import benchmark_html, benchmark_json
from xaivision.report.benchmark_page import benchmark_page
from xaivision.report.benchmark_suite import told_suites
from xaivision.report.benchmark_table import benchmark_tables
from xaivision.report.benchmark_words import opening, suite_sentences, untested
from xaivision.report.table import as_text

WORLD, MODEL = Suite("world", "what is so", "nobody", "association"), Suite("inside", "what is used", "nobody", "model use")


def row(suite: Suite, method: str, mean: float, **more: object) -> KnownRow:
    """The AUC of ten inputs in the question `one / cnn`, if nothing else is said."""
    told = KnownRow(
        suite.name, "one", "cnn", suite.definition, method, method in ("random", "input_magnitude"), "auc", mean, (mean, mean),
        10, 0, 1 - mean, mean / 2,
    )  # fmt: skip
    return replace(told, **more)


ROWS = (
    row(MODEL, "worldly", 0.6),
    row(MODEL, "faithful", 0.9, doubted=4),
    row(MODEL, "faithful", 0.25, score="mass", undefined=9, refused=3, silent=6),
    row(MODEL, "faithful", 0.8, score="likeness", reversed_truth=nan),
    row(MODEL, "random", 0.5),
    row(MODEL, "input_magnitude", 1.0),
    row(WORLD, "worldly", 0.95),
    row(WORLD, "worldly", 0.85, set_name="two"),
    row(WORLD, "faithful", 0.7),
    row(WORLD, "faithful", 0.7, set_name="two"),
    row(WORLD, "partial", 0.99),
    row(WORLD, "lone", 0.97, set_name="two", undefined=9, refused=9),
    row(WORLD, "gappy", 0.98),
    row(WORLD, "gappy", 0.98, set_name="two", undefined=3),
    row(WORLD, "random", 0.5),
    row(WORLD, "random", 0.5, set_name="two"),
)
FINDINGS = (
    Finding("It leaks.", "nobody", "holds", "0.5 of it."),
    Finding("It sinks.", "nobody", "not testable here", "It needs a sea, which was not run."),
)


@pytest.fixture
def report() -> BenchmarkReport:
    asked = [("inside", "one", "model use"), ("world", "one", "association"), ("world", "two", "association")]
    questions = tuple(Questioned(suite, name, "cnn", truth, "what is true", 0.9, 10, 0.25) for suite, name, truth in asked)
    refused = (Suspected("world", "two / cnn", "lone", 9, {"the map is zero everywhere": 9}),)
    doubted = (Suspected("inside", "one / cnn", "faithful", 4, {"the gap is 0.5": 3, "the gap is -1.25e-05": 1}),)
    return BenchmarkReport(
        "full", 0, (MODEL, WORLD), questions, ROWS, {}, FINDINGS, (), (), 60.0, 600.0, 20.0, 7, {"lone": 600.0}, refused, doubted
    )


def drawn(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def hatched(figure) -> int:
    return sum(isinstance(one, Rectangle) and bool(one.get_hatch()) for axes in figure.axes for one in axes.patches)


def test_each_definition_of_truth_is_a_panel_with_an_order_of_its_own(report):
    told = drawn(benchmark_figure(report))
    world, inside = told.index("Truth by association"), told.index("Truth by model use")
    first, second = told[world:inside], told[inside:]
    assert first.index("worldly") < first.index("faithful")
    assert second.index("faithful") < second.index("worldly")
    alone = drawn(benchmark_figure(report, "association"))
    assert "world" in alone
    assert not {"inside", "Truth by model use"} & set(alone)


def test_what_was_not_asked_is_hatched_and_not_white_like_chance(report):
    assert hatched(benchmark_figure(report)) == 0
    other = replace(
        report,
        suites=(*report.suites, replace(WORLD, name="else")),
        rows=(*ROWS, row(replace(WORLD, name="else"), "partial", 0.5)),
    )
    assert hatched(benchmark_figure(other)) == 5  # worldly, faithful, lone, gappy and random were not asked there
    undefined = replace(report, rows=(*ROWS, row(MODEL, "empty", nan, undefined=10)))
    assert "undefined" in drawn(benchmark_figure(undefined))
    assert hatched(benchmark_figure(undefined)) == 1


def test_means_over_fewer_questions_or_inputs_are_never_ahead_of_others_by_order(report):
    world = told_suites(report)[0]
    assert [one.line.method for one in world.lines] == ["worldly", "faithful", "partial", "gappy", "lone", "random"]
    assert any(
        "Over fewer, not to be compared with the others: `partial`, `gappy`, `lone`." in one for one in suite_sentences(world)
    )
    told = drawn(benchmark_figure(report, "association"))
    assert {"0.90", "(0.99)", "(0.98)", "(0.97)"} <= set(told)
    assert told.index("worldly") < told.index("faithful") < told.index("gappy") < told.index("partial")


def test_a_score_over_one_input_of_ten_says_so_and_maps_that_are_no_answer_are_counted(report):
    told = as_text(benchmark_tables(report))
    assert "0.25 (1 of 10)" in told
    assert "0.97 [0.97, 0.97] (1 of 10)" in told
    assert "9 refused" in next(line for line in told.splitlines() if line.strip().startswith("lone"))
    page = benchmark_page(report)
    assert page.refused.rows == (("lone", "the map is zero everywhere", "9"),)
    assert "Whose maps were refused" in benchmark_html(report)
    assert "Whose maps were refused" not in benchmark_html(replace(report, refused=()))
    rows = json.loads(benchmark_json(report))["rows"]
    assert [(one["refused"], one["silent"]) for one in rows if one["score"] == "mass"] == [(3, 6)]


def test_doubted_maps_are_counted_beside_their_score_and_the_page_says_why(report):
    told = as_text(benchmark_tables(report))
    assert "4 of 10" in next(line for line in told.splitlines() if line.strip().startswith("faithful") and "0.90" in line)
    page = benchmark_page(report)
    assert page.doubted.rows == (("faithful", "the gap is N", "4"),)
    column = page.truths[1].suites[0].table.heads.index("doubted")
    assert [one[column] for one in page.truths[1].suites[0].table.rows if one[0] == "faithful"] == ["4 of 10"]
    world = page.truths[0].suites[0].table
    assert not any(one[world.heads.index("doubted")] for one in world.rows)
    assert any(one.startswith("Doubted:") for one in suite_sentences(told_suites(report)[1]))
    assert not any(one.startswith("Doubted:") for one in suite_sentences(told_suites(report)[0]))
    assert "Whose maps are doubted" in benchmark_html(report)
    assert "Whose maps are doubted" not in benchmark_html(replace(report, doubted=()))
    numbers = json.loads(benchmark_json(report))
    assert next(one for one in numbers["rows"] if one["method"] == "faithful")["doubted"] == 4
    assert numbers["doubted"][0]["inputs"] == 4


def test_refused_and_flat_maps_stand_beside_the_score():
    flat = replace(row(WORLD, "still", 0.5), refused=2, silent=4)
    report = BenchmarkReport("full", 0, (WORLD,), (), (flat,), {}, (), (), (), 1.0, 1.0)
    assert "2 refused, 4 flat" in as_text(benchmark_tables(report))
    assert any(one.startswith("No answer:") for one in suite_sentences(told_suites(report)[0]))


def test_a_control_that_has_all_of_the_truth_is_explained_where_it_does(report):
    world, inside = told_suites(report)
    assert world.ceilings() == ()
    (said,) = inside.ceilings()
    assert "`input_magnitude`" in said
    assert "one / cnn: what is true is what is largest in the input, and no method can be clearly ahead there" in said
    assert said in suite_sentences(inside)


def test_the_rows_of_a_question_stand_beside_the_map_moved_and_the_truth_reversed(report):
    inside = benchmark_page(report).truths[1].suites[0]
    (question,) = inside.questions
    assert question.heads == ("method", "mass | moved | reversed", "AUC | moved | reversed", "likeness | moved")
    assert question.rows[0] == (
        "faithful",
        "0.25 [0.25, 0.25] (1 of 10) | 0.12 | 0.75",
        "0.90 [0.90, 0.90] | 0.45 | 0.10",
        "0.80 [0.80, 0.80] | 0.40",
    )
    assert [one.title for one in benchmark_page(report).truths[0].suites[0].questions] == ["one / cnn", "two / cnn"]
    assert "share of features that are true, and against the truth turned around the share that are not" in benchmark_html(report)


def test_the_page_has_a_part_for_each_truth_and_says_which_every_question_is_of(report):
    page = benchmark_page(report)
    assert [one.title for one in page.truths] == ["Truth by association", "Truth by model use"]
    assert len({one.figure.uri for one in page.truths}) == 2
    column = page.questions.heads.index("truth by")
    assert [one[column] for one in page.questions.rows] == ["model use", "association", "association"]


def test_only_findings_that_what_was_run_tells_of_are_listed_in_a_terminal_and_lines_stay_narrow(report):
    told = as_text(benchmark_tables(replace(report, findings=(replace(FINDINGS[0], numbers="0.5 of it. " * 40), FINDINGS[1]))))
    assert "It leaks." in told
    assert "It sinks." not in told
    assert "1 published finding not testable here" in told
    assert max(map(len, told.splitlines())) <= 125
    assert "It needs a sea, which was not run." in benchmark_html(report)


def test_findings_that_what_was_run_cannot_decide_are_listed_as_well(report):
    undecided = replace(report, findings=(Finding("It sinks.", "nobody", "not testable here", "Both are as heavy."),))
    told = as_text(benchmark_tables(undecided))
    assert "Both are as heavy." in told
    assert "published finding" not in told
    assert untested(replace(report, findings=findings_of((), {}))) == findings_of((), {})


def test_what_was_taken_up_is_told_with_what_the_whole_took(report):
    assert "with 7 parts taken up from before; all answers and studies together took 600 s of the processor" in opening(report)
    assert "taken up" not in opening(replace(report, taken_up=0))


def test_what_is_rounded_to_zero_has_no_sign():
    assert [decimals(value, 2) for value in (-0.001, 0.001, -0.01, 0.5)] == ["0.00", "0.00", "-0.01", "0.50"]
