import json

import pytest

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
        (["--segmenter", "knife"], "`segmenter` must be one of"),
        (["--captioner", "absent"], "Got 'absent', which has no config.json."),
        (["--captioner", "absent", "--sonar"], "`--sonar` is for the words of the template."),
        (["--prompt", "why?"], "`--prompt` is for a captioning model."),
        (["-x", "kernel_shop"], "Did you mean `kernel_shap`?"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, capsys):
    code, _, err = ran(capsys, "sonar48", "-m", "sonar48_convnet", *arguments, "-o", tmp_path)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
