from dataclasses import replace

import pytest
import torch

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.data.registry import load_dataset
from xaivision.models.backbones import backbone
from xaivision.models.small_cnn import SIDE, WIDTHS, small_cnn
from xaivision.models.trained_file import load_trained
from xaivision.models.transfer import train


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def data():
    return load_dataset("sonar48", count=200)


@pytest.fixture(scope="module")
def trained(cache, data):
    return train(data, "small_cnn", side=48, tuning_epochs=30)


def test_it_takes_gray_pictures_of_any_size_and_keeps_activations_as_large_as_they_come():
    images = torch.randn(4, 1, 64, 80, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert small_cnn()(images).shape == (4, WIDTHS[-1])
        assert 0.1 < float(small_cnn().maps(images).square().mean()) < 30


def test_its_weights_follow_from_the_seed_alone():
    before = torch.get_rng_state()
    one, same, other = (small_cnn(seed).state_dict()["maps.0.weight"] for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert backbone("small_cnn", seed=1).digest != backbone("small_cnn").digest
    assert (backbone("small_cnn").side, backbone("small_cnn").trained) == (SIDE, False)


def test_it_learns_generated_sonar_from_nothing(trained):
    assert trained.card.scores.balanced_accuracy > 0.8
    assert min(trained.card.tuning_losses) < 0.6 * trained.card.tuning_losses[0]
    assert trained.card.recipe.tuned_blocks == len(WIDTHS)


def test_its_first_layer_sees_one_channel(trained):
    network = trained.classifier.model
    assert trained.classifier.image_format.channels == 1
    assert network.backbone.maps[0].in_channels == 1
    black, white = (network.color(torch.full((1, 1, 2, 2), value)) for value in (0.0, 1.0))
    assert (float(black.mean()), float(white.mean())) == (-2, 2)


def test_the_card_says_that_it_began_with_random_weights(trained):
    assert not trained.card.pretrained
    assert "small_cnn with random weights drawn from seed 0, all of which are trained here" in trained.card.markdown()


def test_it_is_saved_and_explained_as_any_other(trained, data, tmp_path):
    same = load_trained(trained.save(tmp_path / "small"))
    images = data.test.inputs[:2]
    assert torch.equal(same(images), trained(images))
    for method in ("grad_cam", "integrated_gradients", "layerwise_relevance"):
        found = xv.explain(same.classifier, images, method)
        assert found.verdict.status != "refuse"
        assert found.values.shape == (2, 1, 48, 48)


def test_color_pictures_are_refused_with_the_remedy(data):
    color = replace(data, inputs=data.inputs.expand(-1, 3, -1, -1))
    with pytest.raises(InputError, match=r"must hold gray pictures .* Got 3 channels\. Read them with channels=1"):
        train(color, "small_cnn", side=48)


def test_weights_that_it_cannot_have_are_refused(data):
    with pytest.raises(InputError, match=r"are random, whatever is said\. Got 'IMAGENET1K_V1'"):
        train(data, "small_cnn", weights="IMAGENET1K_V1")
