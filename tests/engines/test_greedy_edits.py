"""Greedy edits find the one that is enough, the few where one is not, and all where only all do; they draw nothing."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from xaivision.engines.counterfactuals import greedy_edits as engine
from xaivision.engines.counterfactuals.edit_paths import length
from xaivision.engines.counterfactuals.rooms import by_owner
from xaivision.engines.counterfactuals.searching import Answered, Hunts
from xaivision.engines.counterfactuals.space import Part, Room, Space


def room(count=6, choices=0):
    """Numbers from -1 to 1 that start at 0, and columns with three choices that start at the first."""
    total = count + choices
    ones, zeros = torch.ones(total).double(), torch.zeros(total).double()
    parts = [Part((place,)) for place in range(count)]
    parts += [Part((place,), torch.tensor([[0.0], [1.0], [2.0]]).double()) for place in range(count, total)]
    high = torch.where(torch.arange(total) < count, ones, 2 * ones)
    free = torch.ones(total, dtype=torch.bool)
    return Room(Space(-high, high, zeros, zeros, free, ones, tuple(parts), dtype=torch.float64), zeros)


def searched(space, merit, plan=None):
    """What is found by a merit (n,) of rows (n, F), and how many rows were asked about."""
    asked = []

    def answer(_owners, rows, _slopes):
        asked.append(rows)
        return Answered(merit(rows), None)

    hunts = Hunts(space.row[None], by_owner([space.final]), by_owner([partial(length, space)]))
    hunts.drive(engine.greedy_edits(space, plan or engine.Edits(4)), answer)
    return hunts.found().rows, torch.cat(asked) if asked else None


def check_one_edit_that_is_enough_is_found(sign=-1):
    found, asked = searched(room(), lambda rows: sign * rows[:, 3] - 0.4)
    assert (found != 0).any(0).nonzero().flatten().tolist() == [3]
    assert float(found[0, 3]) == sign * 0.5
    assert len(asked) == 1 + 4 * 6  # the row itself, and two places on either side of each number


@pytest.mark.parametrize("sign", [-1, 1])
def test_one_edit_that_is_enough_is_found_on_either_side(sign):
    check_one_edit_that_is_enough_is_found(sign)


def check_what_only_a_place_along_the_range_reaches_is_found():
    """A band between the middle and an end, which two places on either side miss."""
    band = lambda rows: 0.1 - (rows[:, 2] - 2 / 3).abs()  # noqa: E731
    assert not len(searched(room(), band)[0])
    found, asked = searched(room(), band, engine.Edits(4, across=7))
    assert found[:1, 2].tolist() == pytest.approx([2 / 3])
    assert len(asked) == 1 + 6 * 8  # the ends are of both kinds, and the middle is the row itself


def test_what_only_a_place_along_the_range_reaches_is_found():
    check_what_only_a_place_along_the_range_reaches_is_found()


def check_a_pair_is_found_where_no_single_edit_is_enough():
    found, _ = searched(room(), lambda rows: rows[:, 1] - rows[:, 4] - 1.2)
    assert found[:1].nonzero()[:, 1].tolist() == [1, 4]


def test_a_pair_is_found_where_no_single_edit_is_enough():
    check_a_pair_is_found_where_no_single_edit_is_enough()


def check_all_together_are_tried_where_few_are_not_enough():
    found, _ = searched(room(), lambda rows: rows.sum(1) - 5.5, engine.Edits(2))
    assert found.tolist() == [[1.0] * 6]


def test_all_together_are_tried_where_few_are_not_enough():
    check_all_together_are_tried_where_few_are_not_enough()


def check_choices_are_tried_as_well():
    found, _ = searched(room(2, 2), lambda rows: (rows[:, 3] == 2).double() + rows[:, 0] - 1.2)
    assert found[:, 3].tolist() == [2]
    assert found[0, 0] > 0.2


def test_choices_are_tried_as_well():
    check_choices_are_tried_as_well()


def test_nothing_is_found_where_nothing_helps_and_the_search_ends_at_once():
    found, asked = searched(room(), lambda rows: torch.full((len(rows),), -1.0).double())
    assert not len(found)
    assert len(asked) < 40
    frozen = room()
    closed = replace(frozen.space, free=torch.zeros(6, dtype=torch.bool))
    assert searched(Room(closed, frozen.row), lambda rows: rows[:, 0])[1] is None


def check_parts_that_are_barred_stay_and_others_do_not():
    barred = torch.arange(6) == 3
    found, asked = searched(room(), lambda rows: rows[:, 3] + rows[:, 1] - 0.4, engine.Edits(4, barred=barred))
    assert found[:1].nonzero()[:, 1].tolist() == [1]
    assert (asked != 0).any(0).tolist() == (~barred).tolist()


def test_parts_that_are_barred_stay_and_others_do_not():
    check_parts_that_are_barred_stay_and_others_do_not()


def check_helpful_edits_are_tried_together_beside_one_that_is_enough_where_more_is_wished():
    merit = lambda rows: rows[:, :3].sum(1) - 0.4  # noqa: E731
    plain, surer = (searched(room(), merit, engine.Edits(4, surer=one))[1] for one in (False, True))
    assert torch.equal(surer[: len(plain)], plain)
    assert surer[len(plain) :].sum(1).tolist() == [2, 3]  # the best alone was tried already
    assert bool((plain != 0).sum(1).le(1).all())


def test_helpful_edits_are_tried_together_beside_one_that_is_enough_where_more_is_wished():
    check_helpful_edits_are_tried_together_beside_one_that_is_enough_where_more_is_wished()
