"""What is chosen at the door to the benchmarks reaches the run: which suites, which size, which seed."""

import pytest

import xaivision as xv
from xaivision import cli
from xaivision.evaluation.known_answers.study_table import study_table
from xaivision.evaluation.known_answers.suite import Studying, Suite
from xaivision.evaluation.known_answers.suites import registry


def studied(name: str) -> Suite:
    """A suite that says what it was asked for."""

    def studies(size, seed):
        return [Studying(f"{name} {size} {seed}", lambda: study_table("A study", ["one"], {"row": [0.25]}, source="nobody"))]

    return Suite(name, "what", "who", "association", studies=studies)


@pytest.fixture(autouse=True)
def three_suites(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(registry, "SUITES", {name: studied(name) for name in ("one", "two", "three")})


@pytest.mark.parametrize(
    ("chosen", "expected"), [(None, ["one", "two", "three"]), ("two", ["two"]), (["three", "one"], ["one", "three"])]
)
def test_the_named_suites_are_run_and_all_where_none_is_named(chosen, expected):
    report = xv.benchmark(chosen)
    assert [one.name for one in report.suites] == expected
    assert list(report.studies) == [f"{name} full 0" for name in expected]


def test_the_seed_and_the_size_reach_the_suites():
    assert list(xv.benchmark("one", quick=True, seed=7).studies) == ["one quick 7"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["one full 0", "two full 0", "three full 0"]),
        (("two", "--seed", "5"), ["two full 5"]),
        (("three", "one", "--quick"), ["one quick 0", "three quick 0"]),
    ],
)
def test_the_command_runs_what_it_was_told_to(arguments, expected, monkeypatch, tmp_path, capsys):
    reports, write = [], "xaivision.report.benchmark_files.write_benchmark"
    monkeypatch.setattr(write, lambda report, _folder: reports.append(report) or [])
    assert cli.run(["benchmark", *arguments, "--output", str(tmp_path / "out")]) == 0
    assert list(reports[0].studies) == expected
