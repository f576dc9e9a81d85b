import math

import pytest
import torch

from xaivision.core.bootstrap import RESAMPLES, interval_of, mean_interval, mean_intervals, resample_counts, resamples
from xaivision.core.random import generator

NAN = float("nan")


def test_each_column_has_the_interval_that_it_has_alone():
    columns = torch.randn(9, 4, generator=generator(0), dtype=torch.float64)
    columns[2, 1], columns[:, 2], columns[1:, 3] = NAN, NAN, NAN
    found = mean_intervals(columns)
    for column, interval in zip(columns.T, found, strict=True):
        assert interval == pytest.approx(mean_interval(column), nan_ok=True)
        assert interval == pytest.approx(mean_interval(column[~column.isnan()]), nan_ok=True)
    assert [math.isnan(low) for low, _ in found] == [False, False, True, True]


def test_two_values_are_one_of_three_means_in_the_shares_of_a_coin():
    low, high = mean_interval(torch.tensor([0.0, 1.0]))
    assert (low, high) == (0.0, 1.0)
    assert mean_interval(torch.tensor([0.0, 1.0]), 0.4) == (0.5, 0.5)  # 0, 1/2, 1 come up in 1, 2 and 1 of 4 cases


def test_counts_are_how_often_each_value_was_drawn():
    draws, counts = resamples(5, 3), resample_counts(5, 3)
    assert counts.shape == (RESAMPLES, 5)
    assert counts[7].tolist() == draws[7].bincount(minlength=5).tolist()
    assert (counts.sum(1) == 5).all()


def test_statistics_that_a_resample_does_not_have_are_left_out():
    assert interval_of(torch.tensor([1.0, NAN, 3.0, 2.0], dtype=torch.float64), 0.5) == (1.5, 2.5)
