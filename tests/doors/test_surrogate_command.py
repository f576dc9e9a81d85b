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


def test_rows_are_told_with_rule_way_and_counterfactual_and_a_class_to_reach(tmp_path, capsys):
    arguments = ("wine", "-m", "wine_logistic", "-k", 3, *QUICK, "-o", tmp_path)
    code, out, _ = ran(capsys, *arguments, "--rows", "0,177", "--target", "1")
    assert code == 0
    made = xv.surrogate(xv.load_model("wine_logistic"), "wine", k=3, draws=2, resamples=2)
    inputs = xv.load_dataset("wine").inputs[[0, 177]]
    told = json.loads((tmp_path / "surrogate.json").read_text())["single_rows"]
    assert [one["row"] for one in told] == ["wine row 0", "wine row 177"]
    goal = made.surrogate.class_names[1]
    for one, row in zip(told, inputs, strict=True):
        turned = made.counterfactual(row[None], goal)
        assert one["counterfactual"]["goal"] == goal
        before, after = row.tolist(), turned.counterfactuals[0, 0].tolist()
        changed = {name: (a, b) for name, a, b in zip(made.held_out.names, before, after, strict=True) if a != b}
        assert {part["feature"]: (part["now"], part["then"]) for part in one["counterfactual"]["changes"]} == changed
        assert one["rule"]["class"] == made.surrogate.class_names[int(made.surrogate(row[None]).argmax())]
        assert one["counterfactual"]["told"] in out
    page = (tmp_path / "surrogate.html").read_text()
    assert "Single rows" in page
    assert "wine row 177" in page


def test_near_one_row_the_surrogate_is_local_and_tells_of_that_row(tmp_path, capsys):
    code, out, _ = ran(capsys, "wine", "-m", "wine_logistic", "-k", 2, *QUICK, "--near", 5, "-o", tmp_path)
    assert code == 0
    assert "near one row" in out
    told = json.loads((tmp_path / "surrogate.json").read_text())
    data = xv.load_dataset("wine")
    assert list(told["near"].values()) == data.inputs[5].tolist()
    made = xv.surrogate(xv.load_model("wine_logistic"), "wine", near=data.inputs[5], k=2, draws=2, resamples=2)
    assert told["fidelity"]["agreement"]["value"] == made.fidelity.agreement.value
    assert [one["row"] for one in told["single_rows"]] == ["wine row 5"]
    assert xv.load_surrogate(tmp_path / "surrogate.safetensors").local


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
        (["wine", "-m", "wine_forest", "--rows", "0,178"], "`--rows` must be from 0 to 177 for wine. Got 178."),
        (["wine", "-m", "wine_forest", "--near", "178"], "`--near` must be from 0 to 177 for wine. Got 178."),
        (["wine", "-m", "wine_forest", "--target", "0"], "Name them, too: `--rows 0,5`."),
        (["wine", "-m", "wine_forest", "--rows", "0", "--target", "grower 9"], "grower 9"),
        (["wine", "-m", "surrogate.txt"], "a .safetensors file that `train` or `surrogate` has written"),
        (["wine", "-m", "wine_forest", "--set", "strength=a"], "`strength` must be a positive number. Got 'a'."),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, *arguments, "-o", tmp_path)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
