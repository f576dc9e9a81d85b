import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.random import generator
from xaivision.engines import concordance

NAN = float("nan")
ROW = st.lists(st.integers(-2, 2), min_size=5, max_size=5)


def rows(*values):
    return torch.tensor(values, dtype=torch.float64)


def check_tau_counts_pairs():
    first, second = rows([1.0, 2.0, 3.0, 4.0]), rows([1.0, 2.0, 4.0, 3.0])
    assert concordance.kendall(first, first).tolist() == pytest.approx([1])
    assert concordance.kendall(first, -first).tolist() == pytest.approx([-1])
    assert concordance.kendall(first, second).tolist() == pytest.approx([4 / 6])
    # Of three pairs one is tied in the first row: (2 - 0) / sqrt(2 * 3).
    assert concordance.kendall(rows([1.0, 1.0, 2.0]), rows([1.0, 2.0, 3.0])).tolist() == pytest.approx([2 / 6**0.5])


def check_what_has_no_order_has_no_tau():
    first = rows([1.0, NAN, 3.0], [2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    found = concordance.kendall(first, rows([1.0, 2.0, 3.0]).expand(3, 3))
    assert found.isnan().tolist() == [True, True, False]
    assert concordance.kendall(rows([1.0]), rows([2.0])).isnan().all()


def check_the_mean_tau_is_that_of_every_two_rows():
    made = torch.randint(0, 4, (7, 5), generator=generator(0)).double()
    taus = [concordance.kendall(made[[i]], made[[j]]) for i in range(7) for j in range(i)]
    orders = concordance.pair_orders(made)
    assert float(concordance.mean_tau(orders)) == pytest.approx(float(torch.cat(taus).mean()))
    # The first row three times, the second and the third once: pairs of different rows only.
    weights = rows([3.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    tau = {(i, j): float(concordance.kendall(made[[i]], made[[j]])) for i in range(3) for j in range(3)}
    expected = (3 * tau[0, 1] + 3 * tau[0, 2] + tau[1, 2]) / 7
    assert float(concordance.mean_tau(orders, weights)) == pytest.approx(expected)


def check_w_is_one_where_all_agree_and_its_formula_elsewhere():
    order = rows([1.0, 2.0, 3.0, 4.0])
    assert float(concordance.kendall_w(order.expand(5, 4))) == pytest.approx(1)
    assert float(concordance.kendall_w(torch.cat([order, -order]))) == pytest.approx(0)
    # 12 S / (m^2 (k^3 - k)) of three judges of three things with rank sums 4, 6, 8.
    assert float(concordance.kendall_w(rows([1.0, 2, 3], [1, 2, 3], [2, 1, 3]))) == pytest.approx(12 * 14 / (9 * 24))
    # With ties: 1.5, 1.5, 3 and 1, 2, 3 have the sums 2.5, 3.5, 6, and T = 2^3 - 2 = 6.
    tied = 12 * (2.25 + 0.25 + 4) / (4 * 24 - 2 * 6)
    assert float(concordance.kendall_w(rows([1.0, 1, 2], [1, 2, 3]))) == pytest.approx(tied)
    assert concordance.kendall_w(order).isnan()
    assert concordance.kendall_w(order.T).isnan()


def check_rounding_is_no_order():
    first, second = rows([0.3, 0.1 + 0.2, 0.5]), rows([1.0, 2.0, 3.0])
    assert concordance.kendall(first, second).tolist() == pytest.approx([2 / 6**0.5])
    assert concordance.pair_orders(first)[0, 0] == 0
    even = torch.ones(1, 3, dtype=torch.float64)
    assert concordance.kendall(even + rows([0.0, 1e-15, 3e-15]), second).isnan().all()
    assert float(concordance.kendall_w(torch.cat([first, second]))) == pytest.approx(
        float(concordance.kendall_w(rows([1.0, 1, 2], [1, 2, 3])))
    )
    # What is rounding in one unit is an order in another.
    assert concordance.kendall(second, second / 10, (0.0, 0.15)).tolist() == pytest.approx([1 / 3**0.5])
    assert concordance.kendall_w(torch.cat([second, second]), 5.0).isnan()


def test_tau_counts_pairs():
    check_tau_counts_pairs()


def test_what_has_no_order_has_no_tau():
    check_what_has_no_order_has_no_tau()


def test_rounding_is_no_order():
    check_rounding_is_no_order()


def test_the_mean_tau_is_that_of_every_two_rows():
    check_the_mean_tau_is_that_of_every_two_rows()


def test_w_is_one_where_all_agree_and_its_formula_elsewhere():
    check_w_is_one_where_all_agree_and_its_formula_elsewhere()


@given(ROW, ROW)
@settings(max_examples=60, deadline=None)
def test_tau_is_scipys(first, second):
    found = float(concordance.kendall(rows(first), rows(second)))
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found != found
    else:
        assert found == pytest.approx(scipy.stats.kendalltau(first, second).statistic, abs=1e-12)


@given(st.lists(ROW, min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_w_is_what_friedmans_test_makes_of_it(judges):
    if any(len(set(judge)) == 1 for judge in judges):
        return
    friedman = scipy.stats.friedmanchisquare(*zip(*judges, strict=True)).statistic
    assert float(concordance.kendall_w(rows(*judges))) == pytest.approx(friedman / (len(judges) * 4), abs=1e-12)


def test_w_of_judges_that_have_nothing_in_common_is_one_in_their_number():
    found = concordance.kendall_w(torch.randn(400, 4, generator=generator(1), dtype=torch.float64))
    assert float(found) == pytest.approx(1 / 400, abs=0.01)
