import numpy as np
import torch

from xaivision.report.photo import photo_pixels
from xaivision.report.region_picture import region_picture, region_pixels

IMAGE = torch.rand(3, 500, 500, generator=torch.Generator().manual_seed(0)) * 0.5
REGION = torch.zeros(500, 500, dtype=torch.bool)
REGION[100:200, 300:400] = True


def test_the_region_stays_as_it_is_and_the_rest_is_faded():
    pixels, whole = region_pixels(IMAGE, REGION).astype(float), photo_pixels(IMAGE).astype(float)
    assert np.array_equal(pixels[110:190, 310:390], whole[110:190, 310:390])
    assert np.allclose(pixels[300:400, :200], 0.4 * whole[300:400, :200] + 0.6 * 255, atol=1)


def test_the_region_is_outlined():
    pixels = region_pixels(IMAGE, REGION).astype(float)
    assert pixels[100, 310:390].mean() < photo_pixels(IMAGE)[100, 310:390].astype(float).mean()


def test_the_words_say_how_large_it_is_and_an_empty_one_fades_nothing():
    assert "4.0 %" in region_picture(IMAGE, REGION).alt
    nothing = region_picture(IMAGE, torch.zeros_like(REGION))
    assert "no region" in nothing.alt


def test_a_small_picture_is_enlarged_so_that_the_outline_is_thin():
    small = region_pixels(IMAGE[:, :32, :32], torch.eye(32, dtype=torch.bool))
    assert small.shape == (448, 448, 3)
