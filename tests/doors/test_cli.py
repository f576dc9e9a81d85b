import json
import os
import pty
import signal
import subprocess
import sys
from functools import partial

import pytest

from xaivision import cli

SONAR = ["uci_sonar", "--model", "uci_sonar_mlp"]
COMMANDS = ("list", "explain", "compare", "evaluate", "audit", "train", "shortcuts", "attributes", "demo", "info")


# A real SIGINT, sent to itself at a moment that no clock decides.
STOPPED_EARLY = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv[1:] = ["list"]
from xaivision.__main__ import main
main()
"""
STOPPED_AT_WORK = """
import os, signal, sys
sys.argv = ["xaivision", "compare", "uci_sonar", "-m", "uci_sonar_mlp", "-x", "saliency,occlusion", "-o", sys.argv[1]]
from xaivision.__main__ import main
from xaivision.explainers.saliency import Saliency
explain = Saliency.explain
def interrupted(*arguments, **settings):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10**7): pass
    except KeyboardInterrupt:
        if not {lost}: raise
    return explain(*arguments, **settings)
Saliency.explain = interrupted
main()
"""


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
        (["explain", "chelsea", "-x", "saliency", "-t", "cat"], "Persian cat (283)"),
        (["explain", "chelsea", "-x", "nearest_examples"], "Give `--background` a data set, a folder or a CSV file."),
        (["explain", *SONAR, "-x", "saliency", "--background", "uci_sonar"], "look at reference inputs: "),
        (
            ["explain", *SONAR, "-x", "nearest_examples", "--background", "wine"],
            "'wine' holds rows of 13 columns, and this model takes 60. Name a model of it: wine_mlp",
        ),
        (["explain", *SONAR, "-x", "nearest_examples", "--background", "digits"], "'digits' holds pictures"),
        (["explain", *SONAR, "-x", "saliency", "--label", "label"], "`--label` names a column of a CSV file."),
        (["explain", "chelsea", "-x", "saliency", "--label", "label"], "`--label` is for the columns of a CSV file"),
        (["compare", *SONAR, "-x", "saliency", "--set", "deletion.step=3"], "Did you mean `steps`?"),
        (["compare", *SONAR, "-x", "saliency", "--metrics", "parameter_randomization"], "is a sanity check"),
        (["evaluate", *SONAR, "-x", "saliency", "--metric", "deletoin"], "Did you mean `deletion`?"),
        (["evaluate", *SONAR, "-x", "saliency", "--metric", "deletion", "--set", "deletion.steps=0"], "`steps` must be"),
        (["evaluate", *SONAR, "-x", "saliency", "--metric", "completeness"], "`completeness` judges contributions"),
        (["evaluate", *SONAR, "-x", "saliency"], "--metric"),
        (["list", "methods", "oclusion"], "Did you mean `occlusion`?"),
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
    code, _, err = ran(capsys, "explain", "no such input", "-x", "no such method", "-o", str(taken))
    assert code == 2
    assert "`--output` must be a folder" in err
    assert taken.read_text() == "mine"


def test_a_command_that_fails_leaves_no_folder_behind(capsys, tmp_path):
    assert ran(capsys, "explain", *SONAR, "-x", "saliencyy", "-o", str(tmp_path / "new"))[0] == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "moment", ["while typer is imported", "at work", pytest.param("at work, and lost there", marks=pytest.mark.slow)]
)
def test_ctrl_c_is_one_word_on_standard_error_and_exit_code_130(tmp_path, moment):
    """In a process of its own, piped, as a script would run it."""
    code = STOPPED_EARLY if moment == "while typer is imported" else STOPPED_AT_WORK.format(lost="lost" in moment)
    hearing = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell that works in the background is deaf to it
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120, preexec_fn=hearing
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")


def test_interrupts_that_the_caller_ignores_stay_ignored():
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + (
        "import sys, xaivision.__main__ as m; sys.argv[1:] = ['--version']\n"
        "try: m.main()\nfinally: assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


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


def test_the_short_list_is_one_line_each_and_names_all(capsys):
    from xaivision.explainers.registry import EXPLAINERS

    code, out, _ = ran(capsys, "list", "methods")
    lines = {line.split()[0]: line for line in out.splitlines() if line.split()}
    methods = [name for name, kind in EXPLAINERS.items() if not kind.about.control]
    assert code == 0
    assert len(out.strip().splitlines()) <= len(methods) + 4
    for name in methods:
        about = EXPLAINERS[name].about
        assert all(fact in lines[name] for fact in (about.answers, str(about.needs), about.cost))
    assert "misleads" not in out
    assert "beside the 1 forward" in out


def test_a_card_is_printed_whole_for_one_name_and_with_long_for_all(capsys):
    out = ran(capsys, "list", "methods", "occlusion")[1]
    assert "misleads: " in out
    assert "settings: window=None, stride=None, baseline='auto'" in out
    assert "saliency" not in out
    out = ran(capsys, "list", "metrics", "--long")[1]
    assert out.count("misleads: ") >= 5
    card = json.loads(ran(capsys, "list", "datasets", "wine", "--json")[1])["datasets"]
    assert [one["license"] for one in card] == ["CC BY 4.0"]
    assert json.loads(ran(capsys, "list", "models", "wine_logistic", "--json")[1])["models"][0]["num_classes"] == 3


def test_the_json_of_a_list_holds_whole_cards(capsys):
    card = json.loads(ran(capsys, "list", "methods", "--json")[1])["methods"][0]
    assert {"name", "answers", "misleads", "cost", "source", "needs", "domains", "control"} <= set(card)


def test_an_evaluation_is_written_and_says_how_the_controls_do(capsys, tmp_path):
    import xaivision as xv

    chosen = [*SONAR, "-x", "integrated_gradients", "--metric", "deletion", "--rows", "0-2"]
    chosen += ["--set", "steps=8", "--set", "deletion.steps=4", "-o", str(tmp_path)]
    code, out, err = ran(capsys, "evaluate", *chosen, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["metric"], found["method"], found["settings"]["steps"]) == ("deletion", "integrated_gradients", 4)
    assert found["inputs"] == ["uci_sonar row 0", "uci_sonar row 1", "uci_sonar row 2"]
    assert set(found["controls"]) >= {"random", "input_magnitude"}
    model, rows = xv.load_model("uci_sonar_mlp"), xv.load_dataset("uci_sonar").inputs[:3]
    same = xv.evaluate(model, rows, "integrated_gradients", "deletion", steps=8, metric_settings={"steps": 4})
    assert found["values"] == same.values.tolist()
    name = "deletion_of_integrated_gradients"
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.safetensors", f"{name}.png"}
    assert xv.load(tmp_path / name).values.tolist() == same.values.tolist()


def test_an_evaluation_is_a_table_with_a_column_for_each_control(capsys, tmp_path):
    chosen = [*SONAR, "-x", "saliency", "--metric", "parameter_randomization", "--rows", "0,1"]
    code, out, _ = ran(capsys, "evaluate", *chosen, "-o", str(tmp_path))
    assert code == 0
    assert all(word in out for word in ("saliency", "input_magnitude (control)", "uci_sonar row 1", "mean [95 % interval]"))
    assert "lower is better" in out


def test_the_evaluation_of_a_refused_explanation_is_exit_code_1_and_says_why(capsys, tmp_path, monkeypatch):
    (tmp_path / "flat_models.py").write_text(
        "import torch\n"
        "class Steep(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.layer = torch.nn.Linear(13, 2)\n"
        "    def forward(self, rows):\n"
        "        return torch.stack([rows[:, 0].round(), -rows[:, 0].round()], 1) + 0 * self.layer(rows)\n"
        "def steep():\n"
        "    import xaivision as xv\n"
        "    return xv.classifier(Steep(), schema=xv.load_dataset('wine').schema)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    chosen = ["wine", "-m", "flat_models:steep", "-x", "saliency", "--metric", "deletion", "-o", str(tmp_path / "out")]
    code, out, _ = ran(capsys, "evaluate", *chosen)
    assert code == 1
    assert "the explanation: refuse: the map is zero everywhere" in out


def test_metric_settings_reach_the_metric_they_name(capsys, tmp_path):
    chosen = [*SONAR, "-x", "saliency,occlusion", "--set", "deletion.steps=4", "--set", "occlusion.window=3"]
    found = json.loads(ran(capsys, "compare", *chosen, "-o", str(tmp_path), "--json")[1])
    scores = found["methods"]["saliency"]["scores"]
    assert (scores["deletion"]["settings"]["steps"], scores["insertion"]["settings"]["steps"]) == (4, 32)
    assert found["methods"]["occlusion"]["settings"]["window"] == 3


def test_a_background_is_the_training_part_of_a_data_set(capsys, tmp_path):
    import torch

    import xaivision as xv

    chosen = [*SONAR, "-x", "nearest_examples", "--background", "uci_sonar", "--set", "k=2", "-o", str(tmp_path)]
    code, _, err = ran(capsys, "explain", *chosen)
    assert (code, err) == (0, "")
    sonar = xv.load_dataset("uci_sonar")
    same = xv.explain(xv.load_model("uci_sonar_mlp"), sonar.inputs[:1], "nearest_examples", background=sonar.train.inputs, k=2)
    assert torch.equal(xv.load(tmp_path / "nearest_examples").indices, same.indices)


def test_a_comparison_with_a_background_includes_the_methods_that_look_at_one(capsys, tmp_path):
    chosen = [*SONAR, "--metrics", "", "--background", "uci_sonar", "-o", str(tmp_path), "--json"]
    found = json.loads(ran(capsys, "compare", *chosen)[1])
    assert {"saliency", "nearest_examples"} <= set(found["methods"])


def test_a_csv_file_with_a_label_is_read_and_the_column_left_out_is_told(capsys, tmp_path):
    import torch

    import xaivision as xv

    sonar = xv.load_dataset("uci_sonar")
    frame = sonar.schema.to_frame(sonar.inputs.numpy()).assign(label="R")
    frame[[*reversed(frame.columns)]].to_csv(tmp_path / "returns.csv", index=False)
    chosen = ["explain", str(tmp_path / "returns.csv"), "-m", "uci_sonar_mlp", "-x", "saliency", "--rows", "7"]
    code, out, err = ran(capsys, *chosen, "-o", str(tmp_path / "out"), "--json")
    assert code == 0
    assert err == "Left out of returns.csv, since the model takes no such column: label.\n"
    assert json.loads(out)["inputs"][0]["title"] == "returns row 7"
    truth = xv.explain(xv.load_model("uci_sonar_mlp"), sonar.inputs[7:8], "saliency")
    assert torch.allclose(xv.load(tmp_path / "out" / "saliency").values, truth.values.double(), atol=1e-5)
    assert ran(capsys, *chosen, "--label", "label", "-o", str(tmp_path / "out"))[2] == ""


@pytest.mark.slow
def test_a_terminal_says_what_is_being_loaded(tmp_path):
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "xaivision", "explain", *SONAR, "-x", "saliency", "-o", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env={**os.environ, "TERM": "xterm"}) as started:
        os.close(terminal)
        shown = b""
        try:
            while part := os.read(controller, 65536):
                shown += part
        except OSError:  # how Linux says that the other end was closed
            pass
        started.communicate()
    os.close(controller)
    assert started.returncode == 0
    for words in (b"starting", b"loading uci_sonar_mlp", b"loading uci_sonar "):
        assert words in shown


def test_a_class_can_be_held_against_another(capsys, tmp_path):
    asked = ("explain", *SONAR, "-x", "saliency", "-o", str(tmp_path), "--json")
    code, out, _ = ran(capsys, *asked, "-t", "mine", "--against", "rock")
    (answer,) = json.loads(out)["inputs"]
    assert code == 0
    assert (answer["target_name"], answer["against_name"], answer["unit"]) == ("mine", "rock", "logit difference")
    code, out, _ = ran(capsys, *asked, "-t", "mine", "--score", "probability")
    assert json.loads(out)["inputs"][0]["score"] == json.loads(out)["inputs"][0]["probability"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ("--score", "odds"),
            "`output` must be one of 'score', 'logit', 'log_probability', 'probability', 'margin'. Got 'odds'.",
        ),
        (("-t", "mine", "--against", "mine"), "`against` must be another class than the target."),
        (("--against", "whale"), "`whale` is not a known class of this model."),
    ],
    ids=str,
)
def test_a_question_that_has_no_meaning_is_one_sentence(capsys, tmp_path, options, says):
    code, _, err = ran(capsys, "explain", *SONAR, "-x", "saliency", "-o", str(tmp_path), *options)
    assert code == 2
    assert err.startswith(says)
