"""`xv.benchmark` and `xaivision benchmark`: names become suites and methods, and the answer is told and written."""

import json
from dataclasses import replace

import pytest
import torch

import xaivision as xv
from xaivision import cli
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.study_table import study_table
from xaivision.evaluation.known_answers.suite import Asking, Studying, Suite
from xaivision.evaluation.known_answers.suites import registry as suite_registry
from xaivision.models.known_answers.built_networks import built_networks


def weighted() -> KnownQuestion:
    """A weighted sum of four columns, built by hand."""
    found = built_networks(8)[0]
    model = TorchClassifier(found.module, 2, domain="tabular")
    return KnownQuestion(
        "weighted", "by hand", model, found.inputs, torch.ones(8, dtype=torch.long), found.contributions != 0, "model use",
        "what is weighted", 1.0, exact=found.contributions, given={"baseline": torch.zeros(6)},
    )  # fmt: skip


def half_learned() -> KnownQuestion:
    """The same of a model that is right as often as a coin."""
    return replace(weighted(), model_name="by chance", accuracy=0.527)


SMALL = Suite(
    "small",
    "a network built by hand",
    "nobody",
    "model use",
    lambda _size, _seed: [Asking("weighted", lambda: [weighted(), half_learned()])],
    lambda _size, _seed: [Studying("a study", lambda: study_table("A study", ["one"], {"row": [0.25]}, source="nobody"))],
)


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("xaivision.benchmarking.suites_named", lambda names: (SMALL,))


@pytest.mark.slow
def test_every_method_that_fits_is_asked_where_none_is_named_and_the_answers_are_kept(tmp_path):
    report = xv.benchmark(quick=True)
    assert {"saliency", "integrated_gradients", "occlusion", "kernel_shap", "exact_shapley"} <= set(report.methods)
    assert (tmp_path / "cache" / "xaivision" / "benchmark").is_dir()
    assert report.size == "quick"
    again = xv.benchmark("small", methods=["saliency"], quick=True)
    assert again.methods == ("saliency",)
    assert again.taken_up == 5  # with three controls and the study


def test_parts_can_be_kept_elsewhere(tmp_path):
    xv.benchmark(methods=["saliency"], quick=True, parts=tmp_path / "parts")
    assert len(list((tmp_path / "parts").glob("*.json"))) == 5  # with three controls and the study
    assert not (tmp_path / "cache").exists()
    assert xv.benchmark(methods=["saliency"], quick=True, parts=tmp_path / "parts").taken_up == 5


def test_names_that_are_none_are_refused_before_any_work(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(UnknownNameError, match="suite"):
        xv.benchmark(["tetrominos"])
    with pytest.raises(UnknownNameError, match="method"):
        xv.benchmark(methods=["salience"])
    with pytest.raises(InputError, match=r"Write \['saliency'\]"):
        xv.benchmark(methods="saliency")
    with pytest.raises(InputError, match="must name one at least"):
        xv.benchmark(methods=[])


def run(*arguments: object) -> int:
    return cli.run(["benchmark", *map(str, arguments)])


def test_the_command_tells_the_tables_and_writes_page_numbers_and_figure(tmp_path, capsys):
    assert run("small", "--quick", "--methods", "saliency, occlusion", "--output", tmp_path / "out") == 0
    told = capsys.readouterr().out
    expected = ("truth by model use", "occlusion", "random (control)", "A study", "not testable here", "by chance", "0.527")
    for said in (*expected, "The quick run"):
        assert said in told, said
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"benchmark.html", "benchmark.json", "benchmark.png"}
    page = (tmp_path / "out" / "benchmark.html").read_text()
    for said in (
        "Benchmarks with a known answer",
        "input_magnitude (control)",
        "A study",
        "what is weighted",
        "by chance",
        "0.527",
    ):
        assert said in page, said
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").split("<body>")[1]


def test_help_names_every_suite(capsys):
    assert run("--help") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert all(name in told for name in suite_registry.SUITES)


def test_a_named_method_that_does_not_fit_says_why(tmp_path, capsys):
    assert run("--quick", "--methods", "saliency,grad_cam,", "--output", tmp_path) == 0
    told = capsys.readouterr().out
    assert "Who did not answer" in told.split("not testable here")[-1]
    assert "grad_cam" in told
    assert "1 method and their controls" in told


def test_the_command_prints_json_that_is_what_it_writes(tmp_path, capsys):
    assert run("--quick", "--methods", "saliency", "--json", "--output", tmp_path) == 0
    told, written = json.loads(capsys.readouterr().out), json.loads((tmp_path / "benchmark.json").read_text())
    assert told == written
    assert told["schema"] == "xaivision.benchmark/1"
    row = next(row for row in told["rows"] if (row["method"], row["score"]) == ("saliency", "auc"))
    assert row["mean"] == 1
    assert row["reversed_truth"] == 0
    assert set(row["ahead"]) == {"random", "input_magnitude", "constant", "shifted by a cell"}
    assert [(one["model_name"], one["accuracy"]) for one in told["unlearned"]] == [("by chance", 0.527)]
    assert told["studies"]["a study"]["rows"] == [["row", [0.25]]]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run("--output", tmp_path / "file") == 2
    assert "must be a folder" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_or_written_is_refused_before_any_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("xaivision.benchmarking.benchmark", lambda *_args, **_settings: pytest.fail("it was asked before"))
    (tmp_path / "file").write_text("")
    assert run("--output", tmp_path / "file" / "out") == 2
    assert f"Got the file {tmp_path / 'file'}, below which" in " ".join(capsys.readouterr().err.split())
    monkeypatch.setattr("xaivision.commands.folder.os.access", lambda *_: False)
    assert run("--output", tmp_path / "new" / "out") == 2
    assert "can be written to" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "new").exists()


def test_afresh_asks_everything_again(tmp_path):
    for afresh, taken in (([], 0), ([], 5), (["--afresh"], 0)):
        assert run("--quick", "--methods", "saliency", "--output", tmp_path, *afresh) == 0
        assert json.loads((tmp_path / "benchmark.json").read_text())["taken_up"] == taken


def test_a_report_shows_itself_in_a_line_a_figure_and_a_notebook(tmp_path):
    report = xv.benchmark(methods=["saliency"], quick=True)
    assert repr(report) == "BenchmarkReport(quick, suites [small], 1 questions, 1 methods)"
    assert report.show().axes
    with pytest.raises(InputError, match="a benchmark in one figure"):
        report.show(1)
    assert "not testable here" in report._repr_html_()
    assert report.save(tmp_path / "saved").name == "benchmark.html"
