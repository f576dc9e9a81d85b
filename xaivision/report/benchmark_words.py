"""A benchmark in words and cells: what its table, its page and its summary share."""

from collections.abc import Sequence
from math import isnan

from xaivision.core.bootstrap import NOTHING, Interval
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.decimals import decimals, spanned
from xaivision.evaluation.known_answers.finding import Finding
from xaivision.evaluation.known_answers.known_scores import SCORES
from xaivision.evaluation.known_answers.suite_summary import MethodLine
from xaivision.report.benchmark_suite import ToldLine, ToldSuite
from xaivision.report.wording import UNDEFINED, counted, duration

HEADS = {"mass": "mass", "precision": "precision", "auc": "AUC", "nearness": "1 − EMD", "rank": "rank", "likeness": "likeness"}
BESIDE = (
    "In the tables of single questions stand, behind bars, the score of the same map moved by a cell, and that of the same map "
    "against the truth turned around. A map that is right falls in both, but each is to be read beside its own chance: 0.5 in "
    "the AUC either way round; of mass, precision and rank the share of features that are true, and against the truth turned "
    "around the share that are not, so that a right map may have more there. 1 − EMD has no fixed level, and likeness, which is "
    "to known contributions, no reversal."
)
# How the numbers of a finding end that needs what was not run; others may be undecided by what was.
NOT_RUN = "which was not run."
# What stands behind the scores of a line.
COUNTS = ("answered", "no answer", "doubted", "clearly ahead")


def heads_of(lines: Sequence[MethodLine]) -> tuple[str, ...]:
    """Names of the scores that one of these lines has."""
    return tuple(score for score in SCORES if any(score in line.scores for line in lines))


def score_cell(told: ToldLine, score: str, *, interval: bool = True) -> str:
    """Mean and interval of a score; where it is over fewer inputs than the method answered about, over how many."""
    found = told.line.scores.get(score)
    if found is None:
        return ""
    return f"{value_cell(found.mean, found.interval if interval else None)}{over_text(found.inputs, found.undefined)}"


def over_text(inputs: int, undefined: int) -> str:
    """Over how many inputs a score is, where it is not over all of them."""
    return f" ({inputs - undefined} of {inputs})" if 0 < undefined < inputs else ""


def count_cells(told: ToldLine) -> tuple[str, str, str, str]:
    """How many questions it answered, how many of its maps are no answer and how many are doubted, and in how many questions it
    is clearly ahead.
    """
    auc = told.line.scores["auc"]
    nothing = (f"{count} {what}" for count, what in ((auc.refused, "refused"), (auc.silent, "flat")) if count)
    ahead = "" if told.line.control else f"{auc.clear} of {auc.questions}"
    doubted = f"{auc.doubted} of {auc.inputs}" if auc.doubted else ""
    gaps = ("", "") if told.line.control else (", ".join(nothing), doubted)
    return f"{told.line.questions} of {told.asked}", *gaps, ahead


def value_cell(mean: float, interval: Interval | None = None) -> str:
    """A score with two digits, and its interval where there is one."""
    if isnan(mean):
        return UNDEFINED
    return spanned(mean, interval or NOTHING)


def suite_sentences(told: ToldSuite) -> tuple[str, ...]:
    """How the table of a suite is to be read: over what its means and intervals are, and who cannot be compared."""
    asked = told.lines[0].asked
    over = (
        f"Means over {asked} questions with 95 % intervals over their sets: they say nothing of problems of another kind."
        if asked > 1
        else "Means over the inputs of one question with 95 % intervals over them."
    )
    ahead = "Clearly ahead: of chance, the edge filter and the input's size, by the AUC."
    return (over, ahead, *_fewer(told), *_undefined(told), *_no_answers(told), *_doubted(told), *told.ceilings())


def _fewer(told: ToldSuite) -> tuple[str, ...]:
    if not told.fewer:
        return ()
    names = ", ".join(f"`{one.line.method}`" for one in told.fewer)
    return (f"Best AUC first among those that answered all. Over fewer, not to be compared with the others: {names}.",)


def _undefined(told: ToldSuite) -> tuple[str, ...]:
    if not any(over_text(score.inputs, score.undefined) for one in told.lines for score in one.line.scores.values()):
        return ()
    return ("(1 of 10) behind a score: it is over one input of ten, and is not defined for the others.",)


def _no_answers(told: ToldSuite) -> tuple[str, ...]:
    if not any(count_cells(one)[1] for one in told.lines):
        return ()
    return (
        "No answer: maps that are refused, which have no score, and flat maps, which name no feature and have the AUC of chance: "
        "without it, who is silent where it is hard would be ahead.",
    )


def _doubted(told: ToldSuite) -> tuple[str, ...]:
    if not any(count_cells(one)[2] for one in told.lines):
        return ()
    return ("Doubted: maps that the library warns of. They count like all others: a warning is no score.",)


def opening(report: BenchmarkReport) -> str:
    """What was asked, in a sentence, and what it took."""
    inputs = sum(one.inputs for one in report.questions)
    return (
        f"The {report.size} run: {counted(len(report.methods), 'method')} and their controls, "
        f"{counted(len(report.questions), 'question')} about {counted(inputs, 'input')} in "
        f"{counted(len(report.suites), 'suite')}, seed {report.seed}. {_took(report)}"
    )


def _took(report: BenchmarkReport) -> str:
    """The time of this run; where a part of it was done before, that of all answers as well."""
    here = f"It took {duration(report.seconds)}, {duration(report.cpu_seconds)} of the processor"
    if not report.taken_up:
        return f"{here}."
    return (
        f"{here}, with {counted(report.taken_up, 'part')} taken up from before; all answers and studies together took "
        f"{duration(report.seconds_of_all)} of the processor, whenever they were given."
    )


def tested(report: BenchmarkReport) -> tuple[Finding, ...]:
    """The published findings that what was run is about, also where it cannot decide them."""
    return tuple(one for one in report.findings if not one.numbers.endswith(NOT_RUN))


def untested(report: BenchmarkReport) -> tuple[Finding, ...]:
    """The published findings that what was run says nothing of, with what each needs."""
    return tuple(one for one in report.findings if one.numbers.endswith(NOT_RUN))


def study_cell(value: float) -> str:
    """A number of a study; empty where there is none."""
    return "" if isnan(value) else decimals(value, 3)
