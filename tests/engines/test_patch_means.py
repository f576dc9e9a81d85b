"""Non-local means against their definition in loops."""

import numpy as np
import pytest
import torch
from skimage.data import astronaut

from xaivision.engines.prototypes import patch_means

SMOOTHING = 0.12


def drawn(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def in_loops(picture, step=4):
    """(C, H, W) from the same: every patch beside every other one, the picture mirrored at its edges."""
    height, width = picture.shape[1:]
    padded = np.pad(picture.numpy(), ((0, 0), (11, 11), (11, 11)), mode="reflect")
    ways = range(-8, 9, step)
    found = np.zeros_like(picture.numpy())
    for row in range(height):
        for column in range(width):
            own = padded[:, row + 8 : row + 15, column + 8 : column + 15]
            total, weights = 0.0, 0.0
            for down in ways:
                for right in ways:
                    other = padded[:, row + 8 + down : row + 15 + down, column + 8 + right : column + 15 + right]
                    weight = np.exp(-((own - other) ** 2).mean() / SMOOTHING**2)
                    total = total + weight * padded[:, row + 11 + down, column + 11 + right]
                    weights += weight
            found[:, row, column] = total / weights
    return torch.from_numpy(found)


def check_it_is_the_definition_in_loops():
    pictures = 0.3 * drawn(2, 3, 14, 17)
    expected = torch.stack([in_loops(one) for one in pictures])
    torch.testing.assert_close(patch_means.non_local_means(pictures, SMOOTHING), expected, rtol=1e-12, atol=1e-12)


def test_it_is_the_definition_in_loops():
    check_it_is_the_definition_in_loops()


@pytest.mark.parametrize("sides", [(1, 1), (2, 5), (12, 3), (13, 30)])
def test_small_pictures_are_mirrored_again_and_again(sides):
    picture = 0.3 * drawn(1, *sides)
    torch.testing.assert_close(
        patch_means.non_local_means(picture[None], SMOOTHING)[0], in_loops(picture), rtol=1e-12, atol=1e-12
    )


def test_pictures_do_not_depend_on_each_other():
    pictures = drawn(9, 3, 90, 90).float()
    assert torch.equal(patch_means.non_local_means(pictures, 0.2)[7:8], patch_means.non_local_means(pictures[7:8], 0.2))


def test_equal_pixels_stay_what_they_are():
    picture = torch.full((1, 3, 20, 20), 0.625)
    assert torch.equal(patch_means.non_local_means(picture, SMOOTHING), picture)


def test_every_fourth_place_changes_a_photo_nearly_as_all_places_would(monkeypatch):
    photo = torch.from_numpy(astronaut()).movedim(2, 0)[None, :, 100:220, 150:270].double() / 255
    found = patch_means.non_local_means(photo, SMOOTHING)
    monkeypatch.setattr(patch_means, "STEP", 1)
    all_places = patch_means.non_local_means(photo, SMOOTHING)
    changed = (photo - all_places).abs().mean()
    assert float((found - all_places).abs().mean()) < 0.33 * float(changed)
    assert float((photo - found).abs().mean()) > 0.85 * float(changed)
