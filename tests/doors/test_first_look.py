"""`info` shows which methods are right on a model, on an input that every machine has."""

import json

import pytest
import torch
from torch import nn

from xaivision import cli
from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.first_look import first_look, sample_input
from xaivision.models.registry import load_model


def test_info_of_a_model_has_its_card_and_its_preflight(capsys):
    assert cli.run(["info", "-m", "wine_mlp"]) == 0
    text = capsys.readouterr().out
    assert "num_classes" in text
    assert "valid" in text
    assert any(line.split()[:1] == ["deep_lift"] for line in text.splitlines())


def test_the_card_is_shown_before_the_preflight_starts(capsys, monkeypatch):
    shown = []

    def stopped(*_):
        shown.append(capsys.readouterr().out)
        raise InputError("stopped here")

    monkeypatch.setattr("xaivision.first_look.first_look", stopped)
    assert cli.run(["info", "-m", "wine_mlp"]) == 2
    assert "num_classes" in shown[0]


def test_info_as_json_has_the_findings_as_plain_values(capsys):
    assert cli.run(["info", "-m", "wine_mlp", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["preflight"]
    standings = {finding["method"]: finding["standing"] for finding in found["findings"]}
    assert standings["saliency"] == "valid"


def test_a_model_of_scores_alone_is_told_why_nothing_looks_inside():
    found = first_look(load_model("wine_logistic"))
    assert {finding.standing for finding in found.findings} == {"refused"}


def test_a_table_is_asked_about_a_row_off_the_typical_one():
    model = load_model("wine_mlp")
    assert not torch.equal(sample_input(model), torch.tensor([model.typical]))


def test_a_model_of_which_no_input_is_known_is_refused():
    with pytest.raises(InputError, match="needs an input"):
        sample_input(TorchClassifier(nn.Linear(3, 2), 2, domain="tabular"))


FACTORY = """
import torch
import xaivision as xv
from xaivision.core.image_format import ImageFormat

def made():
    torch.manual_seed(0)
    head = torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 2)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), *head)
    return xv.classifier(net, num_classes=2, image_format=ImageFormat(3, 16, 16))
"""


def test_info_takes_a_factory_as_explain_does(capsys, monkeypatch, tmp_path):
    (tmp_path / "made_for_info.py").write_text(FACTORY)
    monkeypatch.syspath_prepend(tmp_path)
    assert cli.run(["info", "-m", "made_for_info:made", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["domain"], found["num_classes"]) == ("made_for_info:made", "image", 2)
    assert found["inputs"] == [3, 16, 16]
    assert {one["method"]: one["standing"] for one in found["preflight"]["findings"]}["guided_backprop"] == "valid"
    assert cli.run(["info", "-m", "made_for_info:nothing"]) == 2
    assert "cannot be imported" in capsys.readouterr().err
