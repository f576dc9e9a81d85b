import math

import pytest
import torch
from planned_rows import NAN, judge, normal, plan, rows

from xaivision.evaluation.audit.item_values import item_values
from xaivision.evaluation.audit.ranking import rankings
from xaivision.evaluation.audit.reliability import Flip, reliability

METHODS = "abcd"


def found(tables, *, lower=()):
    """`tables`: for each metric (n, k) values of as many of the methods a, b, c, d."""
    judges = {metric: judge(higher=metric not in lower) for metric in tables}
    count = max(len(table[0]) for table in tables.values())
    of = plan(METHODS[:count], judges=judges)
    made = [
        row
        for metric, table in tables.items()
        for label, column in zip(METHODS, torch.as_tensor(table, dtype=torch.float64).T.tolist(), strict=False)
        for row in rows(label, column, metric)
    ]
    values = item_values(made)
    return reliability(values, of, rankings(values, of))


def test_metrics_that_say_the_same_agree_and_their_opposites_disagree():
    table = normal(12, 4)
    same = found({"m": table, "n": 3 * table + 1}).pairs[0]
    assert (same.tau_of_means, same.tau_of_items) == pytest.approx((1, 1))
    assert (same.interval, same.items, same.methods, same.flips) == (pytest.approx((1, 1)), 12, 4, ())
    opposite = found({"m": table, "n": -table}).pairs[0]
    assert (opposite.tau_of_means, opposite.tau_of_items) == pytest.approx((-1, -1))
    assert len(opposite.flips) == 6
    turned = found({"m": table, "n": -table}, lower=["n"]).pairs[0]
    assert (turned.tau_of_means, turned.flips) == (pytest.approx(1), ())


def test_tau_of_items_is_the_mean_of_the_taus_of_single_items():
    first = [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    second = [[1.0, 2.0, 3.0], [1.0, 3.0, 2.0], [3.0, 2.0, 1.0]]
    pair = found({"m": first, "n": second}).pairs[0]
    assert pair.tau_of_items == pytest.approx((1 + 1 / 3 - 1) / 3)
    # The means on the second metric are 5/3, 7/3 and 2: of three pairs two are in the order of the first.
    assert pair.tau_of_means == pytest.approx(1 / 3)


def test_items_without_all_values_or_without_an_order_are_left_out():
    first = [[1.0, 2.0, 3.0], [1.0, NAN, 3.0], [2.0, 2.0, 2.0], [1.0, 2.0, 3.0]]
    both = found({"m": first, "n": [[1.0, 2.0, 3.0]] * 4})
    assert both.pairs[0].items == 2
    assert [(one.items, one.left_out) for one in both.consistency] == [(2, 2), (4, 0)]


def test_a_flip_is_clear_only_where_both_metrics_tell_the_two_apart():
    up, down = [[0.0, 1.0]] * 9, [[1.0, 0.0]] * 9
    both = found({"m": up, "n": down})
    assert both.pairs[0].flips == (Flip("b", "a", True),)
    assert both.clear_flips == 1
    vague = torch.tensor(down) + normal(9, 2) * 5
    vague[:, 0] += 2 * (vague[:, 1] - vague[:, 0]).mean().clamp_min(0)
    unclear = found({"m": up, "n": vague})
    assert unclear.pairs[0].flips == (Flip("b", "a", False),)
    assert unclear.clear_flips == 0


def test_rounding_is_no_order_and_contradicts_nothing():
    table = normal(40, 1).abs() + 0.25 + torch.zeros(1, 2)
    up, down = table * torch.tensor([1, 1 + 1e-15]).double(), table * torch.tensor([1, 1 - 2e-14]).double()
    both = found({"m": up, "n": down})
    assert both.pairs[0].flips == ()
    assert both.clear_flips == 0
    assert math.isnan(both.pairs[0].tau_of_means)
    assert both.pairs[0].items == both.consistency[0].items == 0
    assert math.isnan(both.consistency[0].w)


@pytest.mark.parametrize(("finest", "items"), [(0.0, 12), (1e-3, 0)])
def test_below_what_a_metric_can_tell_it_orders_nothing(finest, items):
    table, tiny = normal(12, 3), 1e-4 * torch.rand(12, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = item_values(
        row
        for metric, made in (("m", table), ("n", tiny))
        for label, column in zip("abc", made.T.tolist(), strict=True)
        for row in rows(label, column, metric)
    )
    of = plan("abc", judges={"m": judge(), "n": judge(finest=finest)})
    one = reliability(values, of, rankings(values, of))
    assert one.pairs[0].items == items
    assert [each.items for each in one.consistency] == [12, items]
    assert math.isnan(one.pairs[0].tau_of_means) == math.isnan(one.consistency[1].w) == (items == 0)


def test_what_a_metric_cannot_tell_is_tied_on_every_item():
    """The first two methods change places from item to item, by less than the metric can tell."""
    luck = 1e-4 * normal(10, 2)
    made = [row for label, column in zip("ab", luck.T.tolist(), strict=True) for row in rows(label, column)] + rows(
        "c", [1.0] * 10
    )
    for finest, agreed in ((0.0, False), (1e-2, True)):
        values, of = item_values(made), plan("abc", judges={"m": judge(finest=finest)})
        one = reliability(values, of, rankings(values, of)).consistency[0]
        assert (one.w == pytest.approx(1), one.tau == pytest.approx(1)) == (agreed, agreed)


def test_who_is_ahead_is_told_by_the_items_that_both_have():
    """a is ahead of b by its mean, which one item makes that b has not."""
    first = [[100.0, NAN]] + [[0.0, 1.0]] * 9
    pair = found({"m": first, "n": [[1.0, 0.0]] * 10}).pairs[0]
    assert pair.flips == (Flip("b", "a", True),)


def test_means_are_of_the_items_that_have_a_value():
    first = [[1.0, 2.0, 3.0], [1.0, NAN, 3.0], [2.0, 3.0, 4.0]]
    assert found({"m": first, "n": [[1.0, 2.0, 3.0]] * 3}).pairs[0].tau_of_means == pytest.approx(1)


def test_a_tie_is_no_flip():
    assert found({"m": [[0.0, 1.0]] * 9, "n": [[1.0, 1.0]] * 9}).pairs[0].flips == ()


def test_items_that_agree_make_a_metric_consistent_and_noise_does_not():
    order = torch.arange(4.0).double()
    steady, noise = (found({"m": table}).consistency[0] for table in (order.expand(20, 4), normal(200, 4)))
    assert (steady.tau, steady.w, steady.interval) == (pytest.approx(1), pytest.approx(1), pytest.approx((1, 1)))
    assert steady.w_by_chance == 1 / 20
    assert abs(noise.tau) < 0.02
    assert noise.interval[0] < 0 < noise.interval[1]
    assert noise.w < 0.02


def test_between_agreement_and_noise_consistency_lies_between():
    table = torch.arange(4.0).double() + normal(60, 4)
    one = found({"m": table}).consistency[0]
    assert 0.3 < one.interval[0] < one.tau < one.interval[1] < 0.9
    assert one.tau < one.w < 1


@pytest.mark.parametrize("table", [[[1.0], [2.0]], [[1.0, 2.0]], [[NAN, NAN], [NAN, NAN]]])
def test_one_method_one_item_or_no_value_make_no_statement(table):
    one = found({"m": table, "n": table})
    assert math.isnan(one.consistency[0].tau)
    assert math.isnan(one.consistency[0].w)
    assert all(map(math.isnan, one.consistency[0].interval))
    assert math.isnan(one.pairs[0].interval[0])


def test_only_methods_that_both_metrics_could_judge_are_compared():
    first = torch.tensor([[1.0, 2.0, 3.0]] * 5)
    second = torch.tensor([[1.0, 2.0, NAN]] * 5)
    pair = found({"m": first, "n": second}).pairs[0]
    assert (pair.methods, pair.tau_of_items, pair.items) == (2, pytest.approx(1), 5)
