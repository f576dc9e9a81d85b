"""What a benchmark has no answer to: models that were not asked, and methods that did not answer."""

from collections import Counter

from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.known_question import LEARNED
from xaivision.report.wording import plain


def not_asked() -> str:
    """Why a model that was trained is in no other table."""
    return f"These are right about fewer than {LEARNED:.0%} of the tested inputs, and have not learned what the truth is about."


def unanswered_rows(report: BenchmarkReport) -> tuple[tuple[str, str, str], ...]:
    """Methods and why they did not answer, each once, with how many questions it concerns."""
    counts = Counter((plain(method), plain(why)) for _, method, why in report.unanswered)
    return tuple((method, why, str(count)) for (method, why), count in counts.items())


def refused_rows(report: BenchmarkReport) -> tuple[tuple[str, str, str], ...]:
    """Methods with maps that must not be shown, why, and how many maps in all questions."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in report.refused:
        for why, count in one.reasons.items():
            counts[plain(one.method), plain(why)] += count
    return tuple((method, why, str(count)) for (method, why), count in counts.items())
