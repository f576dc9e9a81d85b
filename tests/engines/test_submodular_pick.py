from itertools import combinations, pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.engines import submodular_pick


def sparse(rows, columns, seed, share=0.35):
    draws = torch.Generator().manual_seed(seed)
    weights = torch.randn(rows, columns, generator=draws, dtype=torch.float64)
    return weights * (torch.rand(rows, columns, generator=draws) < share)


def best_by_brute_force(weights, count):
    return max(submodular_pick.covered(weights, rows) for rows in combinations(range(len(weights)), count))


def check_the_greedy_pick_is_within_the_guarantee_of_the_best(seed, count):
    weights = sparse(9, 11, seed)
    rows = submodular_pick.picked_rows(weights, count).rows
    assert submodular_pick.covered(weights, rows) >= 0.632 * best_by_brute_force(weights, count)


def check_the_first_pick_covers_most_and_each_more():
    weights = sparse(12, 15, 3)
    picked = submodular_pick.picked_rows(weights, 12)
    each = [submodular_pick.covered(weights, (row,)) for row in range(12)]
    assert picked.rows[0] == each.index(max(each))
    whole = float(submodular_pick.importance(weights).sum())
    shares = [submodular_pick.covered(weights, picked.rows[: k + 1]) / whole for k in range(len(picked.rows))]
    assert picked.coverage == pytest.approx(shares, abs=1e-12)
    assert all(after > before for before, after in pairwise(shares))
    assert shares[-1] == pytest.approx(1, abs=1e-12)


def check_importance_is_the_root_of_the_sum_of_sizes():
    weights = torch.tensor([[1.0, -4.0, 0.0], [3.0, 5.0, 0.0]])
    assert submodular_pick.importance(weights).tolist() == [2, 3, 0]
    assert submodular_pick.covered(weights * torch.tensor([[1.0, 0, 1], [0, 1, 1]]), (1,)) == pytest.approx(5**0.5)


def check_equal_rows_are_picked_in_their_order():
    weights = torch.tensor([[0.0, 0, 2], [1, 0, 0], [0, 1, 0], [1, 0, 0]])
    assert submodular_pick.picked_rows(weights, 4).rows == (0, 1, 2)


def check_only_the_largest_of_each_row_are_kept():
    weights = torch.tensor([[1.0, -3.0, 2.0, 0.5], [2.0, 2.0, -2.0, 1.0]])
    assert submodular_pick.largest_only(weights, 2).tolist() == [[0, 3, 2, 0], [2, 2, 0, 0]]
    assert torch.equal(submodular_pick.largest_only(weights, 9), weights.abs().double())


def check_places_are_cells_row_by_row_by_size():
    values = torch.zeros(2, 4, 6)
    values[0, 0, 0], values[0, 1, 2] = -6, 6  # both in the first cell, where signs must not cancel
    values[1, 3, 5] = 3
    found = submodular_pick.sizes_by_place(values, 2)
    assert found.tolist() == [[2, 0, 0, 0], [0, 0, 0, 0.5]]


@given(st.integers(0, 10**6), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_the_greedy_pick_is_within_the_guarantee_of_the_best(seed, count):
    check_the_greedy_pick_is_within_the_guarantee_of_the_best(seed, count)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_a_larger_pick_covers_no_less_and_starts_with_the_smaller_one(seed):
    weights = sparse(10, 12, seed)
    picks = [submodular_pick.picked_rows(weights, count).rows for count in range(1, 11)]
    covered = [submodular_pick.covered(weights, rows) for rows in picks]
    assert covered == sorted(covered)
    assert all(after[: len(before)] == before for before, after in pairwise(picks))


def test_the_first_pick_covers_most_and_each_more_until_all_is_covered():
    check_the_first_pick_covers_most_and_each_more()


def test_importance_is_the_root_of_the_sum_of_sizes():
    check_importance_is_the_root_of_the_sum_of_sizes()


def test_equal_rows_are_picked_in_their_order_and_those_that_add_nothing_not_at_all():
    check_equal_rows_are_picked_in_their_order()


def test_only_the_largest_of_each_row_are_kept_of_equal_ones_the_first():
    check_only_the_largest_of_each_row_are_kept()


def test_places_are_the_cells_of_a_grid_row_by_row_each_with_the_mean_size_of_its_values():
    check_places_are_cells_row_by_row_by_size()


def test_where_nothing_has_a_weight_nothing_is_picked():
    assert submodular_pick.picked_rows(torch.zeros(3, 4), 2) == ((), ())
