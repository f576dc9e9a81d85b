"""Folders as people have them: what cannot be learned from is one sentence, and what can is learned from rightly."""

import shutil

import numpy as np
import pytest
from PIL import Image

from xaivision import cli
from xaivision.models.trained_file import load_trained

QUICK = ("-b", "squeezenet1_1", "--random-weights", "--set", "epochs=3", "--set", "learning_rate=0.01", "--size", "48")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    """Dark and bright noise, six pictures each."""
    root = tmp_path / "sonar"
    for name, low in (("dark", 0), ("light", 140)):
        (root / name).mkdir(parents=True)
        for number in range(6):
            noise = np.random.default_rng(number + low).integers(low, low + 110, (30, 36), dtype=np.uint8)
            Image.fromarray(noise).save(root / name / f"{number}.png")
    return root


def ran(capsys, folder, tmp_path, *more):
    code = cli.run(["train", str(folder), *QUICK, "-o", str(tmp_path / "out"), *more])
    said = capsys.readouterr()
    return code, said.err


def empty_class(root):
    (root / "middle").mkdir()


def one_class(root):
    shutil.rmtree(root / "dark")


def few_of_a_class(root):
    for number in range(2):
        (root / "dark" / f"{number}.png").unlink()


def copies_of_few(root):
    for number in range(1, 6):
        shutil.copy(root / "dark" / "0.png", root / "dark" / f"{number}.png")


def unreadable(root):
    (root / "light" / "3.png").write_bytes((root / "light" / "3.png").read_bytes()[:200])
    (root / "dark" / "notes.png").write_text("no picture")


def no_folders(root):
    for name in ("dark", "light"):
        shutil.rmtree(root / name)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (empty_class, "middle` must hold at least one picture. The folder is empty. Put pictures in it, or leave it out."),
        (one_class, "a folder for each of two or more classes. Got light. Make a folder for each class beside the others"),
        (few_of_a_class, "Each class must have at least 5 different pictures. Got 4 of 'dark'."),
        (copies_of_few, "Each class must have at least 5 different pictures. Got 1 of 'dark' (6 with the copies)."),
        (unreadable, "(2 of 13 files cannot be read; this is the first.) Mend these files or take them out of the folder."),
        (no_folders, "must hold a folder for each of two or more classes. Got none."),
    ],
)
def test_what_cannot_be_learned_from_is_one_sentence_and_nothing_is_written(folder, tmp_path, capsys, spoil, sentence):
    spoil(folder)
    code, said = ran(capsys, folder, tmp_path)
    assert code == 2
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_sixteen_bits_mixed_sizes_and_mixed_channels_are_learned_from(folder, tmp_path, capsys):
    """A 16-bit TIFF of one class shows what its 8-bit PNG shows; a color copy of a gray picture is gray."""
    for name in ("dark", "light"):
        pixels = np.asarray(Image.open(folder / name / "0.png"))
        Image.fromarray(pixels.astype(np.uint16) * 257).save(folder / name / "0.tif")
        (folder / name / "0.png").unlink()
        with Image.open(folder / name / "1.png") as gray:
            gray.convert("RGB").save(folder / name / "1.bmp")
            gray.resize((80, 51)).save(folder / name / "1.png")
    code, said = ran(capsys, folder, tmp_path)
    assert code == 0
    assert "14 pictures of 14 files" in said
    model = load_trained(tmp_path / "out" / "model.safetensors")
    assert model.classifier.image_format.channels == 1
    assert model.card.scores.accuracy == 1  # by brightness alone, which 16 bits read as 8 would have lost


def test_color_in_one_class_is_told(folder, tmp_path, capsys):
    for number in range(6):
        with Image.open(folder / "dark" / f"{number}.png") as gray:
            Image.merge("RGB", (gray, gray, gray.point(lambda value: value // 2))).save(folder / "dark" / f"{number}.png")
    code, said = ran(capsys, folder, tmp_path)
    assert code == 0
    assert "Some pictures have color, which may tell the class: dark 6, light 0." in said
