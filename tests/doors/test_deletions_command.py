"""Counterfactuals that last on the command line, where the background brings the classes that the model has learned."""

import json

import pytest

from xaivision import cli
from xaivision.data.registry import load_dataset

ASKED = ("explain", "breast_cancer", "-m", "breast_cancer_logistic", "--rows", "3", "--json")
KNOWN = ("--background", "breast_cancer")


def told(capsys, tmp_path, *words):
    code = cli.run([*ASKED, "--output", str(tmp_path), *words])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--method", "deletion_robust_counterfactuals"), "to last through 2 deletions"),
        (
            ("--method", "random_counterfactuals", "--set", "constraint=survives_deletion"),
            "the worst deletion of 2 training rows",
        ),
    ],
    ids=["method", "constraint"],
)
def test_the_background_brings_the_classes_and_the_regression_its_penalty(capsys, tmp_path, words, says):
    code, out, _ = told(capsys, tmp_path, *KNOWN, *words)
    assert code == 0
    assert says in json.dumps(json.loads(out))


def test_without_a_background_that_is_what_is_missing(capsys, tmp_path):
    code, _, err = told(capsys, tmp_path, "--method", "deletion_robust_counterfactuals")
    assert code == 2
    assert "`deletion_robust_counterfactuals` needs reference inputs. Give `--background`" in " ".join(err.split())
    assert "labels" not in err


@pytest.mark.parametrize("word", ["constraint=survives_deletion", None], ids=["constraint", "method"])
def test_a_background_without_classes_is_refused(capsys, tmp_path, word):
    data, table = load_dataset("breast_cancer"), tmp_path / "known.csv"
    data.schema.to_frame(data.train.inputs[:20]).to_csv(table, index=False)
    method = "random_counterfactuals" if word else "deletion_robust_counterfactuals"
    code, _, err = told(capsys, tmp_path, "--background", str(table), "--method", method, *(("--set", word) if word else ()))
    assert code == 2
    assert "needs the classes of the reference inputs. Give `--background` a data set." in " ".join(err.split())
