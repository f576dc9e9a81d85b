import json
import shutil

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
        (["sonar48", "--classes", "mine"], "`classes` names folders of a folder. Got them with 'sonar48'"),
        (["sonar48", "--masks", "folder"], "must be a tensor"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, *arguments, "-o", tmp_path)
    assert code == 2
    assert sentence in err


@pytest.fixture
def masked(folder, tmp_path):
    """The same pictures, and beside the classes a folder of masks, one of them with a file that is no picture."""
    root = tmp_path / "pictures"
    shutil.copytree(folder, root)
    (root / "masks").mkdir()
    for path in (root / "rock").iterdir():
        Image.fromarray(np.full((48, 48), 255, dtype=np.uint8)).save(root / "masks" / path.name)
    (root / "notes").mkdir()
    (root / "notes" / "diary.txt").write_text("calm")
    return root


def test_a_folder_of_masks_beside_the_classes_is_none_of_them(masked):
    shutil.rmtree(masked / "notes")
    report = xv.shortcuts(masked, masks=masked / "masks", probes=["frame"])
    assert set(report.counts) == {"mud", "rock"}


def test_classes_are_named_where_other_folders_lie_beside_them(masked, tmp_path, capsys):
    assert ran(capsys, masked, "-o", tmp_path / "all")[0] == 2
    assert ran(capsys, masked, "--classes", "rock, mud", "-o", tmp_path / "two")[0] == 0
    assert json.loads((tmp_path / "two" / "shortcuts.json").read_text())["counts"] == {"rock": 16, "mud": 16}


def test_masks_of_another_count_are_refused(folder):
    with pytest.raises(InputError, match="with one mask for each of 32 pictures"):
        xv.shortcuts(str(folder), masks=torch.ones(3, 4, 4))
