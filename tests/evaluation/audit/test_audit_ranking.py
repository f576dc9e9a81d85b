import pytest
import torch
from planned_rows import NAN, judge, normal, plan, rows

from xaivision.core.scores import Scores
from xaivision.evaluation.audit.item_values import item_values
from xaivision.evaluation.audit.ranking import Ranking, rankings


def ranked(made, of) -> Ranking:
    (found,) = rankings(item_values(made), of)
    return found


def chain() -> Ranking:
    """Four methods a step apart with a scatter such that neighbors cannot be told apart, and everybody else can."""
    scatter = normal(40, 4, seed=2)
    made = [row for place, label in enumerate("abcd") for row in rows(label, (0.4 * place + scatter[:, place]).tolist())]
    return ranked(made, plan(["a", "b", "c", "d"]))


def test_methods_are_ordered_by_their_means_in_the_direction_that_is_better():
    made = rows("a", [0.1, 0.3]) + rows("b", [0.6, 0.8]) + rows("c", [0.4, 0.4]) + rows("d", [NAN, NAN])
    higher, lower = (ranked(made, plan("abcd", judges={"m": judge(higher=turned)})) for turned in (True, False))
    assert higher.methods == ("b", "c", "a")
    assert higher.means == pytest.approx((0.7, 0.4, 0.2))
    assert higher.unranked == ("d",)
    assert lower.methods == ("a", "c", "b")


def test_two_methods_are_compared_two_sided_over_the_items_that_both_have():
    made = rows("a", [0.1, 0.2, 0.3, 0.4, 9.0]) + rows("b", [0.5, 0.7, 0.6, 0.9, NAN])
    found = ranked(made, plan("ab", judges={"m": judge(higher=False)})).pair("a", "b")
    gains = torch.tensor([0.4, 0.5, 0.3, 0.5], dtype=torch.float64)
    assert found.mean == pytest.approx(0.425)
    assert found.interval == pytest.approx(Scores("m", "a", gains, True).interval())
    assert (found.items, found.p, found.clear) == (4, 2 / 16, False)


def test_methods_are_told_apart_by_an_interval_beside_zero_as_well_as_a_small_p_value():
    """One item of nine has all of the gain."""
    found = ranked(rows("a", [0.01] * 8 + [5.0]) + rows("b", [0.0] * 9), plan("ab")).pair("a", "b")
    assert found.p == 2 * 2**-9
    assert found.interval[0] < 0
    assert not found.clear
    assert not found.turned().clear


def test_methods_that_are_the_same_but_for_rounding_share_one_group():
    """Four exact methods, each always a little nearer to 1 than the next, as their sums happen to round."""
    near = {"a": 0.0, "b": 3e-15, "c": 8e-15, "d": 2e-14}
    made = [row for label, gap in near.items() for row in rows(label, (1 - gap * (1 + normal(40).abs())).tolist())]
    found = ranked(made, plan("abcd"))
    assert [(pair.mean, pair.p, pair.interval) for pair in found.pairs] == [(0, 1, (0, 0))] * 6
    assert len(found.groups) == 1
    gaps = [row for label, gap in near.items() for row in rows(label, [1e9 * (gap + 1e-15)] * 40)]
    assert len(ranked(gaps, plan("abcd", judges={"m": judge(higher=False)})).groups) == 4
    assert len(ranked(gaps, plan("abcd", judges={"m": judge(higher=False, finest=1e-4)})).groups) == 1


def test_a_pair_is_the_same_from_its_other_side():
    found = ranked(rows("a", normal(9).tolist()) + rows("b", normal(9, seed=1).tolist()), plan("ab"))
    one, other = found.pair("a", "b"), found.pair("b", "a")
    assert one.turned() == other
    assert other.mean == -one.mean
    assert other.interval == (-one.interval[1], -one.interval[0])
    assert found.pair("a", "c") is None


def test_all_pairs_of_a_metric_are_adjusted_together():
    made = rows("a", [3.0] * 6) + rows("b", [2.0] * 6) + rows("c", [1.0] * 6)
    found = ranked(made, plan("abc"))
    assert [pair.p_alone for pair in found.pairs] == [2 * 2**-6] * 3
    assert [pair.p for pair in found.pairs] == [6 * 2**-6] * 3
    assert found.groups == (("a", "b", "c"),)
    apart = ranked(rows("a", [3.0] * 9) + rows("b", [2.0] * 9) + rows("c", [1.0] * 9), plan("abc"))
    assert apart.groups == (("a",), ("b",), ("c",))
    assert [apart.letters(label) for label in "abc"] == ["a", "b", "c"]
    assert apart.like("b") == ()


def test_metrics_are_families_of_their_own():
    one = [row for place, label in enumerate("abc") for row in rows(label, normal(9, 3)[:, place].tolist(), "m")]
    other = [row for place, label in enumerate("abc") for row in rows(label, [float(place)] * 9, "n")]
    together = rankings(item_values(one + other), plan("abc", judges={"m": judge(), "n": judge(higher=False)}))
    assert together[0] == ranked(one, plan("abc"))
    assert together[1] == ranked(other, plan("abc", judges={"n": judge(higher=False)}))
    assert together[1].methods == ("a", "b", "c")


def test_what_cannot_be_told_apart_does_not_carry_over_and_groups_overlap():
    found = chain()
    assert found.methods == ("d", "c", "b", "a")
    assert found.groups == (("d", "c"), ("c", "b"), ("b", "a"))
    assert found.like("c") == ("d", "b")
    assert [found.letters(label) for label in found.methods] == ["a", "ab", "bc", "c"]


def test_two_methods_share_a_group_exactly_where_they_are_not_told_apart():
    scatter = normal(10, 7, seed=8)
    made = [row for place in range(7) for row in rows(str(place), (0.3 * place + scatter[:, place]).tolist())]
    found = ranked(made, plan([str(place) for place in range(7)]))
    assert 0 < sum(pair.clear for pair in found.pairs) < len(found.pairs)
    for pair in found.pairs:
        assert any({pair.first, pair.second} <= set(group) for group in found.groups) != pair.clear


def test_methods_that_share_no_item_cannot_be_told_apart():
    found = ranked(rows("a", [1.0] * 9 + [NAN] * 9) + rows("b", [NAN] * 9 + [0.0] * 9), plan("ab"))
    assert found.groups == (("a", "b"),)
    assert found.pair("a", "b").items == 0


def test_one_method_is_a_ranking_of_one_and_none_of_none():
    alone = ranked(rows("a", [1.0, 2.0]), plan("a"))
    assert (alone.methods, alone.groups, alone.pairs) == (("a",), (("a",),), ())
    nobody = ranked(rows("a", [NAN]), plan("a"))
    assert (nobody.methods, nobody.groups, nobody.unranked) == ((), (), ("a",))
