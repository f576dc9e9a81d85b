"""Attributes of a set of pictures from the command line."""

import json

import numpy as np
import pytest
from PIL import Image

from xaivision import attribute_finding, cli
from xaivision.data.registry import load_dataset
from xaivision.models.generators.sonar_scenes import SonarScenes

QUICK = ["--set", "epochs=1", "--set", "width=4", "--most", "6", "--shown", "1", "-k", "2"]
DIGITS = ["digits", "--model", "digits_cnn"]


def ran(capsys, *arguments):
    code = cli.run(["attributes", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What a quick run has left, and the folder of its training."""
    folder = tmp_path_factory.mktemp("attributes")
    code = cli.run(["attributes", *DIGITS, *QUICK, "--checkpoint", str(folder / "kept"), "-o", str(folder / "out")])
    assert code == 0
    return folder


def test_the_command_writes_the_page_the_numbers_the_strips_and_the_generator(trained):
    names = {one.name for one in (trained / "out").iterdir()}
    assert names == {"attributes.html", "attributes.json", "attributes_0.png", "autoencoder.safetensors"}
    told = json.loads((trained / "out" / "attributes.json").read_text())
    assert (told["pictures"], len(told["attributes"]), told["model"]) == (6, 2, "digits_cnn, asked about digits")


def test_the_same_command_again_takes_the_kept_training_and_so_does_its_file(trained, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("xaivision.models.generators.picture_autoencoder._loss", None)  # nothing may learn
    told = (trained / "out" / "attributes.json").read_text()
    code, out, _ = ran(capsys, *DIGITS, *QUICK, "--checkpoint", trained / "kept", "-o", tmp_path / "again", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(told)
    file, asked = trained / "out" / "autoencoder.safetensors", QUICK[4:]
    code, out, _ = ran(capsys, *DIGITS, *asked, "--generator", file, "-o", tmp_path / "file")
    assert code == 0
    assert "2 attributes of digits_cnn, asked about digits" in out
    assert "autoencoder.safetensors" not in out
    assert json.loads((tmp_path / "file" / "attributes.json").read_text()) == json.loads(told)


def test_what_is_known_of_pictures_is_held_beside_the_attributes(trained, tmp_path, capsys):
    told = json.loads((trained / "out" / "attributes.json").read_text())
    rows = [one["picture"].rpartition(" ")[2] for one in told["counterfactuals"]]
    (tmp_path / "known.csv").write_text("picture,ink\n" + "\n".join(f"{row},{number}" for number, row in enumerate(rows)))
    asked = [*DIGITS, *QUICK, "--most", "12", "--checkpoint", trained / "kept", "-o", tmp_path / "out"]
    assert ran(capsys, *asked, "--known", tmp_path / "known.csv")[0] == 0
    found = json.loads((tmp_path / "out" / "attributes.json").read_text())["attributes"][0]["correlations"]
    assert found["ink"] is None  # known of fewer pictures than a correlation takes
    assert found["brightness"] is not None


def test_a_folder_without_classes_keeps_pictures_to_ask_about(tmp_path, capsys):
    draws = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for number in range(24):
        pixels = np.kron(draws.integers(0, 255, (2, 2), dtype=np.uint8), np.ones((4, 4), dtype=np.uint8))
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{number:02}.png")
    code, _, err = ran(capsys, tmp_path / "pictures", *DIGITS[1:], *QUICK, "--checkpoint", tmp_path, "-o", tmp_path / "out")
    assert code == 0
    assert "Every 4th picture of " in err
    told = json.loads((tmp_path / "out" / "attributes.json").read_text())
    assert [one["picture"] for one in told["counterfactuals"]] == [f"{number:02}.png" for number in range(0, 24, 4)]


def test_of_simulated_pictures_the_simulators_numbers_are_known(monkeypatch):
    made = []

    def scenes():
        made.append(SonarScenes(10, 32))
        return made[-1]

    monkeypatch.setattr(attribute_finding, "SonarScenes", scenes)
    pictures = load_dataset("sonar_simulator", count=10, size=32).inputs[4:7]
    found = attribute_finding.simulated(pictures)
    assert len(made) == 1  # which simulates its pictures once
    assert "target: kind" not in found  # a name and no number
    place = [(one.of, one.name) for one in made[0].encode(pictures[0]).directions].index(("target", "size"))
    assert found["target: size"].tolist() == [float(made[0].encode(one).values[place]) for one in pictures]


def test_a_cache_that_cannot_be_written_keeps_nothing_and_says_so(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert attribute_finding._kept(None) == (
        None,
        ("The training is kept nowhere: the cache cannot be written. Name a folder with `--checkpoint`.",),
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new"))
    assert attribute_finding._kept(None) == (tmp_path / "new" / "xaivision" / "autoencoders", ())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["wine", "--model", "wine_logistic"], "Attributes are of pictures, and this model takes table rows."),
        ([*DIGITS, "--set", "epoch=1"], "`epoch` is not a known setting of an autoencoder. Did you mean `epochs`?"),
        ([*DIGITS, "--set", "epochs=0"], "`epochs` must be a positive integer. Got 0."),
        ([*DIGITS, "--generator", "slik"], "`slik` is not a known generator."),
        ([*DIGITS, "--generator", "grid", "--set", "epochs=1"], "Got epochs with `--generator`."),
        ([*DIGITS, "--generator", "none.safetensors"], "none.safetensors"),
        ([*DIGITS, *QUICK, "--checkpoint", "{}", "-k", "40"], "`k` must be from 1 to the"),
        ([*DIGITS, *QUICK, "--checkpoint", "{}", "--known", "{}/none.csv"], "none.csv"),
        (["nowhere", "--model", "digits_cnn"], "nowhere"),
        ([*DIGITS, "--most", "0"], "`most` must be a positive integer. Got 0."),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(trained, arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, *(one.format(trained / "kept") for one in arguments), "-o", tmp_path / "out")
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
