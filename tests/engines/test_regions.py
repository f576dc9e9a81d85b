"""Cells, patches and segments: what a map says of each, and which go first."""

import pytest
import torch

from xaivision.engines import regions
from xaivision.engines.streaming import Pairs

VALUES = torch.tensor([[1.0, 3.0, 3.0, -9.0, 5.0], [0.0, -1.0, 7.0, 1.0, 1.0]])
LABELS = torch.tensor([[0, 0, 1, 2, 2], [1, 1, 1, 0, 2]])


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def check_a_grid_covers_the_picture_in_order():
    found = regions.grid_regions((5, 4), 2, 2).view(5, 4)
    expected = [[0, 0, 1, 1]] * 3 + [[2, 2, 3, 3]] * 2
    assert found.tolist() == expected
    assert regions.grid_regions((3, 4), 9, 2).view(3, 4).tolist() == [[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]]
    assert regions.grid_regions((4,), 9, 9).tolist() == [0, 1, 2, 3]


def check_patches_have_their_side_and_the_last_are_cut_off():
    found = regions.patch_regions((3, 5), 2).view(3, 5)
    assert found.tolist() == [[0, 0, 1, 1, 2], [0, 0, 1, 1, 2], [3, 3, 4, 4, 5]]


def check_regions_go_by_their_sums_or_means():
    by_sum = regions.region_ranks(VALUES, LABELS, chance())
    sums = [regions.region_sums(VALUES[row : row + 1], LABELS[row])[0].tolist() for row in (0, 1)]
    assert sums == [[4.0, 3.0, -4.0], [1.0, 6.0, 1.0]]
    assert by_sum[0].tolist() == [0, 0, 1, 2, 2]
    assert by_sum[1, :3].tolist() == [0, 0, 0]
    by_mean = regions.region_ranks(VALUES, LABELS, chance(), mean=True)
    assert by_mean[0].tolist() == [1, 1, 0, 2, 2]
    assert by_mean[1, :3].tolist() == [0, 0, 0]


def check_ties_fall_at_random_and_alike_for_every_input():
    flat, labels = torch.zeros(3, 6), torch.arange(6).expand(3, 6)
    orders = {tuple(regions.region_ranks(flat, labels, chance(seed))[0].tolist()) for seed in range(20)}
    assert len(orders) > 10
    found = regions.region_ranks(flat, labels, chance())
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[:1], regions.region_ranks(flat[:1], labels[:1], chance()))


def check_steps_take_the_first_regions_and_all_in_the_end():
    ranks = torch.tensor([[0, 1, 1, 2, 3], [0, 0, 1, 1, 1]])
    counts = regions.even_counts(ranks, 2)
    assert counts.tolist() == [[0, 2, 4], [0, 1, 2]]
    gone = regions.ranked_below(ranks, counts)(Pairs(torch.tensor([0, 0, 0, 1]), torch.tensor([0, 1, 2, 1])))
    assert gone.int().tolist() == [[0, 0, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]


def check_sets_of_regions_are_their_positions():
    sets = torch.tensor([[True, False], [False, True]])
    gone = regions.in_regions(sets, torch.tensor([0, 1, 1]))(Pairs(torch.tensor([4, 5, 5]), torch.tensor([1, 0, 1])))
    assert gone.tolist() == [[False, True, True], [True, False, False], [False, True, True]]


def test_a_grid_covers_the_picture_in_order():
    check_a_grid_covers_the_picture_in_order()


def test_patches_have_their_side_and_the_last_are_cut_off():
    check_patches_have_their_side_and_the_last_are_cut_off()


def test_regions_go_by_their_sums_or_means():
    check_regions_go_by_their_sums_or_means()


def test_ties_fall_at_random_and_alike_for_every_input():
    check_ties_fall_at_random_and_alike_for_every_input()


def test_steps_take_the_first_regions_and_all_in_the_end():
    check_steps_take_the_first_regions_and_all_in_the_end()


def test_sets_of_regions_are_their_positions():
    check_sets_of_regions_are_their_positions()


@pytest.mark.parametrize("sides", [(4,), (2, 3)])
def test_single_regions_are_every_position(sides):
    assert regions.single_regions(sides).tolist() == list(range(4 if len(sides) == 1 else 6))


def test_sides_leave_out_channels():
    assert regions.sides_of(torch.zeros(2, 3, 4, 5)) == (4, 5)
    assert regions.sides_of(torch.zeros(2, 3)) == (3,)
