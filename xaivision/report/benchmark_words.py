"""A benchmark in words and cells: what its table, its page and its summary share."""

from collections.abc import Sequence
from math import isnan

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.known_scores import SCORES
from xaivision.evaluation.known_answers.suite_summary import MethodLine, MethodScore
from xaivision.report.wording import counted, duration

HEADS = {"mass": "mass", "precision": "precision", "auc": "AUC", "nearness": "1 − EMD", "rank": "rank", "likeness": "likeness"}


def heads_of(lines: Sequence[MethodLine]) -> tuple[str, ...]:
    """Names of the scores that one of these lines has."""
    return tuple(score for score in SCORES if any(score in line.scores for line in lines))


def cells_of(line: MethodLine, scores: Sequence[str]) -> tuple[str, ...]:
    """A cell for each score, and in how many questions the method is clearly ahead of every opponent by the AUC."""
    auc = line.scores["auc"]
    ahead = "" if line.control else f"{auc.clear} of {auc.questions}"
    return (*(_cell(line.scores.get(score)) for score in scores), ahead)


def opening(report: BenchmarkReport) -> str:
    """What was asked, in a sentence."""
    inputs = sum(one.inputs for one in report.questions)
    took = (
        f"{duration(report.seconds)}, with {counted(report.taken_up, 'part')} taken up from before"
        if report.taken_up
        else (duration(report.seconds))
    )
    return (
        f"The {report.size} run: {counted(len(report.methods), 'method')} and their controls, "
        f"{counted(len(report.questions), 'question')} about {counted(inputs, 'input')} in "
        f"{counted(len(report.suites), 'suite')}, seed {report.seed}; {took}, {duration(report.cpu_seconds)} of the processor."
    )


def finding_lines(report: BenchmarkReport) -> tuple[tuple[str, str, str, str], ...]:
    """Standing, claim, numbers and source of each finding."""
    return tuple((one.standing, one.claim, one.numbers, one.source) for one in report.findings)


def _cell(one: MethodScore | None) -> str:
    if one is None:
        return ""
    if isnan(one.mean):
        return "undefined"
    low, high = one.interval
    return f"{one.mean:.2f}" if isnan(low) else f"{one.mean:.2f} [{low:.2f}, {high:.2f}]"


def study_cell(value: float) -> str:
    """A number of a study; empty where there is none."""
    return "" if isnan(value) else f"{value:.3f}"
