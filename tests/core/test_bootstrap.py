import math

import numpy as np
import pytest
import torch

from xaivision.core.bootstrap import (
    RESAMPLES,
    interval_of,
    mean_interval,
    mean_intervals,
    resample_counts,
    resamples,
    stretched,
)
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


def test_resamples_of_two_values_are_one_of_three_means_in_the_shares_of_a_coin():
    means = resample_counts(2) @ torch.tensor([0.0, 1.0], dtype=torch.float64) / 2
    assert interval_of(means) == (0.0, 1.0)
    assert interval_of(means, 0.4) == (0.5, 0.5)  # 0, 1/2, 1 come up in 1, 2 and 1 of 4 cases


def test_two_values_have_the_interval_of_student_since_their_percentiles_are_the_values_themselves():
    reach = 12.7062047 * 0.5  # 97.5 % quantile of t with one degree of freedom, times the standard error
    assert mean_interval(torch.tensor([0.0, 1.0])) == pytest.approx((0.5 - reach, 0.5 + reach))


# How often intervals called 95 % cover the mean, in percent: measured with these draws, by kind of values and their number.
# The percentile interval alone: normal values 50, 84, 90, 93 %.
MEASURED = {
    "normal": {2: 95.6, 5: 95.3, 9: 94.8, 30: 95.4},
    "exponential": {2: 90.2, 5: 90.2, 9: 89.6, 30: 94.2},
    "bounded": {2: 87.4, 5: 93.2, 9: 95.3, 30: 95.8},
}


@pytest.mark.parametrize(("kind", "count"), [(kind, count) for kind, known in MEASURED.items() for count in known])
def test_intervals_cover_the_mean_as_often_as_is_written_here(kind, count):
    chance = np.random.default_rng(count)
    samples = {
        "normal": (chance.normal, 0.0),
        "exponential": (chance.exponential, 1.0),
        "bounded": (lambda size: chance.beta(0.5, 0.5, size), 0.5),  # mostly near 0 and near 1
    }
    draw, mean = samples[kind]
    intervals = mean_intervals(torch.from_numpy(draw(size=(count, 2000))))
    covered = 100 * sum(low <= mean <= high for low, high in intervals) / len(intervals)
    assert covered == pytest.approx(MEASURED[kind][count], abs=0.2)
    assert covered >= {"normal": 94.0, "exponential": 87.0, "bounded": 87.0}[kind]


@pytest.mark.parametrize(("count", "covered"), [(2, 50), (5, 84)])
def test_plain_percentiles_of_few_values_are_far_too_short(count, covered):
    samples = torch.from_numpy(np.random.default_rng(count).normal(size=(count, 2000)))
    means = resample_counts(count) @ samples / count
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64), 0)
    assert 100 * float(((low <= 0) & (high >= 0)).double().mean()) == pytest.approx(covered, abs=2)


def test_values_far_from_zero_that_agree_have_no_width_and_no_rounding():
    assert mean_interval(torch.full((7,), 1e9 + 0.1, dtype=torch.float64)) == (1e9 + 0.1, 1e9 + 0.1)


def test_the_interval_of_a_share_stays_between_its_bounds_and_needs_two_values():
    shares = torch.linspace(0.5, 1.0, 100, dtype=torch.float64)
    low, high = stretched(shares, 0.9, 3, within=(0.0, 1.0))
    assert low < 0.5125
    assert high == 1.0
    assert all(map(math.isnan, stretched(shares, 0.9, 1)))


def test_counts_are_how_often_each_value_was_drawn():
    draws, counts = resamples(5, 3), resample_counts(5, 3)
    assert counts.shape == (RESAMPLES, 5)
    assert counts[7].tolist() == draws[7].bincount(minlength=5).tolist()
    assert (counts.sum(1) == 5).all()


def test_statistics_that_a_resample_does_not_have_are_left_out():
    assert interval_of(torch.tensor([1.0, NAN, 3.0, 2.0], dtype=torch.float64), 0.5) == (1.5, 2.5)
