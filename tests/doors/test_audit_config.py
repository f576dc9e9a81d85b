"""The configuration file of an audit: what it says reaches the request, and whatever it may not say is refused by name."""

import re
from pathlib import Path

import pytest

from xaivision.audit_config import NAMED, read_config
from xaivision.audit_request import AuditRequest
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.registered import setting_names

WHOLE = """
purpose = "Which maps may the inspectors rely on?"
outside = ["documentation"]
seed = 7
access = "gradients"
out = "found"
executor = "process"
workers = 3
shard_size = 16
controls = ["random"]
fail_under = ["deletion:grad_cam>control", "insertion:grad_cam>=0.6"]

[auditor]
identity = "The works council"
funding = "none"

[withheld]
training_data = "trade secret"

[model]
name = "models/seafloor.onnx"
version = "2.1"
settings = { score_unit = "logit", mean = [0.5] }

[data]
inputs = ["photos", "chelsea"]
license = "CC BY 4.0"
background = "reference/*.png"

[question]
target = 3
against = "tabby"
score = "logit"

[methods]
grad_cam = {}
from_blur = { explainer = "integrated_gradients", baseline = "blur", steps = 8 }

[metrics]
deletion = { steps = 64 }
parameter_randomization = {}
"""


def written(folder, text):
    path = folder / "audit.toml"
    path.write_text(text)
    return path


def test_everything_that_a_file_says_is_in_the_request(tmp_path):
    (tmp_path / "photos").mkdir()
    assert read_config(written(tmp_path, WHOLE)) == AuditRequest(
        model=str(tmp_path / "models" / "seafloor.onnx"),
        model_settings={"score_unit": "logit", "mean": (0.5,)},
        inputs=(str(tmp_path / "photos"), "chelsea"),
        background=str(tmp_path / "reference" / "*.png"),
        target="3",
        against="tabby",
        score="logit",
        methods={"grad_cam": "grad_cam", "from_blur": "integrated_gradients"},
        settings={"grad_cam": {}, "from_blur": {"baseline": "blur", "steps": 8}},
        metrics=("deletion", "parameter_randomization"),
        metric_settings={"deletion": {"steps": 64}, "parameter_randomization": {}},
        controls=("random",),
        seed=7,
        access="gradients",
        out=tmp_path / "found",
        executor="process",
        workers=3,
        shard_size=16,
        stated={
            "purpose": "Which maps may the inspectors rely on?",
            "version": "2.1",
            "license": "CC BY 4.0",
            "outside": ("documentation",),
            "reasons": {"training_data": "trade secret"},
        },
        auditor={"identity": "The works council", "funding": "none"},
        fail_under=("deletion:grad_cam>control", "insertion:grad_cam>=0.6"),
    )


def test_an_empty_file_asks_for_what_is_usual(tmp_path):
    assert read_config(written(tmp_path, "")) == AuditRequest()


def test_names_without_settings_may_be_a_list_and_one_text_stands_for_a_list_of_one(tmp_path):
    text = (
        'methods = ["saliency", "occlusion"]\nmetrics = ["irof"]\nfail_under = "irof:saliency>control"\n[data]\ninputs = "wine"\n'
    )
    found = read_config(written(tmp_path, text))
    assert found.methods == {"saliency": "saliency", "occlusion": "occlusion"}
    assert (found.metrics, found.metric_settings) == (("irof",), {"irof": {}})
    assert (found.fail_under, found.inputs) == (("irof:saliency>control",), ("wine",))


def test_paths_lie_beside_the_file_and_names_stay_names(tmp_path, monkeypatch):
    (tmp_path / "wine").mkdir()
    text = (
        '[model]\nname = "timm/resnet18"\n[data]\ninputs = ["wine", "digits", "rows.csv", "/abs/a.png"]\nbackground = "digits"\n'
    )
    found = read_config(written(tmp_path, text))
    assert found.model == "timm/resnet18"
    assert found.inputs == (str(tmp_path / "wine"), "digits", str(tmp_path / "rows.csv"), "/abs/a.png")
    assert found.background == "digits"
    monkeypatch.chdir(tmp_path)
    assert read_config(Path("audit.toml")).inputs == found.inputs  # whatever the working folder is later


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sed = 1", "`sed` is not a known key of audit.toml. Did you mean `seed`?"),
        ("[model]\nnmae = 'a'", "`nmae` is not a known key of [model] in audit.toml. Did you mean `name`?"),
        ("[data]\ninput = 'a'", "`input` is not a known key of [data] in audit.toml. Did you mean `inputs`?"),
        ("[auditor]\nname = 'a'", "`name` is not a known key of [auditor] in audit.toml."),
        ("[withheld]\nweight = 'a'", "`weight` is not a known key of [withheld] in audit.toml. Did you mean `weights`?"),
        ("[question]\nclass = 'a'", "`class` is not a known key of [question] in audit.toml."),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_name(tmp_path, text, says):
    with pytest.raises(UnknownNameError) as caught:
        read_config(written(tmp_path, text))
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed = 'a'", "`seed` of audit.toml must be an integer. Got 'a'."),
        ("seed = true", "`seed` of audit.toml must be an integer. Got True."),
        ("workers = 2.0", "`workers` of audit.toml must be an integer. Got 2.0."),
        ("purpose = 3", "`purpose` of audit.toml must be a text. Got 3."),
        ("access = ''", "`access` of audit.toml must be a text. Got ''."),
        ("controls = 'random'", "`controls` of audit.toml must be a list of texts. Got 'random'."),
        ("fail_under = [1]", "`fail_under` of audit.toml must be a text or a list of texts. Got [1]."),
        ("model = 'a'", "`model` of audit.toml must be a table. Got 'a'."),
        ("[data]\ninputs = []", "`inputs` of [data] in audit.toml must be a text or a list of texts. Got []."),
        ("[data]\nrows = 3", "`rows` of [data] in audit.toml must be a text. Got 3."),
        ("[auditor]\nidentity = 1", "`identity` of [auditor] in audit.toml must be a text. Got 1."),
        ("[question]\ntarget = 1.5", "`target` of [question] in audit.toml must be a class name or number. Got 1.5."),
        ("[methods]\nsaliency = 3", "`methods` of audit.toml must be a list of names, or a table with one of settings for each"),
        ("[methods.a]\nexplainer = 3", "`explainer` of [methods.a] in audit.toml must be a method's name. Got 3."),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_place(tmp_path, text, says):
    with pytest.raises(InputError) as caught:
        read_config(written(tmp_path, text))
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("content", [b"seed = ", b"\xff\xfe", b"seed = 1\nseed = 2"])
def test_what_is_no_toml_is_one_sentence(tmp_path, content):
    path = tmp_path / "audit.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"audit\.toml` must be TOML\. It says of itself: "):
        read_config(path)


def test_no_method_has_a_setting_under_the_key_that_names_it():
    from xaivision.explainers.registry import explainers

    assert [name for name, kind in explainers().items() if NAMED in setting_names(kind)] == []


def test_what_is_said_beside_the_file_counts_and_keeps_the_files_settings(tmp_path):
    found = read_config(written(tmp_path, WHOLE)).overridden(
        methods="from_blur, saliency",
        metrics="deletion,irof",
        seed=0,
        inputs=["wine"],
        rows=None,
        score="",
        said=["irof.steps=4"],
    )
    assert found.methods == {"from_blur": "integrated_gradients", "saliency": "saliency"}
    assert found.settings == {"from_blur": {"baseline": "blur", "steps": 8}}
    assert (found.metrics, found.metric_settings) == (("deletion", "irof"), {"deletion": {"steps": 64}})
    assert (found.seed, found.inputs, found.score) == (0, ("wine",), "logit")
    assert found.all_settings(list(found.methods), found.metrics) == {
        "from_blur": {"baseline": "blur", "steps": 8},
        "saliency": {},
        "deletion": {"steps": 64},
        "irof": {"steps": 4},
    }


def test_an_auditor_may_be_a_name_alone_and_what_is_said_beside_the_file_counts(tmp_path):
    found = read_config(written(tmp_path, 'auditor = "us"\npurpose = "a"\n[data]\nsource = "b"\n'))
    assert (found.auditor, found.stated) == ({"identity": "us"}, {"purpose": "a", "source": "b"})
    other = found.overridden(auditor="them", purpose="c")
    assert (other.auditor, other.stated) == ({"identity": "them"}, {"purpose": "c", "source": "b"})


def test_another_model_has_no_settings_of_the_files_model(tmp_path):
    request = read_config(written(tmp_path, WHOLE))
    assert request.overridden(model="wine_mlp").model_settings == {}
    assert request.overridden(model=request.model).model_settings == {"score_unit": "logit", "mean": (0.5,)}


def test_a_setting_said_last_counts(tmp_path):
    request = read_config(written(tmp_path, WHOLE)).overridden(said=["from_blur.steps=4"])
    assert request.all_settings(list(request.methods), ())["from_blur"] == {"baseline": "blur", "steps": 4}
    with pytest.raises(InputError, match="`--set` must be"):
        request.overridden(said=["saliency.steps=4"]).all_settings(list(request.methods), ())


def test_the_file_in_the_documentation_is_one(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "command_line.md").read_text(encoding="utf-8")
    (example,) = [part.partition("```")[0] for part in page.split("```toml\n")[1:]]
    found = read_config(written(tmp_path, example))
    assert found.methods["from_blur"] == "integrated_gradients"
    assert found.model == str(tmp_path / "classifier.onnx")
    whole = read_config(written(tmp_path, re.sub(r"^# (\w+ = )", r"\1", example, flags=re.MULTILINE)))
    assert (whole.rows, whole.label, whole.target, whole.against, whole.score) == ("0-99", "y", "tabby", "beagle", "logit")
