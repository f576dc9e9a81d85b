"""What was answered is taken up only where everything that it came from is the same."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.known_answers import parts_folder
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.parts_folder import PartsFolder, code_digest, key_of, study_key
from xaivision.explainers.registry import explainer


def asked(weight: float = 1.0) -> KnownQuestion:
    layer = torch.nn.Linear(3, 2, bias=False)
    with torch.no_grad():
        layer.weight.fill_(weight)
    model, rows = TorchClassifier(layer, 2, domain="tabular"), torch.arange(6.0).view(2, 3)
    exact = torch.ones(2, 3)
    return KnownQuestion(
        "a set", "a model", model, rows, torch.tensor([0, 1]), rows > 2, "model use", "", 1.0, exact=exact, given={}
    )


OTHERS = {
    "inputs": lambda one: replace(one, inputs=one.inputs + 1),
    "targets": lambda one: replace(one, targets=1 - one.targets),
    "truth": lambda one: replace(one, truth=~one.truth),
    "exact": lambda one: replace(one, exact=2 * one.exact),
    "cell": lambda one: replace(one, cell=2),
    "name": lambda one: replace(one, set_name="another set"),
    "weights": lambda _one: asked(2.0),
}


@pytest.mark.parametrize("what", OTHERS)
def test_an_answer_is_not_taken_up_where_the_question_is_another(what):
    method = explainer("saliency")
    assert key_of(asked(), "m", method, 0) == key_of(asked(), "m", method, 0)
    assert key_of(OTHERS[what](asked()), "m", method, 0) != key_of(asked(), "m", method, 0)


def test_nor_where_the_method_its_settings_its_name_the_seed_or_the_code_are_others(monkeypatch):
    method = explainer("integrated_gradients", steps=8)
    keys = [
        key_of(asked(), "m", method, 0),
        key_of(asked(), "other", method, 0),
        key_of(asked(), "m", explainer("integrated_gradients", steps=9), 0),
        key_of(asked(), "m", explainer("saliency"), 0),
        key_of(asked(), "m", method, 1),
    ]
    monkeypatch.setattr(parts_folder, "code_digest", lambda: "other code")
    keys.append(key_of(asked(), "m", method, 0))
    assert len(set(keys)) == len(keys)


def test_a_study_is_not_taken_up_where_its_name_size_seed_or_code_are_others(monkeypatch):
    keys = [study_key("a", "quick", 0), study_key("b", "quick", 0), study_key("a", "full", 0), study_key("a", "quick", 1)]
    assert study_key("a", "quick", 0) == keys[0]
    monkeypatch.setattr(parts_folder, "code_digest", lambda: "other code")
    assert len({*keys, study_key("a", "quick", 0)}) == len(keys) + 1


@pytest.mark.parametrize(
    ("file", "decides"),
    [
        ("core/random.py", True),
        ("data/known_answers/tetrominoes.py", True),
        ("engines/localization.py", True),
        ("models/known_answers/known_models.py", True),
        ("explainers/controls.py", True),
        ("evaluation/known_answers/known_scores.py", True),
        ("evaluation/scoring.py", True),
        ("report/benchmark_page.py", False),
    ],
)
def test_every_floor_that_decides_a_number_is_in_the_digest_of_the_code(file, decides, monkeypatch):
    read, root = Path.read_bytes, Path(parts_folder.__file__).parents[2]
    assert (root / file).is_file()
    before = code_digest.__wrapped__()
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path == root / file else b""))
    assert (code_digest.__wrapped__() != before) == decides


def test_a_part_is_read_under_its_own_key_only(tmp_path):
    folder = PartsFolder(tmp_path)
    folder.write("one", {"answer": 1})
    assert folder.read("one") == {"key": "one", "answer": 1}
    (tmp_path / "other.json").write_bytes((tmp_path / "one.json").read_bytes())
    assert folder.read("other") is None
    assert folder.read("none") is None


def test_parts_that_no_run_has_asked_for_in_a_month_go_and_nothing_else_does(tmp_path):
    old, used, other = tmp_path / f"{'a' * 64}.json", tmp_path / f"{'b' * 64}.json", tmp_path / "notes.json"
    for path in (old, used, other):
        path.write_text(json.dumps({"key": path.stem}))
        past = time.time() - (parts_folder.DAYS + 1) * 24 * 3600
        os.utime(path, (past, past))
    fresh = tmp_path / f"{'c' * 64}.json"
    fresh.write_text("{}")
    reading = PartsFolder(fresh.parent / "elsewhere")
    reading._folder = tmp_path  # opened before they were old
    assert reading.read(used.stem) is not None  # and what is taken up is young again
    PartsFolder(tmp_path)
    assert sorted(tmp_path.glob("*.json")) == sorted([used, other, fresh])


def test_without_a_folder_nothing_is_kept():
    folder = PartsFolder(None)
    folder.write("one", {"answer": 1})
    assert folder.read("one") is None
