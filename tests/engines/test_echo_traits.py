import pytest
import torch

from xaivision.core.random import generator
from xaivision.data.registry import load_dataset
from xaivision.engines import echo_traits as engine

TURNS = {"right": 0, "above": 1, "left": 2, "below": 3}


def scene(turns=0):
    """An echo at a quarter of the range, its shadow on the right; turned counterclockwise. The picture and the echo."""
    image = 0.3 + 0.02 * torch.rand(1, 64, 64, generator=generator(0, "scene"))
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[28:36, 12:20] = True
    image[0, mask] = 0.9
    image[0, 28:36, 20:34] = 0.02
    return image.rot90(turns, (1, 2)), mask.rot90(turns, (0, 1))


def check_the_shadow_tells_the_side_and_the_range():
    for side, turns in TURNS.items():
        told = engine.echo_traits(*scene(turns))
        assert told.shadow == side
        assert abs(told.reach - 16 / 64) < 0.03


def check_the_highlight_is_told_in_times_of_the_seabed():
    told = engine.echo_traits(*scene())
    assert abs(told.seabed - 0.31) < 0.01
    assert 2.5 < told.highlight < 3.0
    assert told.bright > 0.7


def check_without_a_shadow_no_side_is_told():
    image, mask = scene()
    image[0, 28:36, 20:34] = 0.3
    told = engine.echo_traits(image, mask)
    assert (told.shadow, str(told.reach)) == ("", "nan")


def check_dark_on_both_sides_tells_nothing():
    image, mask = scene()
    image[0, 28:36, :12] = 0.02
    assert engine.echo_traits(image, mask).shadow == ""


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_echoes(check):
    check()


def test_simulated_targets_throw_their_shadow_away_from_the_sonar():
    """Where the simulator's own masks say that the shadow lies; scenes look from the left or from the right."""
    data = load_dataset("sonar_simulator", count=30, texture="flat")
    told = right = 0
    for image, target, shadow in zip(data.inputs, data.masks["target"], data.masks["shadow"], strict=True):
        if int(target.sum()) < 20 or int(shadow.sum()) < 20:
            continue
        found = engine.echo_traits(image, target).shadow
        told += bool(found)
        truth = "right" if shadow.nonzero()[:, 1].double().mean() > target.nonzero()[:, 1].double().mean() else "left"
        right += found == truth
    assert told >= 10
    assert right >= 0.9 * told
