import json

import numpy as np
import pytest
import torch
from PIL import Image

import xaivision as xv
from xaivision import cli
from xaivision.core.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes of speckle; the one is told by a bright frame around it, and by nothing else."""
    root = tmp_path_factory.mktemp("pictures")
    draws = np.random.default_rng(0)
    for name in ("mud", "rock"):
        (root / name).mkdir()
        for number in range(16):
            pixels = np.clip(draws.rayleigh(50, (48, 48)), 0, 255).astype(np.uint8)
            if name == "rock":
                pixels[:2] = pixels[-2:] = 200
            Image.fromarray(pixels).save(root / name / f"{name}_{number}.png")
    return root


def ran(capsys, *arguments):
    code = cli.run(["shortcuts", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_finds_the_frame_and_writes_page_and_numbers(folder, tmp_path, capsys):
    code, out, _ = ran(capsys, folder, "-o", tmp_path)
    assert code == 0
    assert "the class follows from" in out
    assert "border" in out
    told = json.loads((tmp_path / "shortcuts.json").read_text())
    found = {one["probe"]: one["strength"] for one in told["findings"]}
    assert found["border"] == "decides"
    assert found["frame"] == "nothing"
    assert (tmp_path / "shortcuts.html").stat().st_size > 5000


def test_json_on_standard_output_is_that_of_the_file(folder, tmp_path, capsys):
    code, out, _ = ran(capsys, folder, "-o", tmp_path, "--json")
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "shortcuts.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing_here"], "must be a folder of class folders or a data set. Got 'nothing_here'"),
        (["wine"], "in pictures. Got the table"),
        (["sonar48", "--masks", "folder"], "must be a tensor"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, *arguments, "-o", tmp_path)
    assert code == 2
    assert sentence in err


def test_masks_of_another_count_are_refused(folder):
    with pytest.raises(InputError, match="with one mask for each of 32 pictures"):
        xv.shortcuts(str(folder), masks=torch.ones(3, 4, 4))
