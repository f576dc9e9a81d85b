"""Mosaics of four pictures, and shares of maps on their tiles, by hand."""

import torch

from xaivision.engines import mosaics as engine


def tiles(height, width):
    chance = torch.Generator().manual_seed(0)
    return [torch.rand(2, 3, height, width, generator=chance, dtype=torch.float64) for _ in range(4)]


def check_each_tile_is_a_picture_at_half_its_size():
    four = tiles(4, 6)
    found = engine.mosaic(four)
    assert found.shape == (2, 3, 4, 6)
    for number, (top, left) in enumerate(((0, 0), (0, 3), (2, 0), (2, 3))):
        for row in range(2):
            for column in range(3):
                block = four[number][:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
                pixel = found[:, :, top + row, left + column]
                torch.testing.assert_close(pixel, block.mean((2, 3)), atol=1e-15, rtol=0)


def check_odd_sides_are_filled():
    four = [torch.full((1, 1, 5, 7), float(value)) for value in (1, 2, 3, 4)]
    rows = [[1.0] * 3 + [2.0] * 4] * 2 + [[3.0] * 3 + [4.0] * 4] * 3
    assert engine.mosaic(four)[0, 0].tolist() == rows


def check_shares_are_those_of_what_is_positive():
    one = torch.tensor([[[3.0, -5.0, 1.0], [2.0, 0.0, 4.0], [-1.0, 6.0, -9.0]]], dtype=torch.float64)
    # Tiles: 3 | 1 above, 2 | 0 + 4 + 6 below.
    for right, expected in (([1, 0, 0, 0], 3), ([0, 1, 0, 0], 1), ([0, 0, 1, 0], 2), ([0, 0, 0, 1], 10), ([1, 0, 0, 1], 13)):
        share = engine.positive_share(one, torch.tensor(right, dtype=torch.bool))
        assert abs(float(share) - expected / 16) < 1e-12
    for factor in (1e-300, 1e300):
        assert abs(float(engine.positive_share(factor * one, torch.tensor([True, False, False, True]))) - 13 / 16) < 1e-12


def check_nothing_positive_and_not_finite_are_undefined():
    odd = torch.stack([torch.zeros(4, 4), -torch.ones(4, 4), torch.ones(4, 4), torch.ones(4, 4), torch.ones(4, 4)])
    odd[2, 0, 0], odd[3, 3, 3] = torch.nan, torch.inf
    found = engine.positive_share(odd, torch.tensor([True, True, False, False]))
    assert found.isnan().tolist() == [True, True, True, True, False]
    assert float(found[4]) == 0.5


def test_each_tile_is_a_picture_at_half_its_size():
    check_each_tile_is_a_picture_at_half_its_size()


def test_odd_sides_are_filled():
    check_odd_sides_are_filled()


def test_shares_are_those_of_what_is_positive():
    check_shares_are_those_of_what_is_positive()


def test_nothing_positive_and_not_finite_are_undefined():
    check_nothing_positive_and_not_finite_are_undefined()
