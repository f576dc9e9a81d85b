import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.random import generator
from xaivision.engines import ranking

# Few distinct values, so that ties are the rule.
NUMBERS = st.lists(st.integers(-3, 3).map(lambda n: n / 2), min_size=2, max_size=12)


def check_the_largest_value_goes_first():
    values = torch.tensor([[0.1, -0.5, 3.0, 0.2], [9.0, 8.0, -7.0, 8.5]])
    assert ranking.removal_order(values, generator(0)).tolist() == [[2, 3, 0, 1], [0, 3, 1, 2]]


def check_ties_are_broken_at_random_but_alike_for_every_input():
    values = torch.zeros(3, 40)
    values[:, 7] = 1
    orders = [ranking.removal_order(values, generator(seed)) for seed in range(4)]
    for order in orders:
        assert (order == order[0]).all()
        assert order[0, 0] == 7
        assert sorted(order[0].tolist()) == list(range(40))
    assert len({tuple(order[0].tolist()) for order in orders}) == 4
    assert torch.equal(orders[0], ranking.removal_order(values, generator(0)))


def check_ranks_share_their_mean_where_values_are_tied(numbers):
    found = ranking.average_ranks(torch.tensor(numbers))
    assert found.dtype == torch.float64
    assert found.tolist() == pytest.approx((scipy.stats.rankdata(numbers) - 1).tolist(), abs=1e-12)


def check_spearman_is_scipys(first, second):
    size = min(len(first), len(second))
    first, second = first[:size], second[:size]
    found = ranking.spearman(torch.tensor(first), torch.tensor(second))
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found != found
    else:
        assert found == pytest.approx(scipy.stats.spearmanr(first, second).statistic, abs=1e-12)


def test_the_largest_value_goes_first():
    check_the_largest_value_goes_first()


def test_ties_are_broken_at_random_but_alike_for_every_input():
    check_ties_are_broken_at_random_but_alike_for_every_input()


def test_every_tied_feature_goes_first_equally_often():
    firsts = torch.tensor([int(ranking.removal_order(torch.ones(1, 4), generator(seed))[0, 0]) for seed in range(400)])
    assert (firsts.bincount(minlength=4) - 100).abs().max() < 45  # 5 standard deviations of a binomial


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12, unique=True), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_most_relevant_first_is_least_relevant_first_of_the_negated_map_without_ties(numbers, seed):
    values = torch.tensor([numbers], dtype=torch.float64)
    first = ranking.removal_order(values, generator(seed))
    assert torch.equal(first.flip(1), ranking.removal_order(-values, generator(seed + 1)))


@given(NUMBERS)
@settings(max_examples=50, deadline=None)
def test_ranks_share_their_mean_where_values_are_tied(numbers):
    check_ranks_share_their_mean_where_values_are_tied(numbers)


@given(NUMBERS, NUMBERS)
@settings(max_examples=80, deadline=None)
def test_spearman_is_scipys_and_undefined_for_a_constant(first, second):
    check_spearman_is_scipys(first, second)


def test_negative_zero_is_tied_with_zero():
    assert ranking.average_ranks(torch.tensor([-0.0, 1.0, 0.0])).tolist() == [0.5, 2.0, 0.5]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_spearman_is_undefined_where_a_value_is_not_finite(bad):
    assert ranking.spearman(torch.tensor([1.0, bad, 3.0]), torch.tensor([1.0, 2.0, 3.0])) != 1
    assert torch.tensor(ranking.spearman(torch.tensor([1.0, bad, 3.0]), torch.tensor([1.0, 2.0, 3.0]))).isnan()


def test_the_matrix_holds_every_pair():
    vectors = [torch.tensor([3.0, 1.0, 2.0, 2.0]), torch.tensor([[1.0, 0.0], [5.0, 6.0]]), torch.ones(4)]
    found = ranking.spearman_matrix(vectors)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, found.T, equal_nan=True)
    assert found[:2, :2].diagonal().tolist() == pytest.approx([1, 1], abs=1e-12)
    assert float(found[0, 1]) == pytest.approx(ranking.spearman(vectors[0], vectors[1].flatten()), abs=1e-12)
    assert found[2].isnan().all()
