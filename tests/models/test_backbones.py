import socket

import pytest
import torch
from torch import nn

from xaivision.core.errors import CapabilityError, InputError, UnknownNameError, XaivisionError
from xaivision.models import load_model
from xaivision.models.backbones import architecture, backbone, beheaded
from xaivision.models.weights_cache import digest


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty download folder, and no network."""

    def nowhere(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)


def color(side, seed=0):
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(seed))


def normalized(images, taken):
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (taken.mean, taken.std))
    return (images - mean) / std


@pytest.mark.parametrize(
    ("name", "head"),
    [("resnet18", "fc"), ("mobilenet_v2", "classifier.1"), ("densenet121", "classifier"), ("timm/resnet18", "fc")],
)
def test_features_with_the_head_that_was_taken_off_are_the_whole_models_scores(name, head):
    model, taken = load_model(name, weights=None, seed=3), backbone(name, weights=None, seed=3)
    images = color(64)
    with torch.no_grad():
        scores = model.model.get_submodule(head)(taken.module(normalized(images, taken)))
        want = model.model(model.prepared(images))
    assert taken.width == model.model.get_submodule(head).in_features
    torch.testing.assert_close(scores, want, rtol=1e-4, atol=1e-5 * float(want.abs().max()))


def test_the_real_network_keeps_its_weights_its_side_and_its_own_normalization():
    model, taken = load_model("efficientnet_lite0"), backbone("efficientnet_lite0")
    assert (taken.side, taken.mean, taken.std, taken.width) == (224, (0.498,) * 3, (0.502,) * 3, 1280)
    assert taken.trained
    assert taken.weights == "EfficientNet-Lite0 with its package's ImageNet weights"  # its 1,000 classes are taken away
    images = color(224)
    with torch.no_grad():
        want = model(images)
        found = model.model._fc(taken.module(normalized(images, taken)))
    torch.testing.assert_close(found, want, rtol=1e-4, atol=1e-4)
    assert taken.digest == digest({n: v for n, v in model.model.state_dict().items() if not n.startswith("_fc")})


@pytest.mark.parametrize(
    ("name", "side", "mean"), [("resnet18", 224, 0.485), ("inception_v3", 299, 0.485), ("efficientnet_b1", 240, 0.485)]
)
def test_each_backbone_has_a_side_and_a_normalization_of_its_own(name, side, mean):
    taken = backbone(name, weights=None)
    assert (taken.side, taken.mean[0]) == (side, mean)


def test_a_last_convolution_is_taken_off_too():
    taken = backbone("squeezenet1_1", weights=None)
    maps = taken.module.features(color(64))
    torch.testing.assert_close(taken.module(color(64)), maps.mean((2, 3)))
    assert taken.width == 512


def test_random_weights_are_taken_only_when_asked_for_and_are_marked():
    with pytest.raises(XaivisionError, match="not on this machine"):
        backbone("resnet18")
    taken = backbone("resnet18", weights=None, seed=1)
    assert not taken.trained
    assert "random weights drawn from seed 1" in taken.weights
    assert taken.digest == backbone("resnet18", weights=None, seed=1).digest != backbone("resnet18", weights=None).digest


def test_what_the_packaged_network_cannot_have_is_said():
    with pytest.raises(InputError, match="without which it is nothing"):
        backbone("efficientnet_lite0", weights=None)


def test_only_classifiers_of_color_pictures_are_backbones():
    with pytest.raises(CapabilityError, match="must be a classifier of color pictures"):
        backbone("digits_cnn")


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="resnet"):
        backbone("resnet51", weights=None)


def test_a_network_without_a_linear_head_is_refused():
    with pytest.raises(CapabilityError, match=r"last layer is linear\. `mine` has none"):
        beheaded(nn.Sequential(nn.Linear(4, 3)), 10, "mine")


def test_the_last_layer_with_the_classes_is_the_head():
    module = nn.Sequential(nn.Linear(5, 10), nn.ReLU(), nn.Linear(10, 10))
    beheaded(module, 10, "mine")
    assert isinstance(module[0], nn.Linear)
    assert isinstance(module[2], nn.Identity)


def test_an_architecture_is_had_without_a_network():
    module, width = architecture("resnet18")
    assert width == 512
    assert module.state_dict().keys() == backbone("resnet18", weights=None).module.state_dict().keys()
