"""The gallery of a trained model from the command line."""

import json

import numpy as np
import pytest
from PIL import Image

import xaivision as xv
from xaivision import cli
from xaivision.data.planted_properties import load
from xaivision.models.transfer import train

QUICK = {"model": "proto_part", "backbone": "three_convolutions", "width": 8, "per_class": 2, "epochs": 1, "cycles": 1}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    data = load("planted_properties", count=24)
    train(xv.load_dataset("wine"), model="rbf", epochs=1, cycles=1).save(folder / "rows")
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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["small_cnn"], "`small_cnn` is not a known"),
        (["wine_logistic"], "`prototype_gallery` needs a model that decides by prototypes"),
        (["{}/squares.safetensors", "{}/picture_0.png", "--changes", "hues"], "`hues` is not a known change of pictures"),
        (["{}/squares.safetensors", "{}/picture_0.png", "--k", "0"], "`k` must be a positive integer. Got 0."),
        (["{}/squares.safetensors", "{}/nothing.png"], "nothing.png"),
        (["{}/missing.safetensors"], "missing.safetensors"),
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
    ],
)
def test_what_prototypes_cannot_learn_from_is_one_sentence_on_the_command_line(folder, settings, sentence, tmp_path, capsys):
    code = cli.run(["train", str(folder), "--model", "proto_part", "--size", "40", "-o", str(tmp_path / "out"), *settings])
    said = capsys.readouterr().err
    assert code == 2
    assert sentence in said
    assert "Traceback" not in said


def test_one_class_alone_is_one_sentence_on_the_command_line(folder, tmp_path, capsys):
    for picture in (folder / "rock").iterdir():
        picture.unlink()
    (folder / "rock").rmdir()
    assert cli.run(["train", str(folder), "--model", "proto_part", "-o", str(tmp_path / "out")]) == 2
    assert "must hold a folder for each of two or more classes" in capsys.readouterr().err
