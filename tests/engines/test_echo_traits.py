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


def check_a_shadow_in_the_box_around_a_slanted_bar_is_seen():
    """Most of it lies above or below the ends of the bar, where the box of the whole echo has no room for it."""
    image, mask = torch.full((1, 64, 64), 0.3), torch.zeros(64, 64, dtype=torch.bool)
    for row in range(10, 54):
        mask[row, row - 2 : row + 3] = True
        image[0, row, row + 3 : row + 10] = 0.02
    image[0, mask] = 0.9
    told = engine.echo_traits(image, mask)
    assert told.shadow == "right"
    assert abs(told.reach - 0.5) < 0.03
    assert engine.echo_traits(image.flip(2), mask.flip(1)).shadow == "left"
    assert engine.echo_traits(image.flip(2).rot90(1, (1, 2)), mask.flip(1).rot90(1, (0, 1))).shadow == "below"


def check_what_has_echoes_on_both_sides_tells_neither():
    """The gap between wing and tail is as dark for the one as for the other: what lies behind both decides."""
    image, mask = torch.full((1, 64, 64), 0.3), torch.zeros(64, 64, dtype=torch.bool)
    mask[20:44, 20:24] = mask[20:44, 28:32] = True
    image[0, 20:44, 24:28] = 0.02
    image[0, mask] = 0.9
    assert engine.echo_traits(image, mask).shadow == ""
    image[0, 20:44, 32:36] = 0.02
    assert engine.echo_traits(image, mask).shadow == "right"


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_echoes(check):
    check()


def test_simulated_targets_throw_their_shadow_away_from_the_sonar():
    """Where the simulator's own masks say that the shadow lies; scenes look from the left or from the right."""
    data = load_dataset("sonar_simulator", count=40, texture="flat")
    asked = told = right = 0
    for image, target, shadow in zip(data.inputs, data.masks["target"], data.masks["shadow"], strict=True):
        if int(target.sum()) < 20 or int(shadow.sum()) < 20:
            continue
        asked += 1
        found = engine.echo_traits(image, target).shadow
        told += bool(found)
        truth = "right" if shadow.nonzero()[:, 1].double().mean() > target.nonzero()[:, 1].double().mean() else "left"
        right += found == truth
    # Half of them are airplanes and cylinders at any angle, whose shadows lie in the box around them.
    assert told >= 0.7 * asked
    assert right >= 0.95 * told


def test_on_bare_seafloor_no_shadow_is_told():
    data = load_dataset("sonar_simulator", count=40, seed=1)
    bare, others = data.inputs[data.targets == 0], data.masks["target"][data.targets == 3]
    assert sum(bool(engine.echo_traits(*one).shadow) for one in zip(bare, others, strict=True)) <= 1
