"""What a row may become, and what that costs."""

import pytest
import torch
from counterfactual_rooms import ROW, mixed_space, room, vector

from xaivision.engines.counterfactuals import placing, space


def drawn(count=500, seed=0):
    return 12 * torch.rand(count, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 5


def made(**more):
    return space.Room(mixed_space(**more), ROW)


def check_final_rows_are_in_range_whole_risen_and_of_known_patterns():
    rows = made().final(drawn())
    assert rows.dtype == torch.float32
    assert bool((rows[:, 0] >= -2).all())
    assert bool((rows[:, 0] <= 2).all())
    assert bool((rows[:, 1] >= 3).all())
    assert bool((rows[:, 1] == rows[:, 1].round()).all())
    assert bool((rows[:, 1] <= 10).all())
    assert bool((rows[:, 2] == 0.25).all())
    assert set(rows[:, 3].tolist()) == {0.0, 1.0, 2.0}
    assert set(map(tuple, rows[:, 4:].tolist())) == {(0.0, 1.0), (1.0, 2.0), (1.0, 3.0)}


def test_final_rows_are_in_range_whole_risen_and_of_known_patterns():
    check_final_rows_are_in_range_whole_risen_and_of_known_patterns()


def check_categories_looked_at_together_are_those_looked_at_one_by_one():
    """Columns of 2, 70 and 3 categories: those of few are looked at together, that of many by itself."""
    sizes = (2, 70, 3)
    parts = tuple(space.Part((place,), torch.arange(size).double()[:, None]) for place, size in enumerate(sizes))
    whole = torch.ones(3, dtype=torch.float64)
    made_of = space.Space(-whole, 99 * whole, 0 * whole, 0 * whole, whole > 0, whole, parts)
    inside = space.Room(made_of, torch.tensor([0.0, 5.0, 1.0]))
    given = 90 * torch.rand(200, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64) - 5
    expected = torch.stack([column.round().clamp(0, size - 1) for column, size in zip(given.T, sizes, strict=True)], 1)
    assert torch.equal(inside.final(given), expected.float())
    drawn_rows = inside.drawn(500, torch.Generator().manual_seed(0))
    assert [len(column.unique()) for column in drawn_rows.T] == [size - 1 for size in sizes]
    assert inside.cost(torch.tensor([[1.0, 5.0, 2.0], [0.0, 6.0, 1.0]])).tolist() == [2.0, 1.0]


def test_categories_looked_at_together_are_those_looked_at_one_by_one():
    check_categories_looked_at_together_are_those_looked_at_one_by_one()


def check_a_final_row_is_final():
    once = made().final(drawn())
    assert torch.equal(made().final(once), once)


def test_a_final_row_is_final():
    check_a_final_row_is_final()


def check_a_value_that_stays_is_allowed_out_of_range_and_off_the_steps():
    odd = torch.tensor([7.0, 3.4, 0.25, 1.0, 0.0, 4.0])
    kept = space.Room(mixed_space(), odd).final(odd[None])
    assert torch.equal(kept[0], odd)


def test_a_value_that_stays_is_allowed_out_of_range_and_off_the_steps():
    check_a_value_that_stays_is_allowed_out_of_range_and_off_the_steps()


def check_what_is_frozen_or_has_one_place_is_no_movable_part():
    assert made().columns == ((0,), (1,), (3,), (4, 5))
    assert made(high=vector(2, 3, 1, 2, 1, 5)).columns == ((0,), (3,), (4, 5))  # it only rises, and is at its end
    assert made(free=torch.zeros(6, dtype=torch.bool)).columns == ()


def test_what_is_frozen_or_has_one_place_is_no_movable_part():
    check_what_is_frozen_or_has_one_place_is_no_movable_part()


def check_patterns_keep_a_frozen_column_of_theirs():
    free = torch.tensor([True, True, False, True, False, True])
    assert made(free=free).columns == ((0,), (1,), (3,))  # every other pattern changes the frozen one
    other = space.Room(mixed_space(free=free), torch.tensor([0.5, 3.0, 0.25, 1.0, 1.0, 2.0]))
    assert {tuple(row) for row in other.final(drawn())[:, 4:].tolist()} == {(1.0, 2.0), (1.0, 3.0)}


def test_patterns_keep_a_frozen_column_of_theirs():
    check_patterns_keep_a_frozen_column_of_theirs()


def check_patterns_go_one_way_where_a_column_does():
    one_way = vector(0, 1, 0, -1, 0, 0)
    rows = made(direction=one_way).final(drawn())
    assert set(rows[:, 3].tolist()) == {0.0, 1.0}


def test_patterns_go_one_way_where_a_column_does():
    check_patterns_go_one_way_where_a_column_does()


def check_costs_are_weighted_moves_and_one_weight_a_pattern():
    found = made().cost(torch.tensor([[1.5, 5.0, 0.25, 2.0, 1.0, 3.0], ROW.tolist()]))
    assert torch.allclose(found, vector(1 + 0.5 * 2 + 1 + 2, 0))


@pytest.mark.parametrize(("norm", "cost"), [(1.0, 5.0), (2.0, 7**0.5), (torch.inf, 2.0)])
def test_costs_are_put_together_by_the_norm(norm, cost):
    found = room(mixed_space(norm)).cost(torch.tensor([[1.5, 5.0, 0.25, 2.0, 1.0, 3.0]]))
    assert found.item() == pytest.approx(cost)


def test_costs_are_weighted_moves_and_one_weight_a_pattern():
    check_costs_are_weighted_moves_and_one_weight_a_pattern()


def check_points_are_as_far_apart_as_rows():
    within = mixed_space(2.0)
    rows = made().drawn(40, torch.Generator().manual_seed(1)).float()
    points = placing.placed(within, rows)
    assert torch.allclose(torch.cdist(points, points), within.between(rows, rows), atol=1e-6)


def test_points_are_as_far_apart_as_rows():
    check_points_are_as_far_apart_as_rows()


def check_mixing_takes_whole_parts():
    other = torch.tensor([[1.0, 4.0, 0.25, 2.0, 1.0, 3.0]])
    kept = torch.tensor([[False, True, False, True]])
    assert made().mixed(other, kept).tolist() == [[0.5, 4.0, 0.25, 1.0, 1.0, 3.0]]
    assert made().changed(other).tolist() == [[True, True, True, True]]


def test_mixing_takes_whole_parts():
    check_mixing_takes_whole_parts()


def check_drawn_rows_fill_the_room_and_change_every_pattern():
    rows = made().drawn(4000, torch.Generator().manual_seed(0))
    assert rows[:, 0].min() < -1.98
    assert rows[:, 0].max() > 1.98
    assert rows[:, 1].min() < 3.1
    assert rows[:, 1].max() > 9.9
    assert set(rows[:, 3].tolist()) == {0.0, 2.0}
    assert abs(float((rows[:, 3] == 2).double().mean()) - 0.5) < 0.03
    assert set(map(tuple, rows[:, 4:].tolist())) == {(1.0, 2.0), (1.0, 3.0)}


def test_drawn_rows_fill_the_room_and_change_every_pattern():
    check_drawn_rows_fill_the_room_and_change_every_pattern()


def test_the_farthest_costs_are_those_of_the_ends():
    assert torch.allclose(room().farthest(), vector(2.5, 3.5, 1, 2))


def test_ends_are_those_that_float32_rows_can_lie_on():
    row = torch.tensor([0.0, 3.0, 0.25, 1.0, 0.0, 1.0])
    ends = mixed_space(high=vector(0.1, 10, 1, 2, 1, 5))
    rows = space.Room(ends, row).final(torch.full((1, 6), 5.0, dtype=torch.float64))
    assert rows[0, 0] == torch.tensor(0.1)
