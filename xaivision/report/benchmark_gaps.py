"""What a benchmark has no answer to: models that were not asked, and methods that did not answer."""

import re
from collections import Counter
from collections.abc import Sequence

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport, Suspected
from xaivision.evaluation.known_answers.known_question import LEARNED
from xaivision.report.wording import plain


def not_asked() -> str:
    """Why a model that was trained is in no other table."""
    return f"These are right about fewer than {LEARNED:.0%} of the tested inputs, and have not learned what the truth is about."


def unanswered_rows(report: BenchmarkReport) -> tuple[tuple[str, str, str], ...]:
    """Methods and why they did not answer, each once, with how many questions it concerns."""
    counts = Counter((plain(method), plain(why)) for _, method, why in report.unanswered)
    return tuple((method, why, str(count)) for (method, why), count in counts.items())


def suspected_rows(found: Sequence[Suspected]) -> tuple[tuple[str, str, str], ...]:
    """Methods with maps that are refused or doubted, why, and how many maps in all questions; numbers that differ are N."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in found:
        for why, count in one.reasons.items():
            counts[plain(one.method), without_numbers(plain(why))] += count
    return tuple((method, why, str(count)) for (method, why), count in counts.items())


def without_numbers(why: str) -> str:
    """The same with N for every number: what speaks against two maps differs in nothing else."""
    return re.sub(r"-?\d[\d,^]*(\.\d+)?(e[-+]?\d+)?", "N", why)
