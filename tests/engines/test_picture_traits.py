import math

import numpy as np
import pytest
import torch

from xaivision.core.random import generator
from xaivision.engines import picture_traits as engine

ALL = torch.ones(48, 60, dtype=torch.bool)


def picture(channels=1, seed=0):
    return torch.rand(channels, 48, 60, generator=generator(seed)) * 0.6 + 0.2


def check_brightness_is_the_mean_of_what_is_seen():
    one, seen = picture(), ALL.clone()
    seen[:, :30] = False
    assert engine.brightness_traits(one, seen) == pytest.approx((float(one[0, :, 30:].double().mean()),))
    one[:, :, :30] = 1
    assert engine.brightness_traits(one, seen) == pytest.approx((float(one[0, :, 30:].double().mean()),))


def check_color_is_told_from_gray_that_was_saved_in_color():
    gray = picture().expand(3, -1, -1)
    assert engine.color_traits(gray + 0.01 * picture(3, 1), ALL)[0] == 0
    amber = gray * torch.tensor([1.0, 0.7, 0.2]).view(3, 1, 1)
    share, red, green = engine.color_traits(amber, ALL)
    assert share > 0.95
    assert red == pytest.approx(float((amber[0] - amber[1]).mean()), abs=1e-6)
    assert green == pytest.approx(float((amber[1] - amber[2]).mean()), abs=1e-6)


def check_the_border_is_told_side_by_side():
    one = torch.full((1, 48, 60), 0.5)
    one[:, :2], one[:, -2:], one[:, :, :2], one[:, :, -2:] = 0.1, 0.2, 0.3, 0.4
    traits = engine.border_traits(one, ALL)
    np.testing.assert_allclose(traits[2:4], (0.3, 0.4), atol=1e-6)
    np.testing.assert_allclose(traits[:2], ((0.1 * 56 + 2 * 0.3 + 2 * 0.4) / 60, (0.2 * 56 + 0.6 + 0.8) / 60), atol=1e-6)
    assert traits[4] == pytest.approx(float(one[0, :2].double().std(correction=0)), abs=1e-6)
    ring = engine.border(48, 60)
    assert int(ring.sum()) == 2 * (2 * 60 + 2 * 44)


def check_grain_tells_a_smooth_sensor_from_a_sharp_one():
    sharp = picture()
    smooth = torch.nn.functional.avg_pool2d(sharp[None], 3, 1, 1)[0]
    values = {
        name: (a, b)
        for name, a, b in zip(engine.GRAIN_TRAITS, *(engine.grain_traits(x, ALL) for x in (sharp, smooth)), strict=True)
    }
    assert abs(values["likeness of neighbors across"][0]) < 0.1
    assert values["likeness of neighbors across"][1] > 0.5
    assert values["likeness of neighbors down"][1] > 0.5
    assert values["spread of the calmest blocks"][1] < values["spread of the calmest blocks"][0]


def check_grain_does_not_look_at_what_is_not_seen():
    one, seen = picture(), ALL.clone()
    seen[12:24, 12:24] = False
    before = engine.grain_traits(one, seen)
    one[:, 12:24, 12:24] = torch.rand(12, 12, generator=generator(5)) * 0.02
    assert engine.grain_traits(one, seen) == before


def check_places_are_read_row_by_row():
    mask = torch.zeros(48, 60, dtype=torch.bool)
    mask[:16, 40:] = True
    assert engine.place_shares(mask) == (0, 0, 1, 0, 0, 0, 0, 0, 0)
    assert engine.PLACES[2] == "top right"


def test_brightness_is_the_mean_of_what_is_seen():
    check_brightness_is_the_mean_of_what_is_seen()


def test_color_is_told_from_gray_that_was_saved_in_color():
    check_color_is_told_from_gray_that_was_saved_in_color()


def test_the_border_is_told_side_by_side():
    check_the_border_is_told_side_by_side()


def test_grain_tells_a_smooth_sensor_from_a_sharp_one():
    check_grain_tells_a_smooth_sensor_from_a_sharp_one()


def test_grain_does_not_look_at_what_is_not_seen():
    check_grain_does_not_look_at_what_is_not_seen()


def test_places_are_read_row_by_row():
    check_places_are_read_row_by_row()


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 30), (1, 11, 11), (1, 200, 13)])
def test_every_picture_has_as_many_traits_as_there_are_names(shape):
    one, seen = torch.rand(shape, generator=generator(3)), torch.ones(shape[1:], dtype=torch.bool)
    assert len(engine.brightness_traits(one, seen)) == len(engine.BRIGHTNESS_TRAITS)
    assert len(engine.color_traits(one, seen)) == len(engine.COLOR_TRAITS)
    assert len(engine.border_traits(one, seen)) == len(engine.BORDER_TRAITS)
    assert len(engine.grain_traits(one, seen)) == len(engine.GRAIN_TRAITS)


def test_where_nothing_is_seen_nothing_is_known():
    nothing = torch.zeros_like(ALL)
    for traits in (engine.brightness_traits, engine.border_traits, engine.grain_traits):
        assert all(map(math.isnan, traits(picture(), nothing)))
