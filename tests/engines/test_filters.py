import math

import numpy as np
import pytest
import scipy.ndimage
import skimage.filters
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.engines import filters


def check_blur_keeps_a_constant_image():
    for shape in ((1, 3, 20, 17), (1, 1, 4, 3), (1, 1, 1, 1)):
        for size in (11, 4):
            image = torch.full(shape, 0.7, dtype=torch.float64)
            torch.testing.assert_close(filters.gaussian_blur(image, size), image, atol=1e-14, rtol=0)


def check_blur_is_scipys(seed, height, width):
    images = drawn((2, 3, height, width), seed)
    expected = scipy.ndimage.gaussian_filter(images.numpy(), sigma=5, radius=5, axes=(2, 3), mode="nearest")
    torch.testing.assert_close(filters.gaussian_blur(images), torch.from_numpy(expected), atol=1e-13, rtol=0)


def check_sobel_is_scipys(seed):
    images = drawn((2, 3, 7, 9), seed)
    for image, found in zip(images.mean(1).numpy(), filters.sobel_magnitude(images)[:, 0].numpy(), strict=True):
        across, down = (scipy.ndimage.sobel(image, axis=axis, mode="nearest") / 8 for axis in (1, 0))
        np.testing.assert_allclose(found, np.hypot(across, down), atol=1e-14, rtol=0)


def check_the_bump_is_highest_in_the_middle_and_mirrors():
    bump = filters.center_bump(9, 7)
    assert bump.shape == (9, 7)
    assert bump[4, 3] == bump.max() == 1
    assert (bump < 1).sum() == 62
    torch.testing.assert_close(bump, bump.flip(0).flip(1), atol=1e-15, rtol=0)
    assert float(bump[0, 3]) == pytest.approx(math.exp(-(4**2) / (2 * (9 / 4) ** 2)), abs=1e-12)


def test_a_kernel_sums_to_one_and_falls_as_a_gaussian():
    for size in (1, 4, 11):
        kernel = filters.gaussian_kernel(size, 2.0)
        assert len(kernel) == size
        assert float(kernel.sum()) == pytest.approx(1, abs=1e-14)
        torch.testing.assert_close(kernel, kernel.flip(0))
    kernel = filters.gaussian_kernel(5, 2.0)
    assert float(kernel[0] / kernel[2]) == pytest.approx(math.exp(-0.5), abs=1e-12)


def test_blur_keeps_a_constant_image_up_to_its_edges():
    check_blur_keeps_a_constant_image()


@given(st.integers(0, 10**6), st.integers(1, 16), st.integers(1, 16))
@settings(max_examples=15, deadline=None)
def test_blur_is_scipys_with_continued_edges(seed, height, width):
    check_blur_is_scipys(seed, height, width)


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_sobel_is_scipys_with_continued_edges(seed):
    check_sobel_is_scipys(seed)


def test_sobel_is_scikit_images_inside_the_picture():
    image = drawn((1, 1, 8, 9), 0)
    expected = skimage.filters.sobel(image[0, 0].numpy()) / math.sqrt(2)  # it divides by 4 and by the root of the axes
    np.testing.assert_allclose(filters.sobel_magnitude(image)[0, 0, 1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-14, rtol=0)


def test_a_ramp_has_its_own_slope():
    ramp = (0.3 * torch.arange(5.0)[:, None] + 0.4 * torch.arange(6.0)).double().view(1, 1, 5, 6)
    torch.testing.assert_close(filters.sobel_magnitude(ramp)[0, 0, 1:-1, 1:-1], torch.full((3, 4), 0.5).double())


def test_a_flat_image_has_no_edges():
    assert not filters.sobel_magnitude(torch.full((1, 3, 5, 5), 0.3)).any()


def test_the_bump_is_highest_in_the_middle_and_mirrors():
    check_the_bump_is_highest_in_the_middle_and_mirrors()


@pytest.mark.parametrize("filtered", [filters.gaussian_blur, filters.sobel_magnitude])
def test_float32_stays_float32(filtered):
    assert filtered(torch.rand(1, 3, 5, 5)).dtype == torch.float32
