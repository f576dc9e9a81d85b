import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.engines import table_bins


def drawn(shape, seed):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def bins_by_hand(column):
    """(cuts, one row of low, high, mean, spread, share a bin) of one column of numbers, in slow NumPy."""
    cuts = np.unique(np.percentile(column, [25, 50, 75]))
    place = np.searchsorted(cuts, column)
    rows = []
    for number in range(len(cuts) + 1):
        inside = column[place == number]
        low, high = [column.min(), *cuts][number], [*cuts, column.max()][number]
        mean, spread = (inside.mean(), inside.std()) if len(inside) else (0.0, 0.0)
        rows.append([low, high, mean, spread + 1e-11, len(inside) / len(column)])
    return cuts, np.array(rows)


def check_bins_of_numbers_are_cut_at_quartiles(seed, coarse):
    background = drawn((37, 3), seed) ** 2 * 10
    background = (background * 0.4).round() if coarse else background
    bins = table_bins.learned_bins(background)
    for number, column in enumerate(background.T):
        cuts, expected = bins_by_hand(column.numpy())
        found = torch.stack([bins.low, bins.high, bins.mean, bins.spread, bins.share], -1)[number]
        upper = bins.upper[number]
        np.testing.assert_allclose(upper[:-1].unique().numpy(), cuts, rtol=1e-14, atol=0)
        assert float(upper[-1]) == torch.inf
        # A bin between equal quartiles is empty: without it the bins are those between different ones.
        between = torch.tensor([False, *(upper[1:-1] == upper[:-2]).tolist(), False])
        assert not bool(bins.share[number, between].any())
        np.testing.assert_allclose(found[~between].numpy(), expected, rtol=1e-9, atol=1e-12)


def check_a_value_on_a_cut_lies_below_it():
    bins = table_bins.learned_bins(torch.arange(5, dtype=torch.float64)[:, None])  # cuts 1, 2, 3
    rows = torch.tensor([[-7.0], [1.0], [1.001], [2.0], [3.0], [3.001], [99.0]])
    assert table_bins.bins_of(bins, rows).flatten().tolist() == [0, 0, 1, 1, 2, 3, 3]


def check_categories_are_their_own_bins_with_their_shares():
    background = torch.tensor([[0.0, 5.0], [1.0, 2.0], [2.0, 5.0], [3.0, 5.0]], dtype=torch.float64)
    bins = table_bins.learned_bins(background, [1])
    assert bins.mean[1, :2].tolist() == bins.low[1, :2].tolist() == bins.high[1, :2].tolist() == [2, 5]
    assert bins.share[1, :2].tolist() == [0.25, 0.75]
    rows = torch.tensor([[0.0, 2.0], [0.0, 5.0], [0.0, 3.0], [0.0, 7.0]])
    found = table_bins.bins_of(bins, rows)
    assert found[:, 1].tolist() == [0, 1, -1, -1]
    assert table_bins.empty_bins(bins, found)[:, 1].tolist() == [False, False, True, True]


def check_a_bin_that_nothing_of_the_background_lies_in_is_empty():
    background = torch.tensor([0.0, 0, 0, 1, 1])[:, None]  # cuts 0 and 1: nothing lies above
    bins = table_bins.learned_bins(background)
    found = table_bins.bins_of(bins, torch.tensor([[0.0], [0.5], [2.0]]))
    assert found.flatten().tolist() == [0, 2, 3]
    assert table_bins.empty_bins(bins, found).flatten().tolist() == [False, False, True]


def check_bins_are_said_in_words():
    table = torch.stack([torch.arange(5, dtype=torch.float64), torch.tensor([1.0, 0, 1, 0, 2])], 1)
    bins = table_bins.learned_bins(table, [1])
    places = torch.tensor([[0, 0], [1, 1], [2, 2], [3, -1]])
    assert table_bins.bins_in_words(bins, places, ("age", "color"), ((), ("red", "green"))) == [
        ("age <= 1", "color = red"),
        ("1 < age <= 2", "color = green"),
        ("2 < age <= 3", "color = 2"),
        ("age > 3", "color = a category unknown to the background"),
    ]
    assert table_bins.bins_in_words(bins, places[:1], ("age", "color")) == [("age <= 1", "color = 0")]


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=25, deadline=None)
def test_bins_of_numbers_are_cut_at_quartiles_equal_ones_once(seed, coarse):
    check_bins_of_numbers_are_cut_at_quartiles(seed, coarse)


def test_a_value_on_a_cut_lies_below_it():
    check_a_value_on_a_cut_lies_below_it()


def test_categories_are_their_own_bins_with_their_shares_and_others_are_unknown():
    check_categories_are_their_own_bins_with_their_shares()


def test_a_bin_that_nothing_of_the_background_lies_in_is_empty():
    check_a_bin_that_nothing_of_the_background_lies_in_is_empty()


def test_bins_are_said_in_words():
    check_bins_are_said_in_words()


@pytest.mark.parametrize("value", [3.0, -1e-3])
def test_a_constant_column_has_all_its_rows_in_one_bin(value):
    bins = table_bins.learned_bins(torch.full((9, 1), value, dtype=torch.float64))
    place = table_bins.bins_of(bins, torch.tensor([[value]], dtype=torch.float64))
    assert float(bins.share.gather(1, place)) == 1
    assert float(bins.mean.gather(1, place)) == pytest.approx(value, abs=1e-15)
