"""Draws next to an input, and changes as shares, against their definitions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xaivision.engines import stability

CELL = st.integers(-1000, 1000).map(lambda number: number / 100)
NUMBERS = st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6)


def check_a_draw_belongs_to_its_version_and_fills_the_box():
    draws = stability.box_draws((3, 400), range(5), 7)
    assert draws.dtype == torch.float64
    assert torch.equal(stability.box_draws((3, 400), [3, 1], 7), draws[[3, 1]])
    assert not torch.equal(stability.box_draws((3, 400), [3], 8), draws[[3]])
    assert draws.flatten(1).unique(dim=0).shape == (5, 1200)
    assert -1 <= float(draws.min()) < -0.99
    assert 0.99 < float(draws.max()) <= 1
    assert abs(float(draws.mean())) < 0.03


def check_nothing_changed_is_zero_and_a_change_of_nothing_is_undefined():
    change, size = (
        torch.tensor([0.0, 3.0, 0.0, 3.0, 1.0, math.inf, 0.0]),
        torch.tensor([0.0, 2.0, 5.0, 0.0, math.inf, 1.0, math.nan]),
    )
    found = stability.ratio(change.double(), size.double())
    assert found[:3].tolist() == [0.0, 1.5, 0.0]
    assert bool(found[3:].isnan().all())


def check_sizes_are_norms_over_all_axes():
    rows = torch.tensor([[[3.0], [4.0]], [[0.0], [-2.0]]])
    assert stability.sizes(rows).tolist() == [5.0, 2.0]
    assert stability.sizes(rows).dtype == torch.float64


def check_what_rounding_makes_of_a_map_is_no_change():
    """Of what size a map is does not count; a float64 beside a float32 is as fine as the latter."""
    before = torch.tensor([[3.0, 4.0]]).repeat(4, 1) * torch.tensor([[1e-9], [1.0], [1e9], [1.0]])
    rounded = before * torch.tensor([[1 + 5e-7], [1 + 5e-7], [1 + 5e-7], [1 + 1e-5]])
    for after in (rounded, rounded.double()):
        found = stability.change_sizes(before, after)
        assert found[:3].tolist() == [0, 0, 0]
        assert float(found[3]) == pytest.approx(5e-5, rel=0.05)
        assert stability.relative_size(before, after, 1e-6)[:3].tolist() == [0, 0, 0]
    exact = before.double()
    assert bool((stability.change_sizes(exact, exact * (1 + 1e-12)) > 0).all())
    assert bool((stability.change_sizes(exact, exact * (1 + 3e-16)) == 0).all())
    endless = torch.tensor([[math.inf, 1.0], [1.0, 1.0]])
    assert not bool((stability.change_sizes(endless, endless.flip(0)) == 0).any())


def check_each_change_is_a_share_of_the_value_or_of_the_floor():
    before, after = torch.tensor([[2.0, -4.0, 0.0]]), torch.tensor([[3.0, -3.0, 0.1]])
    expected = math.sqrt(0.5**2 + 0.25**2 + (0.1 / 0.4) ** 2)
    assert stability.relative_size(before, after, 0.1).tolist() == pytest.approx([expected], rel=1e-6)
    exact = stability.relative_size(before.double(), before.double() * 1.5, 1e-9)
    assert exact.tolist() == pytest.approx([math.sqrt(0.5)], abs=1e-12)


def check_rows_have_floors_of_their_own():
    before, after = torch.tensor([[1.0, 0.0], [100.0, 0.0]]), torch.tensor([[1.0, 0.5], [100.0, 0.5]])
    assert stability.relative_size(before, after, 0.5).tolist() == pytest.approx([1.0, 0.01], abs=1e-12)


def check_a_row_of_zeros_has_no_shares():
    zeros, ones = torch.zeros(1, 2), torch.ones(1, 2)
    assert stability.relative_size(zeros, zeros, 0.1).tolist() == [0.0]
    for before, after in ((zeros, ones), (ones * math.inf, ones), (ones, ones * math.nan)):
        assert bool(stability.relative_size(before, after, 0.1).isnan())


def check_only_what_counts_is_the_largest():
    found = torch.tensor([[1.0, 5.0, 2.0], [1.0, math.nan, 2.0], [1.0, math.nan, 2.0], [3.0, 4.0, 5.0]])
    counted = torch.tensor([[1, 0, 1], [1, 1, 1], [1, 0, 1], [0, 0, 0]]).bool()
    highest = stability.largest(found, counted).tolist()
    assert highest[0] == 2
    assert math.isnan(highest[1])
    assert highest[2] == 2
    assert math.isnan(highest[3])


def test_a_draw_belongs_to_its_version_and_fills_the_box():
    check_a_draw_belongs_to_its_version_and_fills_the_box()


def test_nothing_changed_is_zero_and_a_change_of_nothing_is_undefined():
    check_nothing_changed_is_zero_and_a_change_of_nothing_is_undefined()


def test_sizes_are_norms_over_all_axes():
    check_sizes_are_norms_over_all_axes()


def test_what_rounding_makes_of_a_map_is_no_change():
    check_what_rounding_makes_of_a_map_is_no_change()


def test_each_change_is_a_share_of_the_value_or_of_the_floor():
    check_each_change_is_a_share_of_the_value_or_of_the_floor()


def test_rows_have_floors_of_their_own():
    check_rows_have_floors_of_their_own()


def test_a_row_of_zeros_has_no_shares():
    check_a_row_of_zeros_has_no_shares()


def test_only_what_counts_is_the_largest():
    check_only_what_counts_is_the_largest()


@given(NUMBERS, st.floats(1e-6, 1))
def test_relative_sizes_are_those_of_a_slow_loop(pairs, floor):
    most = max(abs(before) for before, _ in pairs)
    if most == 0 and any(after != 0 for _, after in pairs):
        expected = math.nan
    else:
        terms = [0.0 if a == b else (a - b) / max(abs(b), floor * most) for b, a in pairs]
        expected = math.sqrt(math.fsum(term * term for term in terms))
    before, after = (torch.tensor([[pair[side] for pair in pairs]], dtype=torch.float64) for side in (0, 1))
    found = stability.relative_size(before, after, floor).item()
    assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)
