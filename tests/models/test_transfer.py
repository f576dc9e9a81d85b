import json
import socket
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

import xaivision as xv
from xaivision.core.errors import Cancelled, FileFormatError, InputError, UnknownNameError
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.targets import TargetScore
from xaivision.data.registry import load_dataset
from xaivision.models import frozen_features, transfer
from xaivision.models.trained_file import load_trained
from xaivision.models.transfer import train
from xaivision.models.transfer_recipe import TransferRecipe

QUICK = {"backbone": "squeezenet1_1", "weights": None, "side": 48, "epochs": 20, "learning_rate": 1e-2}


@pytest.fixture(autouse=True, scope="module")
def home(tmp_path_factory):
    """A cache of these tests' own, and no network."""

    def nowhere(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(socket, "getaddrinfo", nowhere)
        yield


@pytest.fixture(scope="module")
def data():
    return load_dataset("sonar48", count=80)


@pytest.fixture(scope="module")
def quick(home, data):
    return train(data, **QUICK)


@pytest.fixture(scope="module")
def real(home):
    return train(load_dataset("sonar48", count=160), side=64)


def weights_of(model):
    return model.classifier.model.state_dict()


def same(one, other):
    return all(torch.equal(value, weights_of(other)[name]) for name, value in weights_of(one).items())


def test_the_packaged_network_learns_generated_sonar_to_nearly_every_picture(real):
    assert real.card.pretrained
    assert real.card.scores.accuracy > 0.9


def test_the_card_tells_what_the_classifier_itself_reaches_on_pictures_it_never_saw(real):
    data = load_dataset("sonar48", count=160)
    inputs, targets = data.test
    right = (real.classifier(inputs).argmax(1) == targets).double().mean()
    assert real.card.scores.accuracy == pytest.approx(float(right))
    assert real.card.scores.count == len(inputs)
    assert [one.test for one in real.card.counts] == [12] * 4


def test_grad_cam_finds_its_layer_and_gradient_methods_have_no_objection(real):
    data = load_dataset("sonar48", count=160)
    images = data.test.inputs[:2]
    for method, settings in [
        ("grad_cam", {}),
        ("saliency", {}),
        ("layerwise_relevance", {}),
        ("integrated_gradients", {"steps": 16}),
    ]:
        explanation = xv.explain(real.classifier, images, method, **settings)
        assert explanation.verdict.status != "refuse"
        assert explanation.values.shape == (2, 1, 48, 48)
        assert float(explanation.values.abs().max()) > 0


def test_gradients_with_respect_to_gray_pixels_are_those_of_the_score(quick, data):
    model = xv.TorchClassifier(deepcopy(quick.classifier.model).double(), 4)
    one = data.test.inputs[:1].double()
    target = TargetScore(model(one).argmax(1))
    found = model.gradients(one, target).values
    step = 1e-6 * torch.randn(one.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    change = (target.of(model(one + step)) - target.of(model(one - step))) / 2
    assert float((found * step).sum()) == pytest.approx(float(change), rel=1e-4)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(quick, data):
    before = torch.get_rng_state()
    again = train(data, **QUICK)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(quick, again)
    assert quick.card == again.card
    assert not same(quick, train(data, **QUICK, seed=1))


def test_nothing_is_learned_from_the_test_part(quick, data):
    blind = data.inputs.clone()
    blind[data.split.test] = 0
    assert same(quick, train(replace(data, inputs=blind), **QUICK))


def test_nothing_but_when_to_stop_is_learned_from_the_validation_part(data):
    settings = {**QUICK, "epochs": 1, "learning_rate": 3e-3}
    one = train(data, **settings)
    dimmed = data.inputs.clone()
    dimmed[one.parts.validation] *= 0.98
    other = train(replace(data, inputs=dimmed), **settings)
    assert all(model.card.head_losses[1] < model.card.head_losses[0] for model in (one, other))
    assert one.card.head_losses[1] != other.card.head_losses[1]
    assert same(one, other)


def test_random_weights_are_marked_on_the_card(quick):
    assert not quick.card.pretrained
    assert "random weights drawn from seed 0" in quick.card.weights
    assert "RANDOM WEIGHTS" in quick.card.markdown()


def test_features_are_computed_once_for_every_head(data, quick, monkeypatch):
    def again(*_args):
        raise AssertionError("computed again")

    monkeypatch.setattr(frozen_features, "_computed", again)
    train(data, **{**QUICK, "learning_rate": 3e-3, "class_weights": "none", "validation": 0.3})


def test_tuning_begins_with_the_trained_layer_and_never_ends_worse(quick, data):
    tuned = train(data, **QUICK, tuned_blocks=1, tuning_epochs=2)
    assert tuned.card.tuning_losses[0] == pytest.approx(min(quick.card.head_losses), rel=1e-3)
    assert len(tuned.card.tuning_losses) == 3
    changed = {name for name, value in weights_of(quick).items() if not torch.equal(value, weights_of(tuned)[name])}
    assert changed
    assert {name.rsplit(".", 2)[0] for name in changed if name.startswith("backbone")} <= {
        "backbone.features.12.squeeze",
        "backbone.features.12.expand1x1",
        "backbone.features.12.expand3x3",
        "backbone.features.12",
    }
    assert all(part.requires_grad for part in tuned.classifier.model.backbone.parameters())


def test_in_mixed_precision_passes_are_half_and_what_is_learned_is_whole(data, monkeypatch):
    """What a GPU does, on the processor's own bfloat16: the recipe refuses that elsewhere, since it is slow there."""
    monkeypatch.setattr(TransferRecipe, "__post_init__", lambda _: None)
    monkeypatch.setattr(transfer, "block_inputs", lambda *_: None)  # as on a GPU: all blocks are passed
    exact, half = (train(data, **QUICK, tuned_blocks=1, tuning_epochs=2, mixed_precision=mixed) for mixed in (False, True))
    assert half.card.recipe.mixed_precision
    for one, other in ((exact.card.head_losses, half.card.head_losses), (exact.card.tuning_losses, half.card.tuning_losses)):
        assert one != other
        assert other == pytest.approx(one, rel=0.05)
    assert {value.dtype for value in weights_of(half).values()} == {torch.float32}
    scores = half.classifier(data.test.inputs)
    torch.testing.assert_close(scores, exact.classifier(data.test.inputs), rtol=0, atol=0.1 * float(scores.abs().max()))


def test_more_blocks_than_there_are_is_told(data):
    with pytest.raises(InputError, match="`tuned_blocks` must be at most 9"):
        train(data, **QUICK, tuned_blocks=10)


def test_a_stopped_training_goes_on_from_its_checkpoint_to_the_same_bits(data, tmp_path):
    settings = {**QUICK, "tuned_blocks": 1, "tuning_epochs": 3}
    whole, token = train(data, **settings), CancelToken()

    class Bar:
        def start(self, what, _total):
            self.what, self.done = what, 0
            return self

        def advance(self):
            self.done += 1
            if self.what.startswith("tuning") and self.done == 1:
                token.cancel()

        def finish(self):
            pass

    with pytest.raises(Cancelled), reporting(Bar(), token):
        train(data, **settings, checkpoint=tmp_path / "new" / "here")
    assert {file.name for file in (tmp_path / "new" / "here").iterdir()} == {
        "linear_layer.safetensors",
        "tuned_blocks.safetensors",
    }
    again = train(data, **settings, checkpoint=tmp_path / "new" / "here")
    assert same(whole, again)
    assert again.card == whole.card
    with pytest.raises(InputError, match="this very training"):
        train(data, **{**settings, "tuning_rate": 1e-3}, checkpoint=tmp_path / "new" / "here")


def test_what_is_saved_comes_back_bit_for_bit_without_a_download(quick, data, tmp_path):
    path = quick.save(tmp_path / "mine")
    assert path == tmp_path / "mine.safetensors"
    back = load_trained(path)
    assert same(quick, back)
    assert back.card == quick.card
    assert back.plan == quick.plan
    assert all(torch.equal(getattr(back.parts, part), getattr(quick.parts, part)) for part in ("train", "validation", "test"))
    assert torch.equal(back.classifier(data.inputs[:3]), quick.classifier(data.inputs[:3]))
    assert back.classifier.class_names == data.class_names


def test_a_color_classifier_comes_back_with_its_own_normalization(data, tmp_path):
    color = replace(data, inputs=data.inputs.repeat(1, 3, 1, 1))
    model = train(color, **QUICK)
    back = load_trained(model.save(tmp_path / "color"))
    assert torch.equal(back.classifier(color.inputs[:3]), model.classifier(color.inputs[:3]))


def test_gray_pictures_are_classified_as_their_color_copies(quick, data):
    color = train(replace(data, inputs=data.inputs.repeat(1, 3, 1, 1)), **QUICK)
    inputs = data.test.inputs
    torch.testing.assert_close(color.classifier(inputs.repeat(1, 3, 1, 1)), quick.classifier(inputs), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("damage", ["cut", "bit", "told", "other", "pickle"])
def test_a_file_that_is_not_what_save_wrote_is_refused(quick, tmp_path, damage):
    path = quick.save(tmp_path / "mine")
    content = path.read_bytes()
    changed = {
        "cut": content[:-9],
        "bit": content[:-1] + bytes([content[-1] ^ 1]),
        "told": content.replace(b"squeezenet1_1", b"squeezenet1_0"),
        "other": content.replace(b"xaivision trained classifier 1", b"xaivision trained classifier 9"),
        "pickle": b"\x80\x04K\x01.",
    }[damage]
    path.write_bytes(changed)
    with pytest.raises(FileFormatError, match="must be a trained classifier written by `save`"):
        load_trained(path)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_trained(tmp_path / "nothing.safetensors")


def test_a_class_without_test_pictures_is_saved_too(quick, tmp_path):
    recalls = (replace(quick.card.scores.recalls[0], count=0, share=float("nan")), *quick.card.scores.recalls[1:])
    card = replace(quick.card, scores=replace(quick.card.scores, recalls=recalls))
    path = replace(quick, card=card).save(tmp_path / "mine")
    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["told"])["card"]["scores"]["recalls"][0]["share"] is None
    back = load_trained(path).card.scores.recalls[0].share
    assert back != back


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"epoch": 3}, UnknownNameError, "`epoch` is not a known setting of `train`. Did you mean `epochs`"),
        ({"backbone": "vgg99"}, UnknownNameError, "is not a known model"),
        ({"backbone": "vit_b_16"}, InputError, "`side` must be one that `vit_b_16` can take. Got 48"),
        ({"side": 8}, InputError, "`side` must be one that `squeezenet1_1` can take. Got 8"),
    ],
)
def test_what_does_not_fit_is_one_sentence(data, settings, error, sentence):
    with pytest.raises(error, match=sentence):
        train(data, **{**QUICK, **settings})


def test_pictures_of_two_channels_are_refused(data):
    with pytest.raises(InputError, match=r"1 or 3 channels\. Got 2"):
        train(replace(data, inputs=data.inputs.repeat(1, 2, 1, 1)), **QUICK)


def test_training_in_inference_mode_gives_a_model_with_gradients(data):
    with torch.inference_mode():
        model = train(data, **QUICK, tuned_blocks=1, tuning_epochs=1).classifier
    assert not any(tensor.is_inference() for tensor in model.model.state_dict().values())
    found = model.gradients(data.test.inputs[:2], TargetScore(data.test.targets[:2])).values
    assert float(found.abs().max()) > 0


def test_the_card_is_a_page_with_every_class_and_the_confusion(quick):
    page = quick.card.markdown()
    for name in ("seafloor", "mine", "bar", "plane"):
        assert page.count(f"| {name} |") >= 2
    assert quick.card.data_digest in page
    assert "Expected calibration error" in page
    assert repr(quick).startswith("TrainedModel(sonar48_squeezenet1_1, accuracy ")
