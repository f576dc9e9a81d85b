"""The gallery of a trained model from the command line."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import xaivision as xv
from xaivision import cli
from xaivision.core.errors import InputError
from xaivision.data.planted_properties import load
from xaivision.models.transfer import train

QUICK = {"model": "proto_part", "backbone": "three_convolutions", "width": 8, "per_class": 2, "epochs": 1, "cycles": 1}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    data = load("planted_properties", count=24)
    train(xv.load_dataset("wine"), model="rbf", epochs=1, cycles=1).save(folder / "rows")
    train(xv.load_dataset("wine"), model="prob_psenn", width=2, pretraining=1, epochs=1).save(folder / "sure")
    for number in range(2):
        pixels = np.rint(255 * data.inputs[number].permute(1, 2, 0).numpy()).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"picture_{number}.png")
    return train(data, **QUICK).save(folder / "squares").parent


def ran(capsys, *arguments):
    code = cli.run(["prototypes", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_writes_page_numbers_and_figures(saved, tmp_path, capsys):
    pictures = [saved / "picture_0.png", saved / "picture_1.png"]
    code, out, _ = ran(capsys, saved / "squares.safetensors", *pictures, "--changes", "hue,shape", "-o", tmp_path)
    assert code == 0
    assert "4 prototypes of squares" in out
    assert {one.name for one in tmp_path.iterdir()} >= {"prototypes.html", "prototypes.json", "prototypes_0.png"}
    page = (tmp_path / "prototypes.html").read_text()
    assert page.count("looks like that</p>") == 2 * 3
    assert set(json.loads((tmp_path / "prototypes.json").read_text())["prototypes"][0]["characteristics"]) == {"hue", "shape"}


def test_without_pictures_it_shows_the_prototypes_alone(saved, tmp_path, capsys):
    code, out, _ = ran(capsys, saved / "squares.safetensors", "-o", tmp_path, "--json")
    assert code == 0
    told = json.loads(out)
    assert told == json.loads((tmp_path / "prototypes.json").read_text())
    assert len(told["prototypes"]) == 4


def test_rows_of_a_table_are_shown_too(saved, tmp_path, capsys):
    code, out, _ = ran(capsys, saved / "rows.safetensors", "wine", "--rows", "0-2", "-o", tmp_path)
    assert code == 0
    assert "15 prototypes of rows" in out
    assert "certified radius" in out
    told = json.loads((tmp_path / "prototypes.json").read_text())["inputs"]
    rows = xv.load_dataset("wine").inputs[:3]
    proven = xv.certified(xv.load_trained(saved / "rows.safetensors").classifier, rows).radii
    assert [one["certified_radius"] for one in told] == pytest.approx(proven.tolist())
    assert [len(one["matches"]) for one in told] == [3, 3, 3]


def test_prototypes_that_are_not_what_is_shown_for_them_are_said_so(saved, tmp_path, capsys):
    known = xv.load_trained(saved / "squares.safetensors")
    assert "are not the places" not in ran(capsys, saved / "squares.safetensors", "-o", tmp_path)[2]
    with torch.no_grad():
        known.network.prototypes.centers[1] += 0.5
    known.save(tmp_path / "moved")
    code, _, err = ran(capsys, tmp_path / "moved.safetensors", "-o", tmp_path)
    assert code == 0
    assert "1 of 4 prototypes are not the places of training inputs that are shown (largest gap " in err


def test_distributions_are_shown_with_how_sure_they_are_of_the_rows(saved, tmp_path, capsys):
    code, out, _ = ran(capsys, saved / "sure.safetensors", "wine", "--rows", "0,60", "-o", tmp_path)
    assert code == 0
    assert all(word in out for word in ("3 distributions of sure", "wine row 60", "epistemic"))
    figures = [f"prototypes_{label}.png" for label in range(3)] + ["uncertainty_0.png", "uncertainty_1.png"]
    assert {one.name for one in tmp_path.iterdir()} == {"prototypes.html", "prototypes.json", *figures}
    told = json.loads((tmp_path / "prototypes.json").read_text())
    model = xv.load_trained(saved / "sure.safetensors").classifier
    found = xv.explain_uncertainty(model, xv.load_dataset("wine").inputs[[0, 60]])
    assert [one["epistemic"] for one in told["inputs"]] == pytest.approx(found.epistemic.tolist())
    assert [one["reading"] for one in told["inputs"]] == list(found.readings)


def test_prototypes_are_judged_on_a_set_whose_parts_are_known(saved, tmp_path, capsys):
    model = xv.load_trained(saved / "squares.safetensors").classifier
    code, out, _ = ran(capsys, saved / "squares.safetensors", "--judge", "planted_properties", "-o", tmp_path, "--json")
    assert code == 0
    data = xv.load_dataset("planted_properties")
    parts = {"object": data.truth[data.split.test].bool()}
    told, found = json.loads(out)["judged"], xv.evaluate_prototypes(model, data.test, parts)
    assert told["consistency"]["each"] == pytest.approx(found.consistency.each.tolist())
    assert told["part_names"] == ["object"]
    assert "Does each mean one part?" in (tmp_path / "prototypes.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["small_cnn"], "`small_cnn` is not a known"),
        (["wine_logistic"], "`prototype_gallery` needs a model that decides by prototypes"),
        (["{}/squares.safetensors", "{}/picture_0.png", "--changes", "hues"], "`hues` is not a known change of pictures"),
        (["{}/squares.safetensors", "{}/picture_0.png", "--k", "0"], "`k` must be a positive integer. Got 0."),
        (["{}/squares.safetensors", "{}/nothing.png"], "nothing.png"),
        (["{}/missing.safetensors"], "missing.safetensors"),
        (["{}/sure.safetensors", "--judge", "planted_properties"], "`--judge` asks whether places of pictures mean"),
        (["{}/sure.safetensors", "--changes", "hue"], "`--changes` asks what places of pictures mean"),
        (["{}/squares.safetensors", "--judge", "{}/nowhere"], "`--judge` must be a data set of pictures, or a folder"),
        (["{}/rows.safetensors", "--judge", "planted_properties"], "The prototypes of this model are rows of a table."),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(saved, arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, *(one.format(saved) for one in arguments), "-o", tmp_path / "out")
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


@pytest.fixture
def folder(tmp_path):
    """Two classes of noise, twelve pictures each."""
    draws = np.random.default_rng(0)
    for name in ("mud", "rock"):
        (tmp_path / "sonar" / name).mkdir(parents=True)
        for number in range(12):
            pixels = draws.integers(0, 255, (40, 40), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "sonar" / name / f"{number}.png")
    return tmp_path / "sonar"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["-b", "three_convolutions", "--set", "per_class=50"], "Got 50 prototypes and 7 inputs of 'mud'. Give per_class=7"),
        (["--set", "side=32"], "`efficientnet_lite0` has a map of several places, of which a prototype shows one. Got 32"),
        (["-b", "three_convolutions", "--set", "side=5"], "`three_convolutions` has a map of several places"),
        (["-b", "three_convolutions", "--set", "decay=2"], "`decay` must be at most 1"),
        (["--random-weights"], "`weights` of `efficientnet_lite0` are those of its package"),
        (["-b", "three_convolutions", "--model", "linear"], "`backbone` 'three_convolutions' is one for prototypes and trees"),
    ],
)
def test_what_prototypes_cannot_learn_from_is_one_sentence_on_the_command_line(folder, settings, sentence, tmp_path, capsys):
    code = cli.run(["train", str(folder), "--model", "proto_part", "--size", "40", "-o", str(tmp_path / "out"), *settings])
    said = capsys.readouterr().err
    assert code == 2
    assert sentence in said
    assert "Traceback" not in said


def test_a_backbone_that_learns_anew_needs_no_size(folder, tmp_path, capsys):
    quick = [f"--set={one}" for one in ("per_class=1", "epochs=1", "cycles=1", "width=4")]
    asked = ["train", str(folder), "--model", "proto_part", "-b", "three_convolutions", *quick, "-o", str(tmp_path / "out")]
    assert cli.run(asked) == 0
    assert xv.load_trained(tmp_path / "out" / "model.safetensors").classifier.image_format.height == 32


@pytest.mark.parametrize(("name", "value"), [("backbone", "resnet18"), ("weights", "IMAGENET1K_V1")])
def test_rows_of_a_table_take_no_backbone(name, value):
    with pytest.raises(InputError, match=f"`{name}` must be left out for rows of a table, which take none. Got '{value}'"):
        xv.train(xv.load_dataset("wine"), model="rbf", **{name: value})


def test_one_class_alone_is_one_sentence_on_the_command_line(folder, tmp_path, capsys):
    for picture in (folder / "rock").iterdir():
        picture.unlink()
    (folder / "rock").rmdir()
    assert cli.run(["train", str(folder), "--model", "proto_part", "-o", str(tmp_path / "out")]) == 2
    assert "must hold a folder for each of two or more classes" in capsys.readouterr().err
