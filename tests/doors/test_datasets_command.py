import json
import shutil

import numpy as np
import pytest
from PIL import Image

from xaivision import cli
from xaivision.data.named_sets.named_set import named_sets
from xaivision.own_pictures import own_pictures


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def ran(capsys, *arguments):
    code = cli.run(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_sets_are_listed_with_their_terms_and_whether_they_are_here(capsys):
    code, out, err = ran(capsys, "datasets", "list")
    assert (code, err) == (0, "")
    for one in named_sets().values():
        assert one.name in out
        assert one.license in out
    code, out, _ = ran(capsys, "datasets", "list", "--json")
    listed = json.loads(out)
    assert [one["name"] for one in listed] == list(named_sets())
    assert [one["folder"] for one in listed] == [None] * len(listed)
    assert all(one["citation"] and one["addresses"] for one in listed)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["get", "natarajan"], "`natarajan` is not a known set of pictures. Did you mean `natarajan6`?"),
        (["get", "sdvd", "--from", "nothing.zip"], "`nothing.zip` must be an archive or a folder. There is no such file."),
        (["get", "sdvd", "--from", "http://example.org/a.zip"], "An address must begin with https://."),
        (["get"], "Missing argument 'name'"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, capsys):
    code, out, err = ran(capsys, "datasets", *arguments)
    assert code == 2
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_a_folder_that_lacks_the_pictures_is_told_and_nothing_is_made(tmp_path, capsys):
    folder = tmp_path / "wrong"
    (folder / "victim").mkdir(parents=True)
    Image.new("L", (8, 8)).save(folder / "victim" / "a.png")
    code, _, err = ran(capsys, "datasets", "get", "sdvd", "--from", str(folder), "-o", str(tmp_path / "here"))
    assert code == 2
    assert "'sdvd' must have 470 files. 470 are not in what came" in err
    assert not (tmp_path / "here").exists()


def test_a_set_that_is_not_here_says_how_it_is_fetched(capsys):
    code, _, err = ran(capsys, "train", "nksid5")
    assert code == 2
    assert "Fetch it: xaivision datasets get nksid5" in err
    code, _, err = ran(capsys, "explain", "nksid5", "-x", "saliency")
    assert code == 2
    assert "Fetch it: xaivision datasets get nksid5" in err


def test_a_set_that_is_here_is_learned_from_under_its_name(tmp_path, monkeypatch):
    """A stand-in: the folder is believed to be the set once its mark is there."""
    folder = tmp_path / "cache" / "xaivision" / "datasets" / "sdvd"
    for number in range(6):
        for name in ("victim", "no_victim", "masks"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(10 * number + len(name)).integers(0, 256, (20, 20), dtype=np.uint8)
            Image.fromarray(noise).save(folder / name / f"{number}.png")
    (folder / "xaivision_set.json").write_text("{}")
    found = own_pictures("sdvd", "squeezenet1_1", weights=None, size=32)
    assert found.dataset.class_names == ("no_victim", "victim")
    shutil.rmtree(folder)
