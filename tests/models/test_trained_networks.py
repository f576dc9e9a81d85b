import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from xaivision.core.batching import Batcher
from xaivision.core.errors import Cancelled
from xaivision.core.image_format import ImageFormat
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.targets import TargetScore
from xaivision.data.registry import load_dataset
from xaivision.models import load_model, model_card, trained_networks
from xaivision.models.registry import MODELS
from xaivision.models.weights_cache import digest

NAMES = sorted(name for name, entry in MODELS.items() if entry.room.endswith("trained_networks"))
# The transformer takes some ten seconds to train.
LISTED = [pytest.param(name, marks=pytest.mark.slow) if name.endswith("_vit") else name for name in NAMES]
DATA = {name: name.rpartition("_")[0] for name in NAMES}
# Generated sets are as large as it takes to learn them.
SETTINGS = {"planted_squares_vit": {"count": 1024}}
QUICK = "wine_mlp"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache directory; what this process has trained already is used by the tests that do not ask for `untrained`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "xaivision" / "models"


@pytest.fixture
def untrained():
    trained_networks._weights.cache_clear()
    yield
    trained_networks._weights.cache_clear()


def data_of(name):
    return load_dataset(DATA[name], **SETTINGS.get(name, {}))


def forgotten(name):
    """The weights of a load that finds nothing in the memory of this process."""
    trained_networks._weights.cache_clear()
    return load_model(name).model.state_dict()


def no_training(*_args, **_kwargs):
    raise AssertionError("trained again")


@pytest.mark.parametrize("name", LISTED)
def test_the_card_tells_the_accuracy_that_the_module_itself_reaches_on_held_out_inputs(name):
    data, model, card = data_of(name), load_model(name), model_card(name)
    inputs, targets = data.test
    with torch.no_grad():
        right = (model.model(inputs).argmax(1) == targets).double().mean()
    assert card.accuracy == pytest.approx(float(right), abs=1e-12)
    assert card.measured_on.startswith(f"{len(inputs)} held-out rows of {DATA[name]}")
    assert card.parameters == sum(tensor.numel() for tensor in model.model.parameters())
    commonest = float(data.targets.bincount().max()) / len(data)
    assert card.accuracy > commonest + 0.15


@pytest.mark.parametrize("name", LISTED)
def test_the_classifier_speaks_of_its_dataset(name):
    data, model = data_of(name), load_model(name)
    assert (model.class_names, model.domain, model.score_unit) == (data.class_names, data.domain, "logit")
    assert model.input_shape == data.inputs.shape[1:]
    assert (model.schema is None) == (data.schema is None)
    assert model.batches.size(data.inputs) == Batcher().size(data.inputs)  # the rule, with nothing given


@pytest.mark.parametrize("name", LISTED)
def test_weights_are_float32_and_gradients_reach_the_inputs(name):
    data, model = data_of(name), load_model(name)
    assert {tensor.dtype for tensor in model.model.state_dict().values()} == {torch.float32}
    inputs, targets = data.test.inputs[:4], data.test.targets[:4]
    found = model.gradients(inputs, TargetScore(targets))
    assert not found.cut
    assert bool((found.values.flatten(1).abs().amax(1) > 0).all())


def test_digits_are_one_channel_pictures_with_maps_on_every_pixel():
    model = load_model("digits_cnn")
    assert model.image_format == ImageFormat(1, 8, 8)
    images = load_dataset("digits").test.inputs[:3]
    layer = model.layer(None, images)
    found = model.layer_gradients(images, TargetScore(torch.tensor([1, 2, 3])), layer)
    assert found.activations.shape == (3, 32, 8, 8)
    expected = model.model.head.weight[[1, 2, 3]].detach()[:, :, None, None].expand_as(found.gradients) / 64
    torch.testing.assert_close(found.gradients, expected, rtol=1e-5, atol=0)


@pytest.mark.slow
def test_another_process_with_more_threads_trains_the_same_weights(tmp_path):
    code = (
        "import torch; torch.set_num_threads(2)\n"
        "from xaivision.models import load_model; from xaivision.models.weights_cache import digest\n"
        "print(digest(load_model('uci_sonar_mlp').model.state_dict()))"
    )
    surroundings = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "empty"), "PYTHONHASHSEED": "5"}
    answer = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=True)
    assert len(list((tmp_path / "empty" / "xaivision" / "models").iterdir())) == 1
    assert answer.stdout.strip() == digest(load_model("uci_sonar_mlp").model.state_dict())


@pytest.mark.parametrize("name", [QUICK, "digits_cnn"])
def test_training_touches_no_random_state_and_does_not_read_it(name, untrained):
    first = digest(load_model(name).model.state_dict())
    torch.rand(1)
    trained_networks._weights.cache_clear()
    os.environ["XDG_CACHE_HOME"] += "-other"
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002 - the global one
    assert digest(load_model(name).model.state_dict()) == first
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert np.random.get_state()[1].tobytes() == states[2]  # noqa: NPY002 - the global one


def test_the_next_process_finds_the_weights_and_does_not_train(untrained, cache, monkeypatch):
    first = forgotten(QUICK)
    assert [file.suffix for file in cache.iterdir()] == [".safetensors"]
    monkeypatch.setattr(trained_networks, "train", no_training)
    assert digest(forgotten(QUICK)) == digest(first)


def test_a_damaged_cache_file_is_trained_anew_and_replaced(untrained, cache, monkeypatch):
    first = forgotten(QUICK)
    (file,) = cache.iterdir()
    content = bytearray(file.read_bytes())
    content[-3] ^= 0x40
    file.write_bytes(content)
    assert digest(forgotten(QUICK)) == digest(first)
    monkeypatch.setattr(trained_networks, "train", no_training)
    assert digest(forgotten(QUICK)) == digest(first)


def test_other_data_another_recipe_or_another_torch_are_other_weights(untrained, cache, monkeypatch):
    data = load_dataset("wine")
    kind = trained_networks.KINDS["mlp"]
    key = trained_networks._key(QUICK, data, kind.recipe)
    relabeled = replace(data, targets=(data.targets + 1) % 3)
    vars(relabeled)["split"] = data.split  # the same rows, so that only their classes differ
    others = {
        trained_networks._key(QUICK, replace(data, inputs=data.inputs + 1), kind.recipe),
        trained_networks._key(QUICK, relabeled, kind.recipe),
        trained_networks._key(QUICK, data, replace(kind.recipe, epochs=3)),
        trained_networks._key("wine_cnn", data, kind.recipe),
    }
    monkeypatch.setattr(torch, "__version__", "0.0")
    others.add(trained_networks._key(QUICK, data, kind.recipe))
    assert len(others - {key}) == 5


def test_nothing_is_learned_from_the_held_out_rows(untrained, monkeypatch):
    data = load_dataset("wine")
    before = forgotten(QUICK)
    blinded = data.inputs.clone()
    blinded[data.split.test] = 0
    os.environ["XDG_CACHE_HOME"] += "-other"
    monkeypatch.setattr(trained_networks, "load_dataset", lambda _name, **_settings: replace(data, inputs=blinded))
    assert digest(forgotten(QUICK)) == digest(before)


def test_training_in_inference_mode_gives_a_model_with_gradients(untrained):
    data = load_dataset("wine")
    with torch.inference_mode():
        model = load_model(QUICK)
    assert not any(tensor.is_inference() for tensor in model.model.state_dict().values())
    assert float(model.gradients(data.test.inputs[:2], TargetScore(data.test.targets[:2])).values.abs().max()) > 0


def test_training_is_reported_by_epochs_and_reading_the_cache_is_not(untrained):
    seen = []

    class Bar:
        def start(self, what, total):
            seen.append((what, total))
            return self

        def advance(self):
            pass

        def finish(self):
            pass

    with reporting(Bar()):
        forgotten(QUICK)
        forgotten(QUICK)
    assert seen == [("training wine_mlp", 100)]


def test_a_cancelled_training_keeps_nothing(untrained, cache):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled), reporting(None, token):
        load_model(QUICK)
    assert not cache.exists()
    assert load_model(QUICK).num_classes == 3


def test_changing_a_loaded_model_changes_no_other():
    model, inputs = load_model(QUICK), load_dataset("wine").test.inputs
    before = load_model(QUICK)(inputs)
    with torch.no_grad():
        for tensor in model.model.state_dict().values():
            tensor.zero_()
    assert torch.equal(load_model(QUICK)(inputs), before)
