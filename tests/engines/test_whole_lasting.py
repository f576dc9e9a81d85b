"""Rounded counterfactuals that hold again: against every point of a small grid."""

import torch

from xaivision.engines.counterfactuals import whole_lasting


def grid(whole=(True, True), low=(0.0, 0.0), high=(9.0, 9.0)):
    row, scale = torch.zeros(2, dtype=torch.float64), torch.tensor([1.0, 3.0], dtype=torch.float64)
    ends = (torch.tensor(end, dtype=torch.float64) for end in (low, high))
    return whole_lasting.Grid(row, torch.tensor(whole), *ends, scale)


def spare(rows):
    return rows @ torch.tensor([1.0, 0.4], dtype=torch.float64) - 2.3


def check_the_cheapest_whole_row_that_holds_is_found():
    found = whole_lasting.made_whole(torch.tensor([1.9, 1.0], dtype=torch.float64), grid(), spare)
    every = torch.cartesian_prod(torch.arange(10.0), torch.arange(10.0)).double()
    assert float(spare(found[None])) >= 0
    assert torch.equal(found, found.round())
    assert float(grid().cost(found)) == float(grid().cost(every[spare(every) >= 0]).min())


def test_the_cheapest_whole_row_that_holds_is_found():
    check_the_cheapest_whole_row_that_holds_is_found()


def check_numbers_that_are_not_whole_make_good_what_rounding_takes():
    found = whole_lasting.made_whole(torch.tensor([2.2, 0.25], dtype=torch.float64), grid(whole=(True, False)), spare)
    assert float(found[0]) == 2
    assert 0 <= float(spare(found[None])) < 1e-3


def test_numbers_that_are_not_whole_make_good_what_rounding_takes():
    check_numbers_that_are_not_whole_make_good_what_rounding_takes()


def check_ranges_end_at_their_last_whole_number_and_nothing_is_made_up_beyond_them():
    narrow = grid(low=(0.0, 0.0), high=(1.5, 1.5))
    found = whole_lasting.made_whole(torch.tensor([1.5, 1.5], dtype=torch.float64), narrow, spare)
    assert found.tolist() == [1, 1]
    assert float(spare(found[None])) < 0


def test_ranges_end_at_their_last_whole_number_and_nothing_is_made_up_beyond_them():
    check_ranges_end_at_their_last_whole_number_and_nothing_is_made_up_beyond_them()
