"""Subsets of one size: all of them where they are few, else as many as were asked for."""

from math import comb

import pytest
import torch

from xaivision.engines import subset_draws


def drawn(players, size, budget, seed=0):
    return subset_draws.subsets_of_size(players, size, budget, torch.Generator().manual_seed(seed))


def check_few_subsets_are_all_there():
    found = drawn(6, 3, comb(6, 3))
    assert len({tuple(row) for row in found.tolist()}) == len(found) == 20
    assert found.sum(1).tolist() == [3] * 20


def check_many_subsets_are_drawn_at_random():
    found = drawn(30, 4, 2000)
    assert found.shape == (2000, 30)
    assert (found.sum(1) == 4).all()
    shares = found.double().mean(0)
    assert (shares - 4 / 30).abs().max() < 0.04
    assert torch.equal(found, drawn(30, 4, 2000))
    assert not torch.equal(found, drawn(30, 4, 2000, seed=1))


def check_sizes_run_from_one_to_the_largest_share():
    assert subset_draws.sizes_up_to(100, 0.8, 5) == [1, 21, 40, 60, 80]
    assert subset_draws.sizes_up_to(6, 0.8, 8) == [1, 2, 3, 4, 5]
    assert subset_draws.sizes_up_to(2, 0.8, 8) == [1]
    assert [subset_draws.share_size(10, share) for share in (0.01, 0.2, 0.99)] == [1, 2, 9]


def test_few_subsets_are_all_there():
    check_few_subsets_are_all_there()


def test_many_subsets_are_drawn_at_random():
    check_many_subsets_are_drawn_at_random()


def test_sizes_run_from_one_to_the_largest_share():
    check_sizes_run_from_one_to_the_largest_share()


@pytest.mark.parametrize("size", [1, 25_000])
def test_subsets_of_a_photos_positions_are_drawn_without_counting_them_all(size):
    assert drawn(50_176, size, 3).sum(1).tolist() == [size] * 3


def test_one_more_subset_than_the_budget_is_drawn():
    assert len(drawn(6, 3, 19)) == 19
    assert len(drawn(1, 1, 5)) == 1
