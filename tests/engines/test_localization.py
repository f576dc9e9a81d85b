"""Localization against its definition: best, worst, uniform and tied maps."""

import math
from itertools import pairwise, permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xaivision.engines import localization

MASK = torch.zeros(1, 6, 8)
MASK[:, 1:4, 2:6] = 1  # 12 of 48 positions


def single(row, column):
    values = torch.zeros(1, 6, 8)
    values[0, row, column] = 2.0
    return values


def check_the_largest_value_decides_and_ties_count_by_their_share():
    assert localization.pointing_hits(single(2, 3), MASK).tolist() == [1.0]
    assert localization.pointing_hits(single(0, 0), MASK).tolist() == [0.0]
    assert localization.pointing_hits(torch.ones(1, 6, 8), MASK).tolist() == [0.25]
    assert localization.pointing_hits(single(2, 3) + single(0, 0) - 5, MASK).tolist() == [0.5]


def check_mass_is_the_positive_share_inside():
    assert localization.mass_accuracy(MASK * 3, MASK).tolist() == [1.0]
    assert localization.mass_accuracy(1 - MASK, MASK).tolist() == [0.0]
    torch.testing.assert_close(localization.mass_accuracy(torch.ones(1, 6, 8), MASK), torch.tensor([0.25], dtype=torch.float64))
    signed = single(2, 3) + single(0, 0) - 4 * single(2, 4)
    assert localization.mass_accuracy(signed, MASK).tolist() == [0.5]


def check_what_is_no_number_has_no_answer():
    broken = single(2, 3)
    broken[0, 5, 5] = torch.nan
    assert bool(localization.pointing_hits(broken, MASK).isnan().all())
    assert bool(localization.mass_accuracy(broken, MASK).isnan().all())
    broken[0, 5, 5] = torch.inf
    assert bool(localization.pointing_hits(broken, MASK).isnan().all())
    assert bool(localization.mass_accuracy(-single(2, 3), MASK).isnan().all())


def check_places_that_tie_are_shared():
    values = torch.tensor([[5.0, 3.0, 3.0, 3.0, 1.0]])
    for mask, count, expected in (
        ([1, 0, 0, 0, 0], 1, 1.0),
        ([0, 1, 0, 0, 0], 1, 0.0),
        ([1, 1, 0, 0, 0], 2, 0.5 * (1 + 1 / 3)),
        ([0, 1, 1, 0, 0], 3, (2 * 2 / 3) / 3),
        ([0, 0, 0, 0, 1], 5, 0.2),
    ):
        found = localization.top_share(values, torch.tensor([mask]), torch.tensor([count]))
        assert found.tolist() == pytest.approx([expected], abs=1e-12)
    both = localization.top_share(values.expand(2, -1), torch.tensor([[1, 1, 0, 0, 0]] * 2), torch.tensor([1, 4]))
    assert both.tolist() == pytest.approx([1.0, 0.5], abs=1e-12)


def check_the_area_is_that_of_the_wins_of_every_pair():
    values, mask = torch.tensor([[2.0, 7.0, 2.0, -1.0, 0.0, 7.0]]), torch.tensor([[1, 1, 0, 0, 1, 0]])
    # Pairs (inside, outside): 2 beats -1 and ties with 2; 7 beats 2 and -1 and ties with 7; 0 beats -1.
    assert localization.mann_whitney(values, mask).tolist() == pytest.approx([(1.5 + 2.5 + 1) / 9], abs=1e-12)
    assert localization.mann_whitney(values * 0, mask).tolist() == [0.5]
    assert localization.mann_whitney(MASK.flatten(1), MASK).tolist() == [1.0]
    assert localization.mann_whitney(-MASK.flatten(1), MASK).tolist() == [0.0]


def check_ranks_of_what_is_no_number_or_not_there_are_none():
    spoiled, half = torch.tensor([[torch.inf, 1.0], [torch.nan, 1.0], [1.0, 2.0]]), torch.tensor([[1, 0]] * 3)
    assert localization.mann_whitney(spoiled, half).isnan().tolist() == [True, True, False]
    assert localization.top_share(spoiled, half, torch.tensor([1, 1, 1])).isnan().tolist() == [True, True, False]
    assert bool(localization.mann_whitney(spoiled[2:], torch.ones(1, 2)).isnan())
    assert bool(localization.mann_whitney(spoiled[2:], torch.zeros(1, 2)).isnan())
    assert bool(localization.top_share(spoiled[2:], half[2:], torch.tensor([0])).isnan())


def check_masks_are_widened_by_a_disk():
    one = torch.zeros(2, 5, 5)
    one[0, 2, 2] = 1
    found = localization.widened(one, 1)
    assert found[0].int().tolist() == [[0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]
    assert int(localization.widened(one, 1.5)[0].sum()) == 9
    assert not bool(found[1].any())
    assert torch.equal(localization.widened(one, 0), one.bool())


def test_the_largest_value_decides_and_ties_count_by_their_share():
    check_the_largest_value_decides_and_ties_count_by_their_share()


def test_mass_is_the_positive_share_inside():
    check_mass_is_the_positive_share_inside()


def test_what_is_no_number_has_no_answer():
    check_what_is_no_number_has_no_answer()


def test_places_that_tie_are_shared():
    check_places_that_tie_are_shared()


def test_the_area_is_that_of_the_wins_of_every_pair():
    check_the_area_is_that_of_the_wins_of_every_pair()


def test_ranks_of_what_is_no_number_or_not_there_are_none():
    check_ranks_of_what_is_no_number_or_not_there_are_none()


def test_masks_are_widened_by_a_disk():
    check_masks_are_widened_by_a_disk()


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=7), st.integers(1, 7))
def test_shares_of_the_largest_are_means_over_all_ways_to_break_ties(cells, count):
    count = min(count, len(cells))
    orders = [order for order in permutations(range(len(cells))) if all(cells[a][0] >= cells[b][0] for a, b in pairwise(order))]
    expected = sum(sum(cells[place][1] for place in order[:count]) for order in orders) / (count * len(orders))
    values, mask = torch.tensor([[float(value) for value, _ in cells]]), torch.tensor([[inside for _, inside in cells]])
    assert localization.top_share(values, mask, torch.tensor([count])).item() == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=12))
def test_the_area_counts_every_pair(cells):
    inside, outside = ([value for value, there in cells if there is side] for side in (True, False))
    values, mask = torch.tensor([[float(value) for value, _ in cells]]), torch.tensor([[there for _, there in cells]])
    found = localization.mann_whitney(values, mask).item()
    if not inside or not outside:
        assert math.isnan(found)
        return
    wins = sum((mine > other) + 0.5 * (mine == other) for mine in inside for other in outside)
    assert found == pytest.approx(wins / (len(inside) * len(outside)), abs=1e-12)


@given(st.integers(0, 10**6), st.floats(0.1, 100))
def test_neither_scale_nor_neighbors_in_the_batch_matter(seed, scale):
    values = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(seed))
    masks = MASK.expand(3, -1, -1)
    for judge in (localization.pointing_hits, localization.mass_accuracy, localization.mann_whitney):
        alone = torch.cat([judge(values[i : i + 1] * scale, MASK) for i in range(3)])
        torch.testing.assert_close(judge(values, masks), alone)


@pytest.mark.parametrize("judge", ["pointing_hits", "mass_accuracy"])
def test_chance_hits_as_often_as_the_object_is_large(judge):
    values = torch.rand(4000, 6, 8, generator=torch.Generator().manual_seed(0))
    found = getattr(localization, judge)(values, MASK.expand(4000, -1, -1))
    assert abs(float(found.mean()) - 0.25) < 0.02
