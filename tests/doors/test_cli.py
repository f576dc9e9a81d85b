import json

import pytest

from xaivision import cli
from xaivision.cli import row_numbers, settings_by_method
from xaivision.core.errors import InputError

SONAR = ["uci_sonar", "--model", "uci_sonar_mlp"]
COMMANDS = ("list", "explain", "compare", "demo", "info")


def ran(capsys, *arguments):
    code = cli.run(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_with_an_example(capsys, command):
    code, out, _ = ran(capsys, command, "--help")
    assert code == 0
    assert f"xaivision {command}" in out
    assert "Example: " in out


def test_the_help_names_every_command_and_the_exit_codes(capsys):
    code, out, _ = ran(capsys, "--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert "Exit codes" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["explain", "chelsea", "-x", "saliencyy"], "`saliencyy` is not a known method. Did you mean `saliency`?"),
        (["explain", *SONAR, "-x", "occlusion", "--set", "windw=3"], "Did you mean `window`?"),
        (["explain", *SONAR, "-x", "saliency", "-t", "rok"], "Did you mean `rock`?"),
        (["explain", *SONAR, "-x", "saliency", "-t", "2"], "`targets` must be class numbers from 0 to 1. Got 2."),
        (["explain", *SONAR, "-x", "saliency", "--rows", "208"], "`--rows` must be from 0 to 207 for uci_sonar. Got 208."),
        (["explain", *SONAR, "-x", "saliency", "--rows", "a"], "`--rows` must be numbers such as 3, 0,5 or 0-9. Got 'a'."),
        (["explain", "nowhere.jpg", "-x", "saliency"], "`nowhere.jpg` must be a picture file. There is no such file."),
        (["explain", "nowhere", "-x", "saliency", "-m", "uci_sonar_mlp"], "'nowhere' is no CSV file and no data set."),
        (["explain", "chelsea", "-x", "saliency", "-m", "efficientnet"], "Did you mean `efficientnet_"),
        (["explain", "chelsea", "-x", "saliency", "-m", "nowhere:factory"], "Write package.module:factory."),
        (["compare", *SONAR, "-x", "saliency", "--metrics", "deletoin"], "Did you mean `deletion`?"),
        (["compare", *SONAR, "-x", "saliency", "--controls", "sobell"], "Did you mean `sobel`?"),
        (["list", "metrix"], "Did you mean `metrics`?"),
        (["explain", *SONAR], "--method"),
        (["paint"], "paint"),
    ],
)
def test_what_a_caller_did_wrong_is_one_sentence_and_exit_code_2(capsys, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    code, out, err = ran(capsys, *arguments)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert out == ""


def test_an_explanation_is_written_and_summarized(capsys, tmp_path):
    code, out, _ = ran(
        capsys, "explain", *SONAR, "-x", "integrated_gradients", "--set", "steps=8", "-o", str(tmp_path / "new"), "--json"
    )
    found = json.loads(out)
    assert code == 0
    assert found["settings"]["steps"] == 8
    assert found["verdict"]["status"] in ("ok", "warn")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "integrated_gradients.safetensors",
        "integrated_gradients_0.png",
    }


def test_a_comparison_is_written_with_its_report(capsys, tmp_path):
    code, out, _ = ran(capsys, "compare", *SONAR, "-x", "saliency,occlusion", "--rows", "0,3", "-o", str(tmp_path), "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found["methods"]) == ["saliency", "occlusion", "random", "input_magnitude"]
    assert found["controls"] == ["random", "input_magnitude"]
    assert (tmp_path / "report.html").stat().st_size > 1000
    assert {"comparison_0.png", "comparison_1.png", "comparison.safetensors"} <= {path.name for path in tmp_path.iterdir()}


def test_the_terminal_shows_the_verdict_and_where_the_files_are(capsys, tmp_path):
    code, out, _ = ran(capsys, "explain", *SONAR, "-x", "saliency", "-o", str(tmp_path))
    assert code == 0
    assert "ok" in out
    assert "Written: " in out


def test_a_method_that_fails_among_others_is_exit_code_1(capsys, tmp_path):
    forest = ["uci_sonar", "--model", "uci_sonar_forest"]
    code, out, _ = ran(capsys, "compare", *forest, "-x", "saliency,occlusion", "-o", str(tmp_path), "--json")
    found = json.loads(out)
    assert code == 1
    assert "occlusion" in found["failures"]["saliency"]
    assert "occlusion" in found["methods"]


def test_a_metric_that_has_no_definition_for_a_method_is_no_failure(capsys, tmp_path):
    chosen = ["-x", "saliency,integrated_gradients", "--metrics", "completeness"]
    code, out, _ = ran(capsys, "compare", *SONAR, *chosen, "-o", str(tmp_path), "--json")
    assert code == 0
    assert "completeness of saliency" in json.loads(out)["unjudged"]


def test_an_output_that_is_a_file_is_refused_before_any_work(capsys, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    code, _, err = ran(capsys, "explain", *SONAR, "-x", "saliency", "-o", str(taken))
    assert code == 2
    assert "`--output` must be a folder" in err
    assert taken.read_text() == "mine"


def test_a_stopped_job_is_exit_code_130(capsys, monkeypatch):
    def stopped(*_arguments, **_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("xaivision.naming.model_from", stopped)
    assert ran(capsys, "explain", *SONAR, "-x", "saliency")[0] == 130


def test_the_same_seed_gives_python_and_the_command_line_the_same_numbers(capsys, tmp_path):
    import torch

    import xaivision as xv

    ran(capsys, "explain", *SONAR, "-x", "smooth_grad", "--seed", "5", "--rows", "7", "-o", str(tmp_path))
    row = xv.load_dataset("uci_sonar").inputs[7:8]
    found = xv.explain(xv.load_model("uci_sonar_mlp"), row, "smooth_grad", seed=5)
    assert torch.equal(xv.load(tmp_path / "smooth_grad.safetensors").values, found.values)


@pytest.mark.parametrize("shelf", ["methods", "controls", "metrics", "models", "datasets"])
def test_lists_are_json_with_names(capsys, shelf):
    code, out, _ = ran(capsys, "list", shelf, "--json")
    assert code == 0
    assert all(card["name"] for card in json.loads(out)[shelf])


def test_methods_and_controls_are_listed_apart(capsys):
    shelves = json.loads(ran(capsys, "list", "--json")[1])
    names = {shelf: {card["name"] for card in cards} for shelf, cards in shelves.items()}
    assert "sobel" in names["controls"]
    assert "saliency" in names["methods"]
    assert not names["methods"] & names["controls"]


def test_info_tells_versions_and_a_models_card(capsys):
    assert "torch" in json.loads(ran(capsys, "info", "--json")[1])
    card = json.loads(ran(capsys, "info", "-m", "wine_logistic", "--json")[1])
    assert card["num_classes"] == 3
    assert 0.8 < card["accuracy"] <= 1


def test_settings_reach_the_method_they_name():
    assert settings_by_method(["steps=64", "baseline=black"], ["a"]) == {"a": {"steps": 64, "baseline": "black"}}
    assert settings_by_method(["a.steps=64", "b.k=None"], ["a", "b"]) == {"a": {"steps": 64}, "b": {"k": None}}
    assert settings_by_method(None, ["a", "b"]) == {"a": {}, "b": {}}


@pytest.mark.parametrize(
    ("given", "methods"), [("steps", ["a"]), ("steps=3", ["a", "b"]), ("c.steps=3", ["a", "b"]), ("=3", ["a", "b"])]
)
def test_settings_that_reach_nobody_are_refused(given, methods):
    with pytest.raises(InputError, match="`--set` must be"):
        settings_by_method([given], methods)


def test_rows_are_numbers_and_ranges():
    assert row_numbers("0-2,7") == [0, 1, 2, 7]
    assert row_numbers("3") == [3]
    for wrong in ("", "a", "1-", "-1", "1-b"):
        with pytest.raises(InputError, match="`--rows` must be numbers"):
            row_numbers(wrong)
