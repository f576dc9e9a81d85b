import pytest
import torch
from engine_networks import drawn

from xaivision.engines import activation_maps


def bilinear(values, extent):
    """(extent,) one row enlarged with half-pixel centers and continued edges, value by value."""
    size, out = len(values), []
    for pixel in range(extent):
        place = min(max((pixel + 0.5) * size / extent - 0.5, 0), size - 1)
        left = int(place)
        right = min(left + 1, size - 1)
        out.append((1 - (place - left)) * values[left] + (place - left) * values[right])
    return torch.stack(out)


def check_channels_are_summed_with_their_weights():
    maps, weights = drawn((2, 3, 2, 4), 0), drawn((2, 3), 1) - 0.5
    expected = torch.stack([sum(weights[b, c] * maps[b, c] for c in range(3)) for b in range(2)])[:, None]
    torch.testing.assert_close(activation_maps.channel_weighted_map(maps, weights), expected, atol=1e-15, rtol=0)
    spread = weights[:, :, None, None].expand(2, 3, 2, 4)
    torch.testing.assert_close(activation_maps.channel_weighted_map(maps, spread), expected, atol=1e-15, rtol=0)


def check_enlargement_is_bilinear_with_each_cell_shared_among_its_pixels(size):
    maps = drawn((2, 1, 3, 4), 2) - 0.3
    height, width = size
    found = activation_maps.spread_over_input(maps, height, width)
    rows = torch.stack([bilinear(column, height) for column in maps[0, 0].T], 1)
    expected = torch.stack([bilinear(row, width) for row in rows]) * 12 / (height * width)
    torch.testing.assert_close(found[0, 0], expected, atol=1e-14, rtol=0)


def check_sums_hold_at_whole_multiples():
    maps = drawn((3, 1, 3, 4), 3) - 0.5
    for rows, columns in ((1, 1), (2, 2), (3, 5), (16, 7)):
        found = activation_maps.spread_over_input(maps, 3 * rows, 4 * columns)
        torch.testing.assert_close(found.sum((1, 2, 3)), maps.sum((1, 2, 3)), atol=1e-13, rtol=0)


def test_channels_are_summed_with_their_weights():
    check_channels_are_summed_with_their_weights()


@pytest.mark.parametrize("size", [(3, 4), (6, 8), (9, 20), (10, 13)])
def test_enlargement_is_bilinear_with_each_cell_shared_among_its_pixels(size):
    check_enlargement_is_bilinear_with_each_cell_shared_among_its_pixels(size)


def test_sums_hold_at_whole_multiples():
    check_sums_hold_at_whole_multiples()


def test_sums_hold_within_a_thousandth_of_the_map_on_a_photo_that_is_no_multiple():
    maps = drawn((5, 1, 7, 7), 4) - 0.5
    found = activation_maps.spread_over_input(maps, 230, 230)
    assert (found.sum((1, 2, 3)) - maps.sum((1, 2, 3))).abs().max() < 1e-3 * maps.abs().sum((1, 2, 3)).min()
