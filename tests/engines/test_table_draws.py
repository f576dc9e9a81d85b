import numpy as np
import torch
from scipy import stats

from xaivision.engines import table_draws
from xaivision.engines.table_bins import bins_of, learned_bins

COUNT = 40000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def background(seed=0):
    """Normal, skewed, uniform, and three categories."""
    numbers = torch.randn(400, 3, generator=generator(seed), dtype=torch.float64)
    numbers[:, 1] = numbers[:, 1].mul(0.8).exp()
    numbers[:, 2] = torch.rand(400, generator=generator(seed + 1), dtype=torch.float64)
    codes = torch.randint(0, 3, (400, 1), generator=generator(seed + 2)).double().clamp_max(1.5).mul(2)
    return torch.cat([numbers, codes], 1)


def check_bins_come_by_their_shares():
    bins = learned_bins(background(), [3])
    places = table_draws.drawn_from_bins(bins, COUNT, generator()).places
    for column in range(4):
        found = places[:, column].bincount(minlength=bins.share.shape[1]) / COUNT
        deviation = (bins.share[column] * (1 - bins.share[column]) / COUNT).sqrt()
        assert bool(((found - bins.share[column]).abs() <= 4.5 * deviation + 1e-15).all())


def check_values_lie_in_the_bins_they_are_drawn_from():
    bins = learned_bins(background(), [3])
    drawn = table_draws.drawn_from_bins(bins, COUNT, generator())
    inside = (drawn.rows >= bins.low.gather(1, drawn.places.T).T) & (drawn.rows <= bins.high.gather(1, drawn.places.T).T)
    assert bool(inside.all())
    assert torch.equal(bins_of(bins, drawn.rows), drawn.places)


def check_values_in_a_bin_are_a_normal_distribution_cut_at_its_ends():
    bins = learned_bins(background(), [3])
    drawn = table_draws.drawn_from_bins(bins, COUNT, generator())
    for column in range(3):
        for place in range(4):
            low, high, mean, spread = (float(part[column, place]) for part in (bins.low, bins.high, bins.mean, bins.spread))
            cut = stats.truncnorm((low - mean) / spread, (high - mean) / spread, mean, spread)
            values = drawn.rows[drawn.places[:, column] == place, column].numpy()
            assert stats.kstest(values, cut.cdf).pvalue > 1e-4


def check_columns_are_independent_of_each_other():
    rows = table_draws.drawn_from_bins(learned_bins(background(), [3]), COUNT, generator()).rows
    between = np.corrcoef(rows.numpy().T) - np.eye(4)
    assert np.abs(between).max() < 4.5 / COUNT**0.5


def check_a_bin_of_one_value_gives_that_value():
    table = torch.cat([torch.full((60, 1), 7.25), 8 + torch.arange(40)[:, None]]).double()
    drawn = table_draws.drawn_from_bins(learned_bins(table), COUNT, generator())
    first = drawn.rows[drawn.places == 0]
    assert len(first) > COUNT / 2
    assert bool((first == 7.25).all())


def check_normal_rows_have_center_and_spread():
    center, spread = torch.tensor([3.0, -40.0]).double(), torch.tensor([0.5, 9.0]).double()
    rows = table_draws.drawn_around(center, spread, COUNT, generator())
    for column in range(2):
        assert stats.kstest(rows[:, column].numpy(), stats.norm(center[column], spread[column]).cdf).pvalue > 1e-4


def test_bins_come_by_their_shares():
    check_bins_come_by_their_shares()


def test_values_lie_in_the_bins_they_are_drawn_from():
    check_values_lie_in_the_bins_they_are_drawn_from()


def test_values_in_a_bin_are_a_normal_distribution_cut_at_its_ends():
    check_values_in_a_bin_are_a_normal_distribution_cut_at_its_ends()


def test_columns_are_independent_of_each_other():
    check_columns_are_independent_of_each_other()


def test_a_bin_of_one_value_gives_that_value():
    check_a_bin_of_one_value_gives_that_value()


def test_normal_rows_have_center_and_spread():
    check_normal_rows_have_center_and_spread()


def test_a_value_far_out_does_not_break_the_draw():
    """One value a million spreads away: both ends of the normal distribution are 0 or 1 to the last digit somewhere."""
    table = torch.cat([torch.randn(99, 1, generator=generator(), dtype=torch.float64), torch.tensor([[1e9]]).double()])
    rows = table_draws.drawn_from_bins(learned_bins(table), COUNT, generator()).rows
    assert bool(rows.isfinite().all())
    assert float(rows.min()) >= float(table.min())
