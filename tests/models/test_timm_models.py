import socket
import sys

import huggingface_hub
import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import save_file

from xaivision.core.errors import Cancelled, MissingExtraError, UnknownNameError
from xaivision.core.targets import TargetScore
from xaivision.models import available_models, load_model, model_card
from xaivision.models.imagenet_classes import imagenet_classes
from xaivision.models.timm_models import names
from xaivision.models.weights_file import DownloadError

NAME = "timm/test_resnet"


@pytest.fixture(autouse=True)
def _no_network(tmp_path, monkeypatch):
    """An empty store of downloads, and no network."""

    def nowhere(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)


def kept(tmp_path, name, state):
    """Put these weights where the hub keeps its downloads."""
    import timm

    repository = timm.get_pretrained_cfg(name.removeprefix("timm/")).hf_hub_id
    folder = tmp_path / f"models--{repository.replace('/', '--')}"
    (folder / "snapshots" / "one").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("one")
    save_file(state, folder / "snapshots" / "one" / "model.safetensors")


def test_without_a_network_one_sentence_names_the_ways_out_and_nothing_is_printed(capfd):
    with pytest.raises(DownloadError) as caught:
        load_model(NAME)
    assert str(caught.value) == (
        "The weights of `timm/test_resnet` are not on this machine, and could not be downloaded: [Errno -2] Name or service not "
        "known; load `efficientnet_lite0`, which needs no download, or give weights=None for random ones."
    )
    assert capfd.readouterr() == ("", "")


def test_a_job_that_is_cancelled_while_it_downloads_is_not_taken_for_a_network_that_failed(monkeypatch):
    def cancelled(*_args, **_kwargs):
        raise Cancelled("enough")

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda _url: None)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", cancelled)
    with pytest.raises(Cancelled, match="enough"):
        load_model(NAME)


def test_weights_that_were_downloaded_before_are_the_models(tmp_path, capfd):
    original = load_model(NAME, weights=None, seed=5)
    kept(tmp_path, NAME, original.model.state_dict())
    model = load_model(NAME)
    assert all(torch.equal(model.model.state_dict()[part], value) for part, value in original.model.state_dict().items())
    assert "state_dict" not in model.model.pretrained_cfg
    assert model.class_names == imagenet_classes()
    images = torch.rand(2, *model.input_shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model(images), original(images))
    assert capfd.readouterr() == ("", "")


def test_random_weights_depend_on_the_seed_and_not_on_the_global_generator():
    before = torch.get_rng_state()
    one, same, other = (load_model(NAME, weights=None, seed=seed).model.state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[part], same[part]) for part in one)
    assert not all(torch.equal(one[part], other[part]) for part in one)


def test_random_weights_come_without_class_names_and_with_gradients():
    model = load_model(NAME, weights=None)
    assert model.class_names[:2] == ("0", "1")
    images = torch.rand(1, *model.input_shape, generator=torch.Generator().manual_seed(0))
    assert float(model.gradients(images, TargetScore(model(images).argmax(1))).values.abs().max()) > 0


def test_the_tag_of_the_weights_is_part_of_the_name():
    with pytest.raises(UnknownNameError, match=r"`r160_in1k` is not a known set of weights for `timm/test_resnet`, whose tags"):
        load_model(NAME, weights="r160_in1k")
    assert any(name.startswith(f"{NAME}.") for name in names())


@pytest.mark.parametrize(("wrong", "meant"), [("timm/test_resnett", "timm/test_resnet"), ("timm/ResNet18", "timm/resnet18")])
def test_an_unknown_name_suggests_the_closest(wrong, meant):
    with pytest.raises(UnknownNameError, match=f"`{wrong}` is not a known model. Did you mean `{meant}`"):
        load_model(wrong)


def test_the_card_counts_the_parameters_and_claims_no_accuracy():
    card, model = model_card(NAME), load_model(NAME, weights=None)
    assert card.parameters == sum(part.numel() for part in model.model.parameters())
    assert (card.num_classes, card.accuracy) == (model.num_classes, None)
    assert model_card(NAME, weights=None).training_data == "none"


def test_the_list_with_downloads_has_timms_names():
    assert {NAME, "timm/resnet18.a1_in1k", "resnet18"} <= set(available_models(downloads=True))
    assert NAME not in available_models()


def test_without_timm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r'`timm` is needed. .*"xaivision\[timm\]"'):
        load_model("timm/resnet18")
    monkeypatch.delitem(sys.modules, "timm")
