import pytest
import torch
from torch.nn.functional import interpolate

from xaivision.core.random import generator
from xaivision.data.picture_hash import BITS, difference_hash, joined, near_pairs


def smooth(seed, size=64):
    noise = torch.rand(1, 1, 9, 9, generator=generator(seed))
    return interpolate(noise, (size, size), mode="bicubic", align_corners=False)[0].clamp(0, 1)


def distance(first, second):
    """Bits in which the first, in its nearest pose, differs from the second."""
    return int((difference_hash(first) != difference_hash(second)[0]).sum(1).min())


def test_a_ramp_has_the_bits_of_a_ramp():
    """The rows brighten downwards and do not change sideways."""
    ramp = torch.linspace(0, 1, 68).view(1, 68, 1).expand(1, 68, 68)
    upright = difference_hash(ramp)[0]
    assert upright[: BITS // 2].all()
    assert not upright[BITS // 2 :].any()


@pytest.mark.parametrize(
    "change", [lambda p: p.flip(1), lambda p: p.flip(2), lambda p: p.rot90(1, (1, 2)), lambda p: p.rot90(2, (1, 2))]
)
def test_poses_of_one_picture_are_the_same(change):
    assert distance(smooth(0), change(smooth(0))) == 0


def test_a_smaller_paler_and_noisier_copy_is_near_and_another_picture_far():
    picture = smooth(0, 128)
    smaller = interpolate(picture[None], (60, 60), mode="bilinear", antialias=True)[0]
    noisy = (0.2 + 0.6 * smaller + 0.01 * torch.randn(1, 60, 60, generator=generator(5))).clamp(0, 1)
    assert distance(picture, noisy) <= 22
    assert min(distance(picture, smooth(seed, 128)) for seed in range(1, 20)) > 100


def test_speckle_is_averaged_away():
    picture = smooth(0, 255)
    speckled = (picture + 0.25 * torch.randn(1, 255, 255, generator=generator(6))).clamp(0, 1)
    assert distance(picture, speckled) <= 40


def test_pairs_are_those_that_differ_in_few_enough_bits():
    hashes = torch.zeros(300, 8, BITS, dtype=torch.bool)
    codes = torch.rand(300, BITS, generator=generator(1)) < 0.5
    hashes[:] = codes[:, None]
    hashes[7, :, :] = hashes[3]
    hashes[7, :, :5] ^= True
    hashes[290, :, :] = hashes[3]
    hashes[290, :, :6] ^= True
    hashes[295] = hashes[270]  # beyond the pairs that are compared at once
    hashes[120, 6] = codes[299]  # one pose of it is another's upright
    assert near_pairs(hashes, 5).tolist() == [[3, 7], [7, 290], [120, 299], [270, 295]]
    assert near_pairs(hashes, 6).tolist() == [[3, 7], [3, 290], [7, 290], [120, 299], [270, 295]]
    assert near_pairs(hashes, 0).tolist() == [[120, 299], [270, 295]]
    assert near_pairs(hashes[:1], 0).shape == (0, 2)


def test_chains_of_pairs_are_one_group_numbered_as_they_occur():
    assert joined(torch.tensor([[4, 5], [1, 4], [0, 2]]), 7).tolist() == [0, 1, 0, 2, 1, 1, 3]
    assert joined(torch.tensor([[0, 2], [1, 2]]), 3).tolist() == [0, 0, 0]
    assert joined(torch.zeros(0, 2, dtype=torch.int64), 3).tolist() == [0, 1, 2]
