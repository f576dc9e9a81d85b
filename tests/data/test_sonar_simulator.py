import time

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.data import sonar_simulator as room
from xaivision.data.registry import load_dataset
from xaivision.data.sonar_simulator import CLASS_NAMES, scene


@pytest.fixture(scope="module")
def sonar():
    return load_dataset("sonar_simulator", count=200)


def test_five_classes_come_in_turn_as_one_channel_float32(sonar):
    assert sonar.inputs.shape == (200, 1, 128, 128)
    assert sonar.inputs.dtype == torch.float32
    assert sonar.class_names == ("seafloor", "cylinder", "sphere", "airplane", "wreck")
    assert sonar.targets.tolist() == [0, 1, 2, 3, 4] * 40


def test_the_truth_is_the_target_and_the_shadow_is_beside_it(sonar):
    target, shadow = sonar.masks["target"], sonar.masks["shadow"]
    assert torch.equal(sonar.truth, target)
    assert not (target & shadow).any()
    bare = sonar.targets == 0
    assert not target[bare].any()
    assert not shadow[bare].any()
    assert int(target[~bare].flatten(1).sum(1).min()) >= 8
    assert int(shadow[~bare].flatten(1).sum(1).min()) >= 8


def test_targets_are_bright_and_shadows_dark_against_their_own_seabed(sonar):
    target, shadow = sonar.masks["target"], sonar.masks["shadow"]
    brighter = []
    for picture, body, dark, label in zip(sonar.inputs[:, 0], target, shadow, sonar.targets.tolist(), strict=True):
        if label == 0:
            continue
        ground = picture[~(body | dark)].mean()
        brighter.append(float(picture[body].mean() / ground))
        assert picture[dark].mean() < 0.6 * ground
    assert min(brighter) > 0.9  # a ball of a dozen pixels may drown in the speckle
    assert float((torch.tensor(brighter) > 1.2).double().mean()) > 0.95
    assert float(sonar.inputs[:, 0][shadow].mean()) < 0.35 * float(sonar.inputs[:, 0][~(target | shadow)].mean())


def middles(mask):
    columns = torch.arange(mask.shape[-1], dtype=torch.float64)
    return (mask.sum(1) * columns).sum(1) / mask.sum((1, 2))


def test_a_shadow_lies_on_the_side_away_from_the_sonar_which_is_on_either_side(sonar):
    thrown = sonar.targets > 0
    behind = middles(sonar.masks["shadow"][thrown]) - middles(sonar.masks["target"][thrown])
    balls = sonar.targets[thrown] == 2
    assert float((behind > 0).double().mean()) == pytest.approx(0.5, abs=0.12)
    assert float(behind[balls].abs().min()) > 2
    nearer = torch.where(behind > 0, middles(sonar.truth[thrown]), 127 - middles(sonar.truth[thrown]))
    assert float(nearer.mean()) < 54


def test_the_highlight_of_a_ball_is_on_the_side_that_faces_the_sonar():
    scenes = [scene("sphere", 128, "flat", generator(seed)) for seed in range(60)]
    towards = 0
    for picture, body, shadow in scenes:
        bright = body * picture[0]
        columns = torch.arange(128, dtype=torch.float64)
        weighted = float((bright.sum(0) * columns).sum() / bright.sum())
        away = float(middles(shadow[None])[0] - middles(body[None])[0])
        towards += (weighted - float(middles(body[None])[0])) * away < 0
    assert towards > 45


def test_the_seabed_tells_nothing_of_the_class(sonar):
    """All draws but the target are the same whatever the class is."""
    for number in range(5):
        bare, *others = (scene(kind, 64, None, generator(number)) for kind in CLASS_NAMES)
        for picture, body, shadow in others:
            far = torch.nn.functional.max_pool2d((body | shadow).float()[None], 15, 1, 7)[0].bool()
            assert torch.equal(picture[0][~far], bare.picture[0][~far])
            assert far.double().mean() < 0.8


def test_textures_are_mixed_alike_in_all_classes_and_can_be_asked_for(monkeypatch):
    asked = []
    original = room.seabed
    monkeypatch.setattr(room, "seabed", lambda texture, *rest: (asked.append(texture), original(texture, *rest))[1])
    load_dataset("sonar_simulator", count=150, size=32)
    for label in range(5):
        assert set(asked[label::5]) == {"flat", "ripples", "rocky"}
    asked.clear()
    load_dataset("sonar_simulator", count=10, size=32, texture="rocky")
    assert set(asked) == {"rocky"}


def test_a_picture_depends_on_the_seed_and_its_number_alone():
    few, many = load_dataset("sonar_simulator", count=5, size=48), load_dataset("sonar_simulator", count=9, size=48)
    assert torch.equal(few.inputs, many.inputs[:5])
    assert torch.equal(few.masks["shadow"], many.masks["shadow"][:5])
    assert not torch.equal(load_dataset("sonar_simulator", count=5, size=48, seed=1).inputs, few.inputs)


def test_the_same_scene_is_seen_at_every_size():
    """A mask at twice the pixels covers the same ground."""
    small, large = (load_dataset("sonar_simulator", count=20, size=size, texture="flat").truth.double() for size in (64, 128))
    areas = torch.stack([masks.mean((1, 2))[3::5] for masks in (small, large)])
    assert torch.allclose(areas[0], areas[1], rtol=0.5)
    assert float(areas[0].sum()) == pytest.approx(float(areas[1].sum()), rel=0.15)


def test_a_thousand_pictures_take_less_than_ten_seconds_of_one_processor():
    began = time.process_time()
    load_dataset("sonar_simulator", count=50)
    assert (time.process_time() - began) * 20 < 10


def test_simulating_touches_no_global_random_state():
    state = torch.random.get_rng_state()
    load_dataset("sonar_simulator", count=5, size=32)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 4}, r"`count` must be at least 5\. Got 4\."),
        ({"size": 31}, r"`size` must be at least 32\. Got 31\."),
        ({"texture": "mud"}, r"`texture` must be None or one of 'flat', 'ripples', 'rocky'\. Got 'mud'\."),
    ],
)
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        load_dataset("sonar_simulator", **settings)
