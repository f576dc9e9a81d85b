"""Rows with few edits, what makes a flip far, and the order in which edits are told."""

import pytest
import torch
from counterfactual_rooms import answered, numbers_space, room

from xaivision.engines.counterfactuals import edit_paths


def generator():
    return torch.Generator().manual_seed(0)


def wide():
    """Five free numbers, all zero."""
    return room(numbers_space(5), torch.zeros(5, dtype=torch.float64))


def check_as_many_rows_as_asked_for_differ_in_few_parts_from_one_case_each():
    cases = torch.stack([torch.full((5,), 1.0), torch.full((5,), 2.0)]).double()
    given, _ = answered(edit_paths.few_edits(wide(), cases, 902, 3, generator()), wide(), lambda rows: rows.sum(1))
    assert [len(one.rows) for one in given] == [226, 226, 225, 225]
    rows = torch.cat([one.rows for one in given])
    sizes = (rows != 0).sum(1)
    assert torch.allclose(torch.bincount(sizes, minlength=4)[1:] / 902, torch.full((3,), 1 / 3), atol=0.06)
    assert int(sizes.min()) == 1
    for case in (1.0, 2.0):
        assert bool((rows == case).any(1).sum() > 350)
    assert not bool(((rows == 1.0).any(1) & (rows == 2.0).any(1)).any())  # of one case at a time
    assert bool(((rows != 0).double().mean(0) > 0.3).all())  # every part is taken


def test_as_many_rows_as_asked_for_differ_in_few_parts_from_one_case_each():
    check_as_many_rows_as_asked_for_differ_in_few_parts_from_one_case_each()


def check_what_a_case_shares_with_the_row_is_no_edit():
    """Cases of categories share most with any row: of five parts one or two are otherwise, and a draw never comes to nothing."""
    cases = torch.tensor([[0, 0, 0, 0, 1], [2, 0, 2, 0, 0]], dtype=torch.float64)
    given, _ = answered(edit_paths.few_edits(wide(), cases, 400, 3, generator()), wide(), lambda rows: rows.sum(1))
    rows = torch.cat([one.rows for one in given])
    assert bool((rows != 0).any(1).all())
    both = (rows[rows[:, 4] == 0] != 0).sum(1)
    assert torch.bincount(both).tolist()[1] / len(both) == pytest.approx(1 / 3, abs=0.1)  # of up to three edits there are two


def test_what_a_case_shares_with_the_row_is_no_edit():
    check_what_a_case_shares_with_the_row_is_no_edit()


@pytest.mark.parametrize("cases", [torch.zeros(0, 5, dtype=torch.float64)])
def test_without_a_case_nothing_is_asked(cases):
    assert answered(edit_paths.few_edits(wide(), cases, 100, 3, generator()), wide(), lambda rows: rows.sum(1)) == ([], None)


def check_a_part_more_is_farther_than_any_cost_below_one():
    rows = torch.tensor([[0.5, 0, 0, 0, 0], [0.1, 0.1, 0, 0, 0]], dtype=torch.float64)
    assert edit_paths.length(wide(), rows).tolist() == pytest.approx([1.25, 2.04])


def test_a_part_more_is_farther_than_any_cost_below_one():
    check_a_part_more_is_farther_than_any_cost_below_one()


def check_edits_come_in_the_order_in_which_they_move_the_score_least_until_it_turns():
    """Moves of 4, 2, 1 and 8 from -6: after 1, 2 and 4 it stands at 1, and the fourth edit is never made."""
    moves = torch.tensor([4.0, 2.0, 1.0, 8.0, 0.0], dtype=torch.float64)
    inside, end = wide(), torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    given, path = answered(edit_paths.ordered(inside, end), inside, lambda rows: rows @ moves - 6)
    assert path.tolist() == [[0, 0, 1, 0, 0], [0, 1, 1, 0, 0], [1, 1, 1, 0, 0]]
    assert [len(one.rows) for one in given] == [1, 4, 3, 2]


def test_edits_come_in_the_order_in_which_they_move_the_score_least_until_it_turns():
    check_edits_come_in_the_order_in_which_they_move_the_score_least_until_it_turns()
