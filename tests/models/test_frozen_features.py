import pytest
import torch
from torch import nn

from xaivision.core.errors import Cancelled
from xaivision.core.progress import CancelToken, reporting
from xaivision.models import frozen_features as room
from xaivision.models.frozen_features import CHUNK, frozen_features, network_of
from xaivision.models.network_plan import NetworkPlan, built

COUNT = 2 * CHUNK + 5


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "xaivision" / "models"


@pytest.fixture
def computed(monkeypatch):
    """The sizes of the batches that a network was asked about."""
    sizes, honest = [], room._computed
    monkeypatch.setattr(room, "_computed", lambda model, images, mixed: sizes.append(len(images)) or honest(model, images, mixed))
    return sizes


def model_of(channels=1, seed=0, side=8, mean=0.4):
    torch.manual_seed(seed)
    backbone = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return built(NetworkPlan("mine", channels, 6, 6, side, 4, (mean,) * 3, (0.5,) * 3, ("a", "b")), backbone)


def pictures(channels=1, count=COUNT):
    return torch.rand(count, channels, 6, 6, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("channels", [1, 3])
def test_they_are_what_the_layer_behind_the_backbone_is_given(channels):
    model, images = model_of(channels), pictures(channels)
    network_of(model).head.weight.data.normal_(generator=torch.Generator().manual_seed(1))
    found = frozen_features(model, images, "mine")
    assert found.shape == (COUNT, 4)
    torch.testing.assert_close(network_of(model).head(found).detach(), model(images))


def test_what_was_computed_is_read_and_not_computed_again(computed):
    first = frozen_features(model_of(), pictures(), "mine")
    assert computed == [CHUNK, CHUNK, 5]
    assert torch.equal(frozen_features(model_of(), pictures(), "mine"), first)
    assert computed == [CHUNK, CHUNK, 5]


@pytest.mark.parametrize("change", [{"seed": 1}, {"side": 9}, {"mean": 0.5}], ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_other_weights_another_side_or_normalization_are_never_mixed_up(computed, change, channels):
    frozen_features(model_of(channels), pictures(channels, 3), "mine")
    found = frozen_features(model_of(channels, **change), pictures(channels, 3), "mine")
    assert len(computed) == 2
    torch.testing.assert_close(found, room._computed(model_of(channels, **change), pictures(channels, 3), False))


def test_only_the_pictures_that_changed_are_computed_again(computed):
    images = pictures()
    frozen_features(model_of(), images, "mine")
    images[CHUNK + 1] = 0
    frozen_features(model_of(), images, "mine")
    assert computed == [CHUNK, CHUNK, 5, CHUNK]


def test_flipped_pictures_have_features_of_their_own():
    model, images = model_of(), pictures(count=4)
    flipped = frozen_features(model, images, "mine", axes=(3,))
    torch.testing.assert_close(flipped, room._computed(model, images.flip(3), False))
    assert not torch.equal(flipped, frozen_features(model, images, "mine"))


def test_what_is_done_when_it_is_stopped_is_kept_and_progress_is_told(computed):
    token, seen = CancelToken(), []

    class Bar:
        def start(self, what, total):
            seen.append((what, total))
            return self

        def advance(self):
            token.cancel()

        def finish(self):
            pass

    with pytest.raises(Cancelled), reporting(Bar(), token):
        frozen_features(model_of(), pictures(), "mine")
    assert seen == [("features of mine", 3)]
    frozen_features(model_of(), pictures(), "mine")
    assert computed == [CHUNK, CHUNK, 5]


def test_a_damaged_file_is_computed_again(cache, computed):
    first = frozen_features(model_of(), pictures(count=3), "timm/mine")
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert torch.equal(frozen_features(model_of(), pictures(count=3), "timm/mine"), first)
    assert computed == [3, 3]


def test_half_precision_is_bfloat16_comes_back_as_float32_and_is_kept_apart(computed):
    """What a GPU does, on the processor's own bfloat16: rounded as its eight bits are, and no more."""
    model, images = model_of(), pictures(count=5)
    exact = frozen_features(model, images, "mine")
    half = frozen_features(model, images, "mine", mixed=True)
    assert computed == [5, 5]
    assert half.dtype == torch.float32
    assert not torch.equal(half, exact)
    torch.testing.assert_close(half, exact, rtol=0.02, atol=0.02 * float(exact.abs().max()))
    asked = []
    network_of(model).backbone[0].register_forward_hook(lambda *parts: asked.append(parts[-1].dtype))
    room._computed(model, images, True)
    assert asked == [torch.bfloat16]
