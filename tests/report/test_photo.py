import numpy as np
import pytest
import torch

from xaivision.report.photo import bar_pixels, map_pixels, page_size, photo, photo_pixels
from xaivision.report.scale import Scale

SCALE = Scale(2.0, "logit", 100, 0.0, 1)


def test_a_gray_image_is_gray_and_a_colored_one_keeps_its_colors():
    gray = photo(torch.tensor([[[0.25]]]))
    assert gray.tolist() == [[[0.25, 0.25, 0.25]]]
    assert photo(torch.tensor([[[0.0]], [[0.5]], [[1.0]]])).tolist() == [[[0.0, 0.5, 1.0]]]


def test_images_of_other_channel_counts_are_shown_by_their_mean():
    assert photo(torch.tensor([[[0.0]], [[1.0]]])).tolist() == [[[0.5, 0.5, 0.5]]]


def test_rounding_beyond_the_range_of_pixels_is_cut():
    assert photo_pixels(torch.tensor([[[-0.00005, 1.00005]]])).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_a_zero_map_is_white_paper_without_the_photo():
    assert (map_pixels(torch.zeros(3, 4, 5), np.zeros((4, 5)), SCALE) == 255).all()


def test_a_value_at_the_limit_over_white_has_the_end_color():
    drawn = map_pixels(torch.ones(3, 1, 2), np.array([[2.0, -5.0]]), SCALE)
    assert drawn.tolist() == [[[0x67, 0, 0x1F], [0x05, 0x30, 0x61]]]


def test_the_color_bar_is_white_in_its_middle_and_symmetric_in_length():
    bar = bar_pixels()[0]
    assert len(bar) % 2 == 1
    assert bar[len(bar) // 2].tolist() == [255, 255, 255]
    assert bar[0].tolist() == [0x05, 0x30, 0x61]
    assert bar[-1].tolist() == [0x67, 0, 0x1F]


@pytest.mark.parametrize("width", [1, 8, 28, 32, 64, 150, 224, 299, 320])
def test_a_picture_takes_a_whole_number_of_page_pixels_for_each_of_its_own(width):
    assert page_size(torch.zeros(1, width, width))[0] % width == 0


def test_very_large_or_very_flat_pictures_stay_on_the_page():
    assert page_size(torch.zeros(3, 2000, 2000)) == (224, 224)
    assert page_size(torch.zeros(1, 10, 1000)) == (224, 90)
    assert page_size(torch.zeros(1, 1000, 10))[1] <= 1.6 * 224
