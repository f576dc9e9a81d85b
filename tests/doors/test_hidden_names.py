"""A folder or file named like a data set comes before it, and one sentence says so."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaivision import cli, hidden_names
from xaivision.audit_asking import asked_audit
from xaivision.audit_request import AuditRequest
from xaivision.core.errors import InputError
from xaivision.data.registry import load_dataset
from xaivision.hidden_names import hiding_notes
from xaivision.models.registry import load_model
from xaivision.naming import background_from, items_from
from xaivision.own_pictures import own_pictures

SAID = "'digits' is a folder in this directory, which hides the data set of that name. Rename the folder to get that one."


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory in which `digits` is a folder of class folders, and `wine` a CSV file."""
    draws = np.random.default_rng(0)
    for name in ("dark", "bright"):
        (tmp_path / "digits" / name).mkdir(parents=True)
        for number in range(6):
            values = draws.integers(0 if name == "dark" else 140, 255 if name == "bright" else 110, (8, 8), dtype=np.uint8)
            Image.fromarray(values).save(tmp_path / "digits" / name / f"{number}.png")
    wine = load_dataset("wine")
    wine.schema.to_frame(wine.inputs[:2].numpy()).to_csv(tmp_path / "wine", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_that_nothing_hides_is_not_told(here):
    assert hiding_notes(["iris", "digits/dark", str(here / "digits"), "none"]) == ()


def test_folders_files_and_photos_are_told_once_each(here):
    (here / "coffee").write_text("no picture")
    notes = hiding_notes(["digits", "digits", "wine", "coffee"])
    assert notes[0] == SAID
    assert notes[1:] == (
        "'wine' is a file in this directory, which hides the data set of that name. Rename the file to get that one.",
        "'coffee' is a file in this directory, which hides the sample photo of that name. Rename the file to get that one.",
    )


def test_a_set_that_was_fetched_does_not_hide_itself(here, monkeypatch):
    (here / "boats").mkdir()
    monkeypatch.setattr(hidden_names, "named_sets", lambda: {"boats": None})
    for fetched, said in ((here / "boats", 0), (here / "digits", 1), (None, 1)):
        monkeypatch.setattr(hidden_names, "set_folder", lambda _word, fetched=fetched: fetched)
        assert len(hiding_notes(["boats"])) == said


def test_it_is_said_wherever_the_word_is_read(here):
    digits, wine = load_model("digits_cnn"), load_model("wine_mlp")
    assert SAID in items_from(["digits"], digits).notes
    assert SAID in background_from("digits", digits).notes
    assert SAID in own_pictures("digits", "small_cnn", size=8).notes
    assert SAID in asked_audit(AuditRequest(model="digits_cnn", inputs=("digits",))).notes
    assert "'wine' is a file" in items_from(["wine"], wine).notes[0]


def test_a_folder_where_a_table_is_meant_is_refused_with_what_it_hides(here):
    Path("wine").unlink()
    Path("wine").mkdir()
    with pytest.raises(InputError, match=r"A table is a CSV file or a data set\. Got a folder\. 'wine' is a folder .* hides"):
        items_from(["wine"], load_model("wine_mlp"))


@pytest.mark.slow
def test_the_command_line_says_it_beside_the_answer(here, capsys):
    assert cli.run(["shortcuts", "digits", "--json", "--output", str(here / "out")]) == 0
    told = capsys.readouterr()
    assert SAID in told.err
    assert json.loads(told.out)
