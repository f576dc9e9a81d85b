import hashlib
import socket
import warnings

import pytest
import torch
from torchvision.models import ResNet18_Weights, get_model, get_model_weights, list_models

from xaivision.core.errors import FileFormatError, UnknownNameError, XaivisionError
from xaivision.core.image_format import ImageFormat
from xaivision.core.targets import TargetScore
from xaivision.models import load_model, model_card
from xaivision.models.construction import construction
from xaivision.models.imagenet_classes import imagenet_classes
from xaivision.models.torchvision_models import names


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty download folder, and no network."""

    def nowhere(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Make torchvision's ResNet-18 weights this object, saved where they are fetched from."""

    def serve(content):
        origin = tmp_path / "server"
        origin.mkdir()
        torch.save(content, origin / "new.pth")
        digits = hashlib.sha256((origin / "new.pth").read_bytes()).hexdigest()[:8]
        path = (origin / "new.pth").rename(origin / f"resnet18-{digits}.pth")
        monkeypatch.setattr(ResNet18_Weights.DEFAULT.value, "url", path.as_uri())
        return path

    return serve


def test_without_a_network_one_sentence_names_the_offline_model_and_nothing_is_left(home, capfd):
    with pytest.raises(XaivisionError) as caught:
        load_model("resnet18")
    assert str(caught.value) == (
        "The weights of `resnet18` are not on this machine, and `resnet18-f37072fd.pth` could not be downloaded: "
        "[Errno -2] Name or service not known; load `efficientnet_lite0`, which needs no download, "
        "or give weights=None for random ones."
    )
    assert list(home.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_fetched_weights_are_the_models_and_nothing_is_printed(served, home, capfd):
    with construction(5):
        original = get_model("resnet18").eval()
    path = served(original.state_dict())
    model = load_model("resnet18")
    assert [file.name for file in home.iterdir()] == [path.name]
    assert all(torch.equal(model.model.state_dict()[part], value) for part, value in original.state_dict().items())
    assert capfd.readouterr() == ("", "")

    mean, std = (torch.tensor(three).view(3, 1, 1) for three in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(model(images), original((images - mean) / std), rtol=1e-4, atol=1e-5)
    assert model.class_names == imagenet_classes()
    assert model.image_format == ImageFormat(3, 224, 224, resize=256)
    assert model.batches.size(images) == 16


def test_weights_that_hold_anything_but_tensors_are_refused(served):
    served({"conv1.weight": ImageFormat(1, 1, 1)})
    with pytest.raises(FileFormatError, match="must hold tensors only"):
        load_model("resnet18")


def test_weights_that_do_not_exist_are_named():
    with pytest.raises(UnknownNameError, match=r"`IMAGENET1K_V9` is not a known set of weights for `resnet18`\. Known: .*V1"):
        load_model("resnet18", weights="IMAGENET1K_V9")


def test_random_weights_depend_on_the_seed_and_not_on_the_global_generator():
    before = torch.get_rng_state()
    one, same, other = (load_model("squeezenet1_1", weights=None, seed=seed).model.state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[part], same[part]) for part in one)
    assert not torch.equal(one["classifier.1.weight"], other["classifier.1.weight"])


def test_random_weights_come_with_the_preprocessing_and_without_class_names():
    model = load_model("squeezenet1_1", weights=None)
    assert (model.image_format, model.num_classes) == (ImageFormat(3, 224, 224, resize=256), 1000)
    assert model.class_names[:2] == ("0", "1")
    black = model(torch.zeros(1, 3, 224, 224))
    mean, std = (torch.tensor(three).view(1, 3, 1, 1) for three in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        torch.testing.assert_close(black, model.model((-mean / std).expand(1, 3, 224, 224)), rtol=1e-4, atol=1e-6)


def test_loading_in_inference_mode_gives_a_model_with_gradients():
    with torch.inference_mode():
        model = load_model("squeezenet1_1", weights=None)
    assert not any(tensor.is_inference() for tensor in model.model.state_dict().values())
    images = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    assert float(model.gradients(images, TargetScore(model(images).argmax(1))).values.abs().max()) > 0


def test_a_callers_default_dtype_does_not_reach_the_weights():
    torch.set_default_dtype(torch.float64)
    try:
        model = load_model("squeezenet1_1", weights=None)
    finally:
        torch.set_default_dtype(torch.float32)
    assert model.dtype == torch.float32


def test_only_torchvisions_image_classifiers_are_known():
    assert {"resnet18", "vit_b_16", "swin_t"} <= set(names())
    others = set(list_models()) - set(names())
    assert {"fasterrcnn_resnet50_fpn", "r3d_18", "deeplabv3_resnet50", "quantized_resnet18"} <= others
    with pytest.raises(UnknownNameError):
        load_model("fasterrcnn_resnet50_fpn")


@pytest.mark.parametrize("name", names())
def test_the_card_tells_what_torchvision_published(name):
    meta = get_model_weights(name).DEFAULT.meta
    card = model_card(name)
    assert card.accuracy == pytest.approx(meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100)
    assert (card.parameters, card.num_classes) == (meta["num_params"], 1000)
    assert 0.5 < card.accuracy < 1


def test_the_card_of_random_weights_claims_no_accuracy_and_counts_the_parameters():
    card = model_card("squeezenet1_1", weights=None)
    model = load_model("squeezenet1_1", weights=None)
    assert card.accuracy is None
    assert card.training_data == "none"
    assert card.parameters == sum(tensor.numel() for tensor in model.model.parameters())


@pytest.mark.parametrize("name", ["googlenet", "inception_v3", "maxvit_t", "swin_v2_t", "vit_b_32", "vit_h_14"])
def test_every_kind_of_architecture_takes_its_own_format(name):
    # On the meta device: shapes without values, at no cost. Warnings of these architectures are errors here.
    from xaivision.models.torchvision_models import _Network

    network = _Network(name, None)
    with warnings.catch_warnings(), construction(0), torch.device("meta"):
        warnings.simplefilter("error")
        module = network.module().eval()
        assert module(torch.empty(2, *network.image_format.shape)).shape == (2, 1000)
