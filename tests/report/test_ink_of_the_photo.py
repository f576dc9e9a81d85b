import numpy as np
import pytest
import torch

from xaivision.report.palette import INK_OF_THE_PHOTO, faded, over_photo
from xaivision.report.photo import map_pixels
from xaivision.report.scale import Scale

PHOTO = np.random.default_rng(0).random((4, 5, 3))
NOTHING = np.zeros((4, 5))


def test_without_ink_the_photo_is_gone_and_with_all_of_it_it_is_as_dark_as_it_is():
    gray = PHOTO @ np.array([0.299, 0.587, 0.114])
    assert np.array_equal(faded(PHOTO, 0), np.ones((4, 5)))
    assert np.allclose(faded(PHOTO, 1), gray)
    assert np.allclose(over_photo(PHOTO, NOTHING, 0.5), (0.5 + 0.5 * gray)[..., None])


def test_figures_keep_the_ink_that_they_have():
    assert np.array_equal(over_photo(PHOTO, NOTHING), over_photo(PHOTO, NOTHING, INK_OF_THE_PHOTO))


@pytest.mark.parametrize("ink", [0.0, 0.6])
def test_the_ink_changes_the_photo_and_never_the_color_of_a_map_on_white(ink):
    scale = Scale(1.0, "logit", 99, 0.0, 1)
    values = np.array([[1.0, -0.5], [0.25, 0.0]])
    white = torch.ones(3, 2, 2)
    assert np.array_equal(map_pixels(white, values, scale, ink), map_pixels(white, values, scale))
    dark = map_pixels(white * 0, values, scale, ink)
    assert dark[1, 1, 0] == round(255 * (1 - ink))
