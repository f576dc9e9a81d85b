import re
import subprocess
import sys

import pytest

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.models import available_models, load_model, model_card
from xaivision.models.registry import MODELS

# The transformer takes some ten seconds to train.
LISTED = [pytest.param(name, marks=pytest.mark.slow) if name.endswith("_vit") else name for name in sorted(MODELS)]


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("name", LISTED)
def test_every_listed_model_loads_and_agrees_with_its_card(name):
    model, card = load_model(name), model_card(name)
    assert card.name == name
    assert model.num_classes == card.num_classes == len(model.class_names)
    assert 0.5 < card.accuracy <= 1
    texts = (card.what, card.training_data, card.license, card.citation, card.preprocessing, card.measured_on)
    assert all(len(text) > 3 for text in texts)


@pytest.mark.parametrize("name", LISTED)
def test_two_loads_are_two_models(name):
    assert load_model(name).model is not load_model(name).model


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("efficientnet-lite-0", "efficientnet_lite0"), ("ResNet18", "resnet18"), ("resnet_50", "resnet50")],
)
@pytest.mark.parametrize("ask", [load_model, model_card])
def test_an_unknown_name_suggests_the_closest(wrong, meant, ask):
    with pytest.raises(UnknownNameError, match=f"`{wrong}` is not a known model. Did you mean `{meant}`\\?"):
        ask(wrong)


def test_a_name_like_no_other_lists_the_models_that_need_no_network():
    with pytest.raises(UnknownNameError) as caught:
        load_model("zzzzzzzz")
    assert str(caught.value) == f"`zzzzzzzz` is not a known model. Known: {', '.join(sorted(MODELS))}."


def test_a_file_is_no_name_and_the_error_says_who_reads_it():
    with pytest.raises(InputError, match=re.escape("read it by `xv.load_trained('mine.safetensors').classifier`")):
        load_model("mine.safetensors")


def test_a_setting_the_model_does_not_take_is_named():
    with pytest.raises(InputError, match=r"`efficientnet_lite0` takes no settings\. Got `weights`\."):
        load_model("efficientnet_lite0", weights=None)
    with pytest.raises(InputError, match=r"`resnet18` takes `weights` and `seed`\. Got `pretrained`\."):
        model_card("resnet18", pretrained=True)


def test_the_list_has_a_line_for_each_model_and_torchvisions_on_request():
    assert set(available_models()) == set(MODELS)
    assert all(line and "\n" not in line for line in available_models().values())
    assert {"resnet18", *MODELS} <= set(available_models(downloads=True))


def test_listing_the_models_imports_nothing_heavy():
    code = (
        "import sys; from xaivision.models import available_models; available_models(); "
        "print(sorted({'torch', 'torchvision', 'sklearn', 'numpy', 'pandas'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
