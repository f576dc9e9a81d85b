import json

import pytest
import torch

import xaivision as xv
from xaivision import cli

QUICK = ("--set", "draws=2", "--set", "resamples=2")


def ran(capsys, *arguments):
    code = cli.run(["surrogate", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_tells_fidelity_and_writes_page_numbers_and_rules(tmp_path, capsys):
    code, out, _ = ran(capsys, "wine", "-m", "wine_logistic", "-k", 3, *QUICK, "-o", tmp_path)
    assert code == 0
    assert "same class as the black box" in out
    kinds = ("html", "json", "safetensors")
    assert {path.name for path in tmp_path.iterdir()} == {*(f"surrogate.{kind}" for kind in kinds), "surrogate_rules.json"}
    told = json.loads((tmp_path / "surrogate.json").read_text())
    assert told["k"] == 3
    made = xv.surrogate(xv.load_model("wine_logistic"), "wine", k=3, draws=2, resamples=2)
    assert told["features"] == list(made.surrogate.names)
    rows = xv.load_dataset("wine").test.inputs
    assert torch.equal(xv.load_surrogate(tmp_path / "surrogate.safetensors")(rows), made.surrogate(rows))


def test_what_the_command_wrote_is_a_model_for_the_other_commands(tmp_path, capsys):
    assert ran(capsys, "wine", "-m", "wine_logistic", "-k", 3, *QUICK, "-o", tmp_path)[0] == 0
    kept = tmp_path / "surrogate.safetensors"
    code = cli.run(["explain", "wine", "-m", str(kept), "--method", "feature_ablation", "-o", str(tmp_path / "explained")])
    assert code == 0
    capsys.readouterr()
    kept.write_bytes(kept.read_bytes()[:-9])
    code = cli.run(["explain", "wine", "-m", str(kept), "--method", "feature_ablation", "-o", str(tmp_path / "explained")])
    said = capsys.readouterr().err
    assert (code, len(said.strip().splitlines())) == (2, 1)
    assert "it is damaged or another kind of file" in said


def test_a_csv_file_of_rows_is_enough(tmp_path, capsys):
    data = xv.load_dataset("wine")
    data.schema.to_frame(data.train.inputs).to_csv(tmp_path / "rows.csv", index=False)
    code, out, _ = ran(capsys, tmp_path / "rows.csv", "-m", "wine_logistic", "-k", 2, *QUICK, "-o", tmp_path / "out", "--json")
    assert code == 0
    assert json.loads(out)["rows"] == {"learned": 88, "held_out": 37}


def test_the_column_of_true_classes_in_a_file_tells_accuracy(tmp_path, capsys):
    data = xv.load_dataset("wine")
    frame = data.schema.to_frame(data.train.inputs)
    frame["kind"] = data.train.targets.numpy()
    frame.to_csv(tmp_path / "rows.csv", index=False)
    arguments = (tmp_path / "rows.csv", "-m", "wine_logistic", "-k", 2, *QUICK, "-o", tmp_path / "out", "--json")
    assert json.loads(ran(capsys, *arguments)[1])["fidelity"]["accuracy"]["value"] is None
    told = json.loads(ran(capsys, *arguments, "--label", "kind")[1])
    assert told["fidelity"]["accuracy"]["value"] > 0.6


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["wine", "-m", "wine_logistic", "-k", "many"], "`--features` must be a number, or auto. Got 'many'."),
        (["wine", "-m", "wine_logistic", "--kind", "bush"], "is not a known kind of surrogate"),
        (["wine", "-m", "wine_forest", "--rankings", "gradient"], "needs a torch model"),
        (["wine", "-m", "breast_cancer_forest"], "holds rows of 13 columns, and this model takes 30"),
        (["nowhere.csv", "-m", "wine_forest"], "is no CSV file and no data set"),
        (["wine", "-m", "wine_forest", "--set", "depht=3"], "Did you mean `depth`"),
        (["wine", "-m", "wine_forest", "--set", "sure=high"], "`sure` must be a confidence above 0, up to 1. Got 'high'."),
        (["wine", "-m", "wine_forest", "--set", "strength=a"], "`strength` must be a positive number. Got 'a'."),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, *arguments, "-o", tmp_path)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
