import json
import shutil

import numpy as np
import pytest
from PIL import Image

from xaivision import cli
from xaivision.data.registry import load_dataset
from xaivision.models.trained_file import load_trained
from xaivision.own_pictures import own_pictures

QUICK = ("-b", "squeezenet1_1", "--random-weights", "--set", "epochs=3", "--set", "learning_rate=0.01")


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Gray pictures of two classes in two folders."""
    data = load_dataset("sonar48", count=40)
    root = tmp_path_factory.mktemp("pictures")
    for number, (picture, label) in enumerate(zip(data.inputs, data.targets.tolist(), strict=True)):
        if label in (0, 3):
            place = root / data.class_names[label]
            place.mkdir(exist_ok=True)
            Image.fromarray((picture[0].numpy() * 255).astype(np.uint8)).save(place / f"{number:02}.png")
    return root


def ran(capsys, *arguments):
    code = cli.run(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("output")
    assert cli.run(["train", str(folder), *QUICK, "--size", "48", "--seed", "5", "-o", str(output)]) == 0
    return output


def test_a_folder_becomes_a_model_with_its_card(trained, folder):
    model = load_trained(trained / "model.safetensors")
    assert model.card.recipe.seed == 5
    assert model.card.recipe.epochs == 3
    assert not model.card.pretrained
    assert model.classifier.class_names == ("plane", "seafloor")
    assert model.classifier.image_format.shape == (1, 48, 48)
    assert (trained / "model_card.md").read_text() == model.card.markdown("model_card.png")
    assert json.loads((trained / "model_card.json").read_text()) == model.card.plain()
    with Image.open(trained / "model_card.png") as picture:
        assert picture.size > (600, 400)


def test_the_other_commands_take_the_model(trained, folder, tmp_path, capsys):
    picture = str(next((folder / "plane").iterdir()))
    model = str(trained / "model.safetensors")
    code, out, _ = ran(capsys, "explain", picture, "-x", "saliency", "-m", model, "-o", str(tmp_path), "--json")
    assert code == 0
    assert "saliency" in out


def test_json_is_the_card_and_notes_of_the_pictures_go_beside_it(folder, tmp_path, capsys):
    code, out, err = ran(capsys, "train", str(folder), *QUICK, "--size", "48", "-o", str(tmp_path), "--json")
    told = json.loads(out)
    assert code == 0
    assert [one["name"] for one in told["counts"]] == ["plane", "seafloor"]
    assert told["scores"]["count"] == sum(map(sum, told["scores"]["confusion"]))
    assert "20" in err


def test_classes_are_taken_by_name_where_other_folders_lie_beside_them(folder, tmp_path):
    root = tmp_path / "pictures"
    shutil.copytree(folder, root)
    (root / "notes").mkdir()
    (root / "notes" / "diary.txt").write_text("calm")
    found = own_pictures(str(root), "small_cnn", size=8, classes=["seafloor", "plane"])
    assert found.dataset.class_names == ("seafloor", "plane")
    assert len(found.dataset) == 20


def test_the_table_has_every_class_and_says_that_weights_were_random(tmp_path, capsys):
    code, out, _ = ran(capsys, "train", "sonar48", *QUICK, "--set", "side=32", "-o", str(tmp_path))
    assert code == 0
    for word in ("seafloor", "mine", "bar", "plane", "recall", "it had learned nothing", "model_card.md"):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing_here"], "'nothing_here' is no folder and no data set. Known data sets: "),
        (["sonar48", "--size", "64"], "say --set side=64"),
        (["sonar48", "--classes", "mine,bar"], "`--classes` is for class folders"),
        (["sonar48", "--set", "epoch=3"], "Did you mean `epochs`?"),
        (["sonar48", "--set", "flips=up"], "`flips` must be one of"),
        (["wine"], "must hold pictures"),
        (["sonar48", "-b", "resnet51", "--random-weights"], "is not a known model"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, "train", *arguments, "-o", str(tmp_path / "new"))
    assert code == 2
    assert sentence in err
    assert not (tmp_path / "new").exists()


def test_pictures_of_two_classes_stop_it_unless_they_are_to_be_left_out(folder, tmp_path, capsys):
    root = tmp_path / "pictures"
    for place in folder.iterdir():
        (root / place.name).mkdir(parents=True)
        for file in place.iterdir():
            (root / place.name / file.name).write_bytes(file.read_bytes())
    (root / "plane" / "copy.png").write_bytes(next((root / "seafloor").iterdir()).read_bytes())
    settings = [*QUICK, "--size", "48", "-o", str(tmp_path / "o")]
    assert ran(capsys, "train", str(root), *settings)[0] == 2
    assert ran(capsys, "train", str(root), *settings, "--drop-conflicts")[0] == 0
