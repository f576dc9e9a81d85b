from math import pi

import pytest
import torch

from xaivision.data.sonar_targets import TARGETS, airplane, cylinder, placed, sphere, wreck

PIXEL = 0.05
ORIGIN = placed(640, PIXEL, (16.0, 16.0), 0.0)
PROUD = [0.0] * 4


def test_a_ball_has_the_height_and_the_area_of_a_ball():
    height = sphere(ORIGIN, 1.5, PROUD)
    assert float(height.max()) == pytest.approx(3.0, abs=0.01)
    assert float((height > 0).sum()) * PIXEL**2 == pytest.approx(pi * 1.5**2, rel=0.01)
    assert float(sphere(ORIGIN, 1.5, [0.5, 0, 0, 0]).max()) == pytest.approx(1.5 + 0.7 * 1.5, abs=0.01)


def test_a_cylinder_has_the_height_and_the_area_of_a_cylinder():
    height = cylinder(ORIGIN, 3.0, [0.5, 0.0, 0, 0])  # radius 3 / 5
    assert float(height.max()) == pytest.approx(1.2, abs=0.01)
    assert float((height > 0).sum()) * PIXEL**2 == pytest.approx(6.0 * 1.2, rel=0.02)


def test_a_turn_moves_the_axis_from_across_to_along_the_track():
    lying, standing = (cylinder(placed(640, PIXEL, (12.0, 20.0), turn), 3.0, PROUD) > 0 for turn in (0.0, pi / 2))
    extents = [[int(body.any(1).sum()), int(body.any(0).sum())] for body in (lying, standing)]
    assert extents[0] == pytest.approx([30, 120], abs=1)
    assert extents[1] == pytest.approx([120, 30], abs=1)
    rows, columns = standing.nonzero().double().mean(0).tolist()
    assert (rows * PIXEL, columns * PIXEL) == pytest.approx((12.0, 20.0), abs=0.06)


def test_half_a_right_angle_turns_the_axis_down_to_the_right():
    rows, columns = (cylinder(placed(640, PIXEL, (16.0, 16.0), pi / 4), 3.0, PROUD) > 0).nonzero().double().T - 319.5
    assert float((rows - columns).abs().max()) * PIXEL < 0.76 * 2**0.5  # nowhere farther from the diagonal than its radius
    assert float((rows + columns).max()) * PIXEL == pytest.approx(3.0 * 2**0.5, abs=0.15)


def test_an_airplane_is_alike_on_both_sides_unless_a_wing_is_gone():
    whole, broken = (airplane(ORIGIN, 6.0, [0.5, chance, 0, 0]) > 0 for chance in (0.9, 0.1))
    assert (whole != whole.flip(0)).sum() < 10  # rounding at the edges
    assert (whole & ~broken).sum() > 0.02 * whole.sum()
    assert not (broken & ~whole).any()
    assert (whole != whole.flip(1)).sum() > 0.2 * whole.sum()  # nose and tail differ


def test_a_wreck_has_sides_that_are_higher_than_its_deck():
    height = wreck(ORIGIN, 8.0, [0.5, 0.5, 0.5, 0.5])
    middle = height[:, 320 - 20]
    inside = middle[middle > 0]
    assert float(inside[0]) > 1.5 * float(inside.min())
    assert float(inside[-1]) > 1.5 * float(inside.min())
    assert torch.equal(height, height.flip(0))


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_keeps_to_its_extent_and_is_low_against_the_altitude(name):
    for chances in ([0.0] * 4, [0.999] * 4, [0.3, 0.8, 0.1, 0.6]):
        for half in TARGETS[name].half_extent:
            height = TARGETS[name].height(ORIGIN, half, chances)
            far = (ORIGIN.along.square() + ORIGIN.aside.square()).sqrt()
            assert float(far[height > 0].max()) <= 1.1 * half + PIXEL
            assert float(height.min()) >= 0
            assert 0.3 < float(height.max()) < 4.5  # half of the lowest altitude
            assert (height > 0).sum() > 100
