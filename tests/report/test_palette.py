import numpy as np
import pytest

from xaivision.report.palette import diverging, faded, hexadecimal, line_style, over_photo

# Machado, Oliveira, Fernandes, 2009: what people see who lack one kind of cone, in linear RGB.
COLOR_BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colors):
    return np.where(colors > 0.04045, ((colors + 0.055) / 1.055) ** 2.4, colors / 12.92)


def lab(linear_colors):
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    shares = np.clip(linear_colors, 0, 1) @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    roots = np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116)
    return np.stack([116 * roots[..., 1] - 16, 500 * (roots[..., 0] - roots[..., 1]), 200 * (roots[..., 1] - roots[..., 2])], -1)


def test_zero_is_exactly_white():
    assert diverging(np.array(0.0)).tolist() == [1.0, 1.0, 1.0]


def test_values_beyond_the_limit_take_the_end_colors():
    assert np.array_equal(diverging(np.array([-7.0, 7.0])), diverging(np.array([-1.0, 1.0])))


def test_positive_is_red_and_negative_is_blue_from_the_smallest_value_on():
    steps = np.linspace(0.01, 1, 50)
    red, blue = diverging(steps), diverging(-steps)
    assert (red[:, 0] > red[:, 2]).all()
    assert (blue[:, 2] > blue[:, 0]).all()


def test_equal_magnitudes_are_equally_light_whatever_their_sign():
    steps = np.linspace(0, 1, 101)
    difference = lab(linear(diverging(steps)))[:, 0] - lab(linear(diverging(-steps)))[:, 0]
    assert np.abs(difference).max() < 8


def test_larger_magnitudes_are_always_darker():
    for sign in (-1, 1):
        lightness = lab(linear(diverging(sign * np.linspace(0, 1, 201))))[:, 0]
        assert (np.diff(lightness) < 0).all()


@pytest.mark.parametrize("kind", COLOR_BLINDNESS)
def test_the_sign_is_seen_by_color_blind_eyes(kind):
    seen = linear(diverging(np.stack([np.linspace(0.25, 1, 31), -np.linspace(0.25, 1, 31)]))) @ np.array(COLOR_BLINDNESS[kind]).T
    positive, negative = lab(seen)
    assert np.linalg.norm(positive - negative, axis=-1).min() > 20  # a just noticeable difference is about 2.3


def test_a_zero_map_leaves_the_faded_photo_alone_and_without_any_color():
    photo = np.random.default_rng(0).random((5, 4, 3))
    drawn = over_photo(photo, np.zeros((5, 4)))
    assert np.array_equal(drawn, np.repeat(faded(photo)[..., None], 3, axis=2))


def test_the_photo_under_a_map_stays_light_enough_to_read_colors():
    assert faded(np.zeros((1, 1, 3))).item() == pytest.approx(0.7)
    assert faded(np.ones((1, 1, 3))).item() == pytest.approx(1.0)


def test_twenty_four_lines_can_be_told_apart():
    assert len({line_style(place) for place in range(24)}) == 24


def test_hexadecimal_writes_each_channel_with_two_digits():
    assert hexadecimal((0.0, 1.0, 0.04)) == "#00ff0a"
