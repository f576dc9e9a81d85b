import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import xaivision as xv
from xaivision import cli
from xaivision.core.errors import InputError
from xaivision.data.image_folders import load_image_folders
from xaivision.data.registry import load_dataset
from xaivision.labeled_folders import labeled_folder, unlearned
from xaivision.naming import background_from, items_from


class Brightness(torch.nn.Module):
    """Bright pictures are of class "ship": what it says of a picture is known."""

    def forward(self, images):
        mean = images.mean((1, 2, 3))
        return torch.stack([0.5 - mean, mean - 0.5], 1)


def model_of(names=("rock", "ship")):
    return xv.classifier(Brightness(), domain="image", num_classes=2, class_names=names, image_format=xv.ImageFormat(1, 24, 24))


@pytest.fixture
def folder(tmp_path):
    """Dark rocks and bright ships, eight each; ship/3.png is dark."""
    draws = np.random.default_rng(0)
    for name, low in (("rock", 0), ("ship", 130)):
        (tmp_path / "sonar" / name).mkdir(parents=True)
        for number in range(8):
            dark = 0 if (name, number) == ("ship", 3) else low
            values = draws.integers(dark, dark + 120, (6, 6), dtype=np.uint8)
            Image.fromarray(values).resize((30, 24)).save(tmp_path / "sonar" / name / f"{number}.png")
    return tmp_path / "sonar"


def test_rows_count_through_the_classes_and_titles_name_them(folder):
    found = items_from([str(folder)], model_of(), rows=(0, 7, 8, 15))
    assert found.titles == ("rock/0.png", "rock/7.png", "ship/0.png", "ship/7.png")
    assert found.inputs.shape == (4, 1, 24, 24)
    assert found.notes == ()
    with pytest.raises(InputError, match="from 0 to 15"):
        items_from([str(folder)], model_of(), rows=(16,))


def test_a_picture_that_is_called_another_class_than_its_folder_is_told(folder):
    found = items_from([str(folder)], model_of(), rows=(0, 10, 11))
    assert found.notes == ("1 of 3 pictures is called another class than its folder: ship/3.png is called rock.",)


def test_folders_that_the_model_does_not_know_are_left_out_and_told(folder):
    shutil.copytree(folder / "rock", folder / "masks")
    found = items_from([str(folder)], model_of(), rows=(0, 8))
    assert found.titles == ("rock/0.png", "ship/0.png")
    assert found.notes == ("Left out of sonar, since the model has no such class: masks.",)


def test_a_model_of_other_classes_takes_all_folders_and_is_not_held_against_them(folder):
    found = items_from([str(folder)], model_of(("cat", "dog")), rows=(0, 11))
    assert found.titles == ("rock/0.png", "ship/3.png")
    assert found.notes == ()


def test_the_test_part_is_the_one_that_training_leaves_aside(folder):
    read = load_image_folders(folder)
    test, train = (unlearned(folder, model_of(), test=part) for part in (True, False))
    assert list(test.paths) == [read.paths[row] for row in read.split.test.tolist()]
    assert list(train.paths) == [read.paths[row] for row in read.split.train.tolist()]
    assert background_from(str(folder), model_of()).titles == train.titles


def test_a_folder_of_pictures_is_no_folder_of_classes(folder):
    assert labeled_folder(folder / "rock", model_of()) is None
    assert len(items_from([str(folder / "rock")], model_of()).titles) == 8


@pytest.mark.parametrize("given", [str, lambda folder: folder, load_image_folders], ids=["word", "path", "folders"])
def test_an_audit_takes_the_test_part_and_says_so(folder, given):
    report = xv.audit(model_of(), given(folder), ["occlusion"], ["sparseness"])
    expected = unlearned(folder, model_of())
    assert report.checklist.data.items == len(expected.paths)
    assert "as `xaivision train` splits it" in report.checklist.data.selection


def test_every_command_takes_a_trained_model_and_the_folder_it_learned_from(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = load_dataset("sonar48", count=40)
    for number, (picture, label) in enumerate(zip(data.inputs, data.targets.tolist(), strict=True)):
        place = tmp_path / "sonar" / data.class_names[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((picture[0].numpy() * 255).astype(np.uint8)).save(place / f"{number:02}.png")
    out, folder = tmp_path / "out", str(tmp_path / "sonar")
    quick = ("-b", "squeezenet1_1", "--random-weights", "--set", "epochs=2", "--size", "48")
    assert cli.run(["train", folder, *quick, "-o", str(out)]) == 0
    capsys.readouterr()
    model = ("-m", str(out / "model.safetensors"), "--json")
    assert cli.run(["explain", folder, "-x", "saliency", "--rows", "0,12", *model, "-o", str(out)]) in (0, 1)
    explained = json.loads(capsys.readouterr().out)
    assert [one["title"] for one in explained["inputs"]] == ["bar/02.png", "mine/09.png"]
    compared = ["compare", folder, "-x", "saliency", "--metrics", "sparseness", "--rows", "3", *model, "-o", str(out)]
    assert cli.run(compared) in (0, 1)
    judged = ["evaluate", folder, "-x", "saliency", "--metric", "sparseness", "--rows", "3", *model, "-o", str(out)]
    assert cli.run(judged) in (0, 1)
    capsys.readouterr()
    audited = ["audit", folder, "-x", "saliency", "--metrics", "sparseness", *model, "-o", str(tmp_path / "audit")]
    assert cli.run(audited) in (0, 1)
    said = capsys.readouterr()
    assert json.loads(said.out)["checklist"]["data"]["items"] == 12
    assert "one side; 12 pictures (bar 3, mine 3, plane 3, seafloor 3)" in said.err
