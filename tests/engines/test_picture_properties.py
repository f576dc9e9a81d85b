"""Changes of one property of a picture change that property, and leave what they should leave exactly."""

from colorsys import hsv_to_rgb, rgb_to_hsv
from math import pi, sin

import pytest
import torch

from xaivision.engines.prototypes import characteristics, picture_changes


def drawn(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def check_hue_is_turned_as_the_standard_library_does():
    pictures = drawn(1, 3, 5, 4)
    found = picture_changes.hue(pictures)
    for row in range(5):
        for column in range(4):
            turned, saturation, value = rgb_to_hsv(*pictures[0, :, row, column].tolist())
            expected = hsv_to_rgb((turned + 0.1) % 1, saturation, value)
            assert found[0, :, row, column].tolist() == pytest.approx(expected, abs=1e-12)


def test_hue_is_turned_as_the_standard_library_does():
    check_hue_is_turned_as_the_standard_library_does()


def check_gray_pictures_have_no_hue_and_no_saturation_to_change():
    gray = drawn(2, 1, 6, 6).float().repeat(1, 3, 1, 1)
    assert torch.equal(picture_changes.hue(gray), gray)
    assert torch.equal(picture_changes.saturation(gray), gray)


def test_gray_pictures_have_no_hue_and_no_saturation_to_change():
    check_gray_pictures_have_no_hue_and_no_saturation_to_change()


def test_pictures_of_one_channel_have_neither():
    one = drawn(2, 1, 6, 6)
    assert torch.equal(picture_changes.hue(one), one)
    assert torch.equal(picture_changes.saturation(one), one)


def check_saturation_keeps_the_brightness_and_brings_colors_nearer_to_it():
    pictures = 0.2 + 0.5 * drawn(2, 3, 6, 6)
    found = picture_changes.saturation(pictures)
    brightness = picture_changes.brightness_of(pictures)
    torch.testing.assert_close(picture_changes.brightness_of(found), brightness)
    torch.testing.assert_close(found - brightness, 0.7 * (pictures - brightness))


def test_saturation_keeps_the_brightness_and_brings_colors_nearer_to_it():
    check_saturation_keeps_the_brightness_and_brings_colors_nearer_to_it()


def check_contrast_and_brightness_scale():
    pictures = drawn(2, 3, 6, 6)
    mean = picture_changes.brightness_of(pictures).mean((2, 3), keepdim=True)
    torch.testing.assert_close(picture_changes.contrast(pictures) - mean, 0.45 * (pictures - mean))
    torch.testing.assert_close(picture_changes.brightness(pictures), 0.8 * pictures)


def test_contrast_and_brightness_scale():
    check_contrast_and_brightness_scale()


def check_shape_moves_pixels_and_changes_none():
    pictures = drawn(1, 3, 40, 40)
    found = picture_changes.shape(pictures)
    assert not torch.equal(found, pictures)
    assert torch.equal(found.flatten(2).sort(2).values, pictures.flatten(2).sort(2).values)
    # By a pixel at most: the wave of 4 pixels belongs to a picture of 224.
    assert max(map(abs, picture_changes._wave(40))) == 1
    assert max(map(abs, picture_changes._wave(224))) == 4


def test_shape_moves_pixels_and_changes_none():
    check_shape_moves_pixels_and_changes_none()


def check_shape_bends_rows_and_then_columns_by_the_wave():
    picture = drawn(1, 3, 56, 28)
    rows, columns = (
        [round(height * sin(pi * at * 0.05 * 224 / side)) for at in range(side)] for height, side in ((1, 56), (1, 28))
    )
    expected = torch.empty_like(picture)
    for row in range(56):
        for column in range(28):
            above = (row - columns[column]) % 56
            expected[..., row, column] = picture[..., above, (column - rows[above]) % 28]
    assert torch.equal(picture_changes.shape(picture), expected)


def test_shape_bends_rows_and_then_columns_by_the_wave():
    check_shape_bends_rows_and_then_columns_by_the_wave()


def check_texture_goes_and_edges_stay():
    rough = 0.5 + 0.08 * torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    rough[..., 16:] += 0.4
    found = picture_changes.texture(rough.clamp(0, 1))
    inside, before = found[0, 0, :, 2:12], rough[0, 0, :, 2:12]
    assert float(inside.std()) < float(before.std()) / 2
    assert float(found[0, 0, :, 20:].mean() - found[0, 0, :, :12].mean()) > 0.3
    assert found.dtype == rough.dtype


def test_texture_goes_and_edges_stay():
    check_texture_goes_and_edges_stay()


def check_texture_takes_the_grain_and_leaves_every_pixel_its_color():
    """A rough orange square on rough gray, and the grain of both: in brightness, which is what is smoothed."""
    picture = torch.full((1, 3, 32, 32), 0.4)
    picture[:, :, 8:24, 8:24] = torch.tensor([0.7, 0.55, 0.4])[:, None, None]
    rough = picture + 0.05 * torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    found = picture_changes.texture(rough)
    assert float((found - picture)[..., 10:22, 10:22].std()) < float((rough - picture)[..., 10:22, 10:22].std()) / 2
    for one, other in ((0, 1), (1, 2)):
        torch.testing.assert_close(found[:, one] - found[:, other], rough[:, one] - rough[:, other], atol=1e-6, rtol=0)


def test_texture_takes_the_grain_and_leaves_every_pixel_its_color():
    check_texture_takes_the_grain_and_leaves_every_pixel_its_color()


def check_importance_is_a_mean_weighted_by_the_similarity():
    local = drawn(4, 2, 3)
    similarity = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    found = characteristics.global_importance(local, similarity)
    torch.testing.assert_close(found[0], (local[0, 0] + 3 * local[1, 0]) / 4)
    assert bool(found[1].isnan().all())


def test_importance_is_a_mean_weighted_by_the_similarity():
    check_importance_is_a_mean_weighted_by_the_similarity()


def check_a_similarity_is_read_at_the_given_place():
    maps = torch.arange(24.0).view(1, 2, 3, 4)
    assert characteristics.similarity_at(maps, torch.tensor([[5, 11]])).tolist() == [[5.0, 23.0]]


def test_a_similarity_is_read_at_the_given_place():
    check_a_similarity_is_read_at_the_given_place()


def check_the_size_of_a_change_is_the_mean_of_its_sizes():
    before = torch.zeros(1, 1, 2, 2)
    assert characteristics.change_sizes(before, torch.tensor([[[[1.0, -1.0], [0.0, 0.0]]]])).tolist() == [0.5]


def test_the_size_of_a_change_is_the_mean_of_its_sizes():
    check_the_size_of_a_change_is_the_mean_of_its_sizes()
