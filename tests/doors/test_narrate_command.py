import json

import pytest
import torch
from PIL import Image

import xaivision as xv
from xaivision import cli


def ran(capsys, *arguments):
    code = cli.run(["narrate", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_tells_the_words_and_writes_page_result_and_figure(tmp_path, capsys):
    code, out, _ = ran(capsys, "sonar48", "-m", "sonar48_convnet", "--rows", 1, "--sonar", "--quick", "-o", tmp_path)
    assert code == 0
    assert "The outlined region is a highlight" in out
    assert {path.name for path in tmp_path.iterdir()} == {"narrative.html", "narrative.safetensors", "narrative_0.png"}
    data = xv.load_dataset("sonar48")
    made = xv.narrate(xv.load_model("sonar48_convnet"), data.inputs[1:2], wording="sonar", checks=False)
    assert xv.load(tmp_path / "narrative.safetensors").text == made.text


def test_json_holds_the_record_and_settings_reach_the_method(tmp_path, capsys):
    code, out, _ = ran(
        capsys,
        *("sonar48", "-m", "sonar48_convnet", "-x", "occlusion", "--set", "window=6", "--segmenter", "slic", "--quick"),
        *("--target", "plane", "--label-in-prompt", "--json", "-o", tmp_path),
    )
    assert code == 0
    (record,) = json.loads(out)["evidence"]
    assert record["attribution"]["method"] == "occlusion"
    assert record["prediction"]["target"] == "plane"
    assert record["caption"]["text"].startswith("What is labeled plane")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--segmenter", "sam"], "`--segmenter sam` needs weights of Segment Anything. Give `--checkpoint` a file with them."),
        (["--segmenter", "sam", "--checkpoint", "absent.pth"], "'absent.pth', which is no file."),
        (["--checkpoint", "sam.pth"], "`--checkpoint` is for `--segmenter sam`. Got 'superpixel_merge'."),
        (
            ["--segmenter", "knife"],
            "`--segmenter` must be one of 'superpixel_merge', 'region_growing', 'threshold', 'slic', 'grid', ",
        ),
        (["--captioner", "absent"], "Got 'absent', which has no config.json."),
        (["--captioner", "absent", "--sonar"], "`--sonar` is for the words of the template."),
        (["--prompt", "why?"], "`--prompt` is for a captioning model."),
        (["--device", "cpu"], "`--device` is for a captioning model."),
        (["--points", "0"], "`--points` must be a positive integer. Got 0."),
        (["--seeds", "0"], "`--seeds` must be a positive integer. Got 0."),
        (["--counter", "-1"], "`--counter` must be a whole number from 0. Got -1."),
        (["--refine", "2"], "`--refine` must be above 0 and at most 1. Got 2.0."),
        (["--against", "submarine"], "`submarine` is not a known class"),
        (["-x", "kernel_shop"], "Did you mean `kernel_shap`?"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, "sonar48", "-m", "sonar48_convnet", *arguments, "-o", tmp_path)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_file_without_such_weights_is_told_in_options_before_anything_is_computed(tmp_path, capsys, monkeypatch):
    wrong = tmp_path / "weights.pth"
    wrong.write_bytes(b"no weights")
    monkeypatch.setattr("xaivision.narrating.Narrator.explain", lambda *_: pytest.fail("the map was computed"))
    asked = ("sonar48", "-m", "sonar48_convnet", "--segmenter", "sam", "--checkpoint", wrong, "--sam-type", "vit_h")
    code, _, err = ran(capsys, *asked, "-o", tmp_path / "out")
    assert code == 2
    assert "`--checkpoint` must hold the weights of Segment Anything's 'vit_h'" in err
    assert "Check `--sam-type`" in err
    assert len(err.strip().splitlines()) == 1


def test_a_data_set_of_another_model_names_its_own(tmp_path, capsys):
    code, _, err = ran(capsys, "sonar48", "-o", tmp_path)
    assert code == 2
    assert (
        "'sonar48' holds pictures of 1 x 48 x 48, and this model takes 3 x 224 x 224. Name a model of it: sonar48_convnet" in err
    )


def test_points_seeds_share_and_the_other_class_reach_the_stages(tmp_path, capsys):
    asked = ("sonar48", "-m", "sonar48_convnet", "-x", "occlusion", "--set", "window=12", "--quick", "--json")
    more = (
        "--points",
        2,
        "--counter",
        1,
        "--seeds",
        2,
        "--refine",
        0.5,
        "--segmenter",
        "slic",
        "--target",
        "plane",
        "--against",
        "mine",
    )
    code, out, _ = ran(capsys, *asked, *more, "-o", tmp_path)
    assert code == 0
    (record,) = json.loads(out)["evidence"]
    kinds = [one["positive"] for one in record["points"]["points"]]
    assert kinds == sorted(kinds, reverse=True)
    assert 1 <= sum(kinds) <= 2
    assert len(kinds) - sum(kinds) <= 1
    assert record["stability"]["seeds"] == 2
    assert record["region"]["refined"] == 0.5
    assert record["prediction"]["against"] == "mine"
    assert record["effects"]["unit"] == "logit difference"


def test_a_captioning_model_is_asked_on_the_device_and_in_the_precision_that_is_named(tmp_path, capsys, monkeypatch):
    asked = []

    def loaded(folder, **settings):
        asked.append((folder, settings))
        raise xv.core.errors.InputError("Enough.")

    monkeypatch.setattr("xaivision.explainers.narratives.huggingface_loading.load_captioner", loaded)
    options = ("--captioner", "blip", "--device", "cpu", "--dtype", "bfloat16", "--prompt", "a")
    assert ran(capsys, "sonar48", "-m", "sonar48_convnet", *options, "-o", tmp_path)[0] == 2
    assert asked == [("blip", {"label_in_prompt": False, "prompt": "a", "device": "cpu", "dtype": "bfloat16"})]


def test_a_photo_that_is_cropped_says_how_much_of_it_the_model_was_not_shown(tmp_path, capsys):
    photo = tmp_path / "wide.png"
    picture = (xv.load_dataset("sonar48").inputs[1, 0] * 255).byte()
    Image.fromarray(torch.cat([picture[:, 24:], picture, picture[:, :24]], 1).numpy()).save(photo)
    asked = (photo, "-m", "sonar48_convnet", "-x", "occlusion", "--set", "window=12", "--quick", "--segmenter", "slic")
    code, out, _ = ran(capsys, *asked, "-o", tmp_path / "out")
    assert code == 0
    assert "The model was not shown 50 % of the file, which cropping leaves out." in out
