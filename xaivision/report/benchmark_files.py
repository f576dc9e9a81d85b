"""A benchmark on disk: a page for people with its figure inside, the figure, and all numbers for machines."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.suite_summary import method_lines
from xaivision.report.benchmark_figure import benchmark_figure
from xaivision.report.benchmark_page import benchmark_page
from xaivision.report.figure import png
from xaivision.report.rendering import rendered

PAGE, NUMBERS, FIGURE = "benchmark.html", "benchmark.json", "benchmark.png"
SCHEMA = "xaivision.benchmark/1"
# Enough to tell any two scores apart that intervals tell apart.
DIGITS = 3


def write_benchmark(report: BenchmarkReport, path: str | Path) -> tuple[Path, ...]:
    """Write the page, the numbers and the figure into a folder, which is made; their paths."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    return (
        write_whole(folder / PAGE, benchmark_html(report).encode()),
        write_whole(folder / NUMBERS, benchmark_json(report).encode()),
        write_whole(folder / FIGURE, png(benchmark_figure(report))),
    )


def benchmark_html(report: BenchmarkReport) -> str:
    """The page as text: it needs no network and runs no script."""
    return rendered("benchmark.html.j2", page=benchmark_page(report), version=library_versions().get("xaivision", ""))


def benchmark_fragment(report: BenchmarkReport) -> str:
    """What a notebook shows: the findings, and the figure."""
    return rendered("benchmark_fragment.html.j2", page=benchmark_page(report))


def benchmark_json(report: BenchmarkReport) -> str:
    """The numbers as text, a row of results a line."""
    told = benchmark_summary(report)
    rows = told.pop("rows")
    lines = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    return json.dumps(told, indent=1, allow_nan=False)[:-2] + f',\n "rows": [\n{lines}\n]\n}}\n'


def benchmark_summary(report: BenchmarkReport) -> dict[str, Any]:
    """The benchmark as values that JSON can hold; null where there is no number."""
    questions = {(one.set_name, one.model_name): number for number, one in enumerate(report.questions)}
    told: dict[str, Any] = _plain(
        {
            "schema": SCHEMA,
            "versions": library_versions(),
            "size": report.size,
            "seed": report.seed,
            "seconds": report.seconds,
            "seconds_of_all": report.seconds_of_all,
            "cpu_seconds": report.cpu_seconds,
            "taken_up": report.taken_up,
            "suites": [
                {"name": one.name, "what": one.what, "source": one.source, "definition": one.definition} for one in report.suites
            ],
            "summaries": {one.name: _summary(report, one.name) for one in report.suites},
            "studies": {name: asdict(study) for name, study in report.studies.items()},
            "findings": [asdict(one) for one in report.findings],
            "questions": [asdict(one) for one in report.questions],
            "unlearned": [asdict(one) for one in report.unlearned],
            "unanswered": report.unanswered,
            "refused": [asdict(one) for one in report.refused],
            "doubted": [asdict(one) for one in report.doubted],
            "costs": report.costs,
            "rows": [_row(row, questions) for row in report.rows],
        }
    )
    return told


def _summary(report: BenchmarkReport, suite: str) -> list[dict[str, Any]]:
    rows = [row for row in report.rows if row.suite == suite]
    return [asdict(line) for line in method_lines(rows)] if rows else []


def _row(row: KnownRow, questions: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """One row; what is known of its question is told once, at this number."""
    return {
        "question": questions[row.set_name, row.model_name],
        "method": row.method,
        "score": row.score,
        "mean": row.mean,
        "interval": row.interval,
        "undefined": row.undefined,
        "refused": row.refused,
        "silent": row.silent,
        "doubted": row.doubted,
        "reversed_truth": row.reversed_truth,
        "shifted": row.shifted,
        "ahead": {} if row.control else {one.control: [one.mean, *one.interval] for one in row.ahead},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    return value
