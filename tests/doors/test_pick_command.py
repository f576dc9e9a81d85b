"""The inputs that stand for many, from the command line."""

import json

import numpy as np
import pytest
from PIL import Image

import xaivision as xv
from xaivision import cli
from xaivision.held_out_items import held_out_items
from xaivision.labeled_folders import unlearned

SONAR = ("sonar48", "-m", "sonar48_convnet", "-x", "occlusion", "--set", "window=12", "--set", "stride=12")


def ran(capsys, *arguments):
    code = cli.run(["pick", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_pictures_are_picked_drawn_and_told(tmp_path, capsys):
    code, out, _ = ran(capsys, *SONAR, "--rows", "0-7", "--count", "2", "--features", "4", "-o", tmp_path)
    assert code == 0
    assert "2 of 8 inputs by occlusion" in out
    assert {one.name for one in tmp_path.iterdir()} == {"pick.json", "pick_0.png", "pick_1.png"}
    told = json.loads((tmp_path / "pick.json").read_text())
    model, data = xv.load_model("sonar48_convnet"), xv.load_dataset("sonar48")
    same = xv.submodular_pick(model, data.inputs[:8], "occlusion", 2, features=4, window=12, stride=12)
    assert [one["index"] for one in told["picked"]] == list(same.indices)
    assert [one["covered"] for one in told["picked"]] == list(same.coverage)
    assert told["importance"] == same.importance.tolist()


@pytest.mark.slow
def test_rows_of_a_table_are_picked_by_lime_with_themselves_as_background(tmp_path, capsys):
    arguments = ("uci_sonar", "-m", "uci_sonar_logistic", "--rows", "0-9", "--count", "2", "--set", "budget=150")
    code, out, _ = ran(capsys, *arguments, "-o", tmp_path, "--json")
    assert code == 0
    told = json.loads(out)
    assert told == json.loads((tmp_path / "pick.json").read_text())
    same = xv.submodular_pick(xv.load_model("uci_sonar_logistic"), xv.load_dataset("uci_sonar").inputs[:10], count=2, budget=150)
    assert [one["index"] for one in told["picked"]] == list(same.indices)


def test_of_many_those_are_looked_at_that_nothing_was_learned_from_evenly_spaced():
    model, data = xv.load_model("sonar48_convnet"), xv.load_dataset("sonar48")
    found = held_out_items(["sonar48"], model, 5)
    rows = data.split.test.tolist()
    chosen = [rows[place * len(rows) // 5] for place in range(5)]
    assert found.inputs.equal(data.inputs[chosen])
    assert found.titles == tuple(f"sonar48 row {row}" for row in chosen)
    assert found.notes == (f"5 of {len(rows)} inputs are looked at, evenly spaced; `--most` takes more.",)
    assert held_out_items(["sonar48"], model, len(rows)).notes == ()


def test_of_class_folders_the_test_part_is_taken_and_of_a_plain_folder_all(tmp_path):
    model = xv.load_model("sonar48_convnet")
    for kind, low in (("mine", 0), ("seafloor", 90)):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number in range(10):
            noise = np.random.default_rng(low + number).integers(low, low + 110, (48, 48), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / "set" / kind / f"{number}.png")
    part = unlearned(tmp_path / "set", model)
    found = held_out_items([str(tmp_path / "set")], model, 60)
    assert found.titles == part.titles
    assert found.notes == ("Of set the test part is looked at, as `xaivision train` splits it.",)
    assert len(held_out_items([str(tmp_path / "set")], model, 2).titles) == 2
    assert len(held_out_items([str(tmp_path / "set" / "mine")], model, 60).titles) == 10


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*SONAR, "--count", "0"), "`count` must be a positive integer. Got 0."),
        ((*SONAR, "--most", "0"), "`most` must be a positive integer. Got 0."),
        ((*SONAR[:3], "-x", "nearest_examples"), "`nearest_examples` needs reference inputs."),
        ((*SONAR[:3], "-x", "ocklusion"), "ocklusion"),
        (("nowhere", "-m", "sonar48_convnet"), "nowhere"),
    ],
)
def test_what_cannot_be_picked_is_one_sentence_and_nothing_is_written(arguments, sentence, tmp_path, capsys):
    code, _, said = ran(capsys, *arguments, "-o", tmp_path / "out")
    assert code == 2
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
