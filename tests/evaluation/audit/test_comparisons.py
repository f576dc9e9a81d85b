import math

import pytest
import torch
from planned_rows import NAN, chance_rows, judge, normal, plan, rows

from xaivision.core.scores import Scores
from xaivision.evaluation.audit.comparisons import comparisons, family
from xaivision.evaluation.audit.item_values import item_values


def one(made, of):
    (found,) = comparisons(item_values(made), of)
    return found


def test_a_control_is_beaten_by_the_mean_gain_with_its_bootstrap_interval_and_the_share_of_signs():
    found = one(rows("a", [0.5, 0.7, 0.9, 0.8]) + rows("c", [0.4, 0.5, 0.6, 0.9]), plan(["a"], ["c"]))
    gains = torch.tensor([0.1, 0.2, 0.3, -0.1], dtype=torch.float64)
    assert (found.metric, found.method, found.opponent, found.items, found.left_out, found.draws) == ("m", "a", "c", 4, 0, 0)
    assert found.mean == pytest.approx(0.125)
    assert found.interval == pytest.approx(Scores("m", "a", gains, True).interval())
    # Of the 16 sums three are as large: all positive, -0.1 as it is, and 0.1 turned in its place.
    assert found.p == found.p_alone == 3 / 16
    assert not found.better


def test_where_lower_is_better_gains_are_turned():
    made = rows("a", [0.1] * 8) + rows("c", [0.4] * 8)
    lower = one(made, plan(["a"], ["c"], judges={"m": judge(higher=False)}))
    higher = one(made, plan(["a"], ["c"]))
    assert lower.mean == pytest.approx(0.3)
    assert higher.mean == pytest.approx(-0.3)
    assert (lower.p, higher.p) == (2**-8, 1)
    assert (lower.p_worse, higher.p_worse) == (1, 2**-8)
    assert (lower.better, lower.worse) == (True, False)
    assert (higher.better, higher.worse) == (False, True)


def test_clearly_takes_an_interval_beside_zero_as_well_as_a_small_p_value():
    """One item of seven has all of the gain: every sign the other way makes it smaller, and yet the mean says little."""
    for side in (1, -1):
        found = one(rows("a", [0.01 * side] * 6 + [5.0 * side]) + rows("c", [0.0] * 7), plan(["a"], ["c"]))
        assert (found.p if side == 1 else found.p_worse) == 2**-7
        assert found.interval[0] < 0 < found.interval[1]
        assert not found.better
        assert not found.worse


def test_worse_is_claimed_on_no_fewer_items_than_better_could_be():
    for count in range(2, 8):
        leads = [
            one(rows("a", [side] * count) + rows("c", [0.1 * number for number in range(count)]), plan(["a"], ["c"]))
            for side in (5.0, -5.0)
        ]
        assert leads[0].better == leads[1].worse == (count >= 5)
        assert leads[0].p == leads[1].p_worse == 2.0**-count


def test_the_smallest_p_value_that_drawn_signs_can_give_is_told_as_a_bound_on_either_side():
    for side in (1.0, -1.0):
        drawn, exact = (one(rows("a", [side] * count) + rows("c", [0.0] * count), plan(["a"], ["c"])) for count in (20, 16))
        assert drawn.at_floor
        assert not exact.at_floor  # all signs were tried
        assert "upper bounds" in family([drawn])
        assert "upper bounds" not in family([exact])
    assert not one(rows("a", normal(20).tolist()) + rows("c", [0.0] * 20), plan(["a"], ["c"])).at_floor


def test_what_is_the_same_but_for_rounding_is_neither_better_nor_worse():
    values = normal(40).abs() + 0.25
    for share in (1e-15, -2e-14, 3e-7, -3e-7):
        made = rows("a", values.tolist()) + rows("c", (values * (1 + share)).tolist())
        same = one(made, plan(["a"], ["c"]))
        assert (same.mean, same.interval, same.p, same.p_worse) == (0, (0, 0), 1, 1)
        drawn = rows("a", values.tolist()) + chance_rows("c", (values * (1 + share))[:, None].expand(40, 10))
        assert one(drawn, plan(["a"], chance=["c"])).p == 1
    assert one(rows("a", values.tolist()) + rows("c", (values * (1 - 1e-5)).tolist()), plan(["a"], ["c"])).better
    gaps = rows("a", (1e-8 * values).tolist()) + rows("c", (4e-7 * values).tolist())
    assert one(gaps, plan(["a"], ["c"], judges={"m": judge(higher=False)})).better
    assert not one(gaps, plan(["a"], ["c"], judges={"m": judge(higher=False, finest=1e-5)})).better


def test_items_without_a_value_on_both_sides_are_left_out_and_counted():
    full = one(rows("a", [0.9] * 6) + rows("c", [0.1] * 6), plan(["a"], ["c"]))
    holes = one(rows("a", [0.9] * 6 + [NAN, 5.0]) + rows("c", [0.1] * 6 + [7.0, NAN]), plan(["a"], ["c"]))
    assert (holes.mean, holes.interval, holes.p) == (full.mean, full.interval, full.p)
    assert (holes.items, holes.left_out) == (6, 2)


def test_nothing_in_common_is_no_finding_and_no_test():
    made = rows("a", [1.0, NAN]) + rows("b", [0.1, 0.2]) + rows("c", [NAN, 1.0])
    nothing, tested = comparisons(item_values(made), plan(["a", "b"], ["c"]))
    assert math.isnan(nothing.p)
    assert not nothing.better
    assert (nothing.items, tested.items) == (0, 1)
    assert tested.p == tested.p_alone
    assert "1 comparison had no item" in family((nothing, tested))


def test_nothing_in_common_with_draws_of_chance_is_no_finding_either():
    draws = normal(2, 10)
    draws[0, 3] = NAN
    found = one(rows("a", [1.0, NAN]) + chance_rows("c", draws), plan(["a"], chance=["c"]))
    assert found.items == 0
    assert all(map(math.isnan, (found.p, found.p_alone, found.p_worse, *found.interval)))
    assert not found.better
    assert not found.worse


def test_the_reversal_is_a_control_where_it_was_judged():
    made = rows("a", [0.9] * 6) + rows("a", [0.1] * 6, variant="reversed") + rows("b", [0.3] * 6)
    found = comparisons(item_values(made), plan(["a", "b"]))
    assert [(each.method, each.opponent) for each in found] == [("a", "reversed")]
    assert found[0].mean == pytest.approx(0.8)
    assert found[0].better


def test_one_to_four_items_claim_nothing_and_say_why():
    for count in range(1, 5):
        found = one(rows("a", [0.9] * count) + rows("c", [0.1] * count), plan(["a"], ["c"]))
        assert found.p == 2.0**-count
        assert not found.better
        assert f"cannot give a p-value below {2.0**-count:.2g}" in found.note
    enough = one(rows("a", [0.9] * 5) + rows("c", [0.1] * 5), plan(["a"], ["c"]))
    assert enough.better
    assert enough.note == ""


def test_all_comparisons_of_the_audit_are_adjusted_together():
    made = rows("a", [0.9] * 6) + rows("b", [0.5] * 6) + rows("c", [0.1] * 6) + rows("d", [0.6] * 6)
    found = comparisons(item_values(made), plan(["a", "b"], ["c", "d"]))
    assert [each.p_alone for each in found] == [2**-6, 2**-6, 2**-6, 1]
    assert [each.p for each in found] == [4 * 2**-6, 4 * 2**-6, 4 * 2**-6, 1]
    assert not any(each.better for each in found)
    told = family(found)
    assert told.startswith("4 comparisons")
    assert "With 6 items no p-value can be small enough" in told
    assert "no p-value can be small enough" not in family(found[:1])


def test_the_same_gain_that_is_clear_over_a_fixed_map_is_not_clear_over_a_draw_of_chance_that_scatters_as_much():
    own = 0.6 + 0.01 * normal(30, 1)[:, 0]
    luck = 0.1 * normal(10, seed=1)
    draws = 0.5 + (luck - luck.mean())[None] + 0.01 * normal(30, 10, seed=2)
    over_mean = one(rows("a", own.tolist()) + rows("c", draws.mean(1).tolist()), plan(["a"], ["c"]))
    over_draws = one(rows("a", own.tolist()) + chance_rows("c", draws), plan(["a"], chance=["c"]))
    assert over_mean.better
    assert over_draws.mean == pytest.approx(over_mean.mean)
    assert over_draws.draws == 10
    assert not over_draws.better
    assert over_draws.interval[0] < 0 < over_mean.interval[0]


def test_against_chance_the_p_value_is_that_of_a_new_draw_by_the_t_distribution():
    import scipy.stats

    gains = torch.tensor([0.2, 0.3, 0.4, 0.25, 0.35], dtype=torch.float64)
    made = rows("a", [1.0] * 20) + chance_rows("c", (1 - gains).expand(20, 5))
    found = one(made, plan(["a"], chance=["c"]))
    spread = float(gains.std()) * (1 + 1 / 5) ** 0.5
    assert found.p_alone == pytest.approx(scipy.stats.t.sf(0.3 / spread, 4))
    assert found.interval == pytest.approx(scipy.stats.t.interval(0.95, 4, 0.3, spread))


def test_a_method_that_a_draw_comes_up_to_has_the_share_of_draws_for_a_p_value():
    draws = torch.cat([torch.full((20, 99), 0.1), torch.full((20, 1), 0.9)], 1).double()
    made = rows("a", [0.8] * 20) + chance_rows("c", draws)
    assert one(made, plan(["a"], chance=["c"])).p_alone == pytest.approx(2 / 101)


def test_an_item_on_which_one_draw_has_no_value_is_left_out():
    draws = 0.1 * normal(8, 10)
    holes = draws.clone()
    holes[2, 3] = NAN
    full = one(rows("a", [0.8] * 7) + chance_rows("c", draws[[0, 1, 3, 4, 5, 6, 7]]), plan(["a"], chance=["c"]))
    found = one(rows("a", [0.8] * 8) + chance_rows("c", holes), plan(["a"], chance=["c"]))
    assert (found.items, found.left_out) == (7, 1)
    assert (found.mean, found.p) == (pytest.approx(full.mean), pytest.approx(full.p))


def test_an_item_that_is_left_out_is_left_out_of_every_draw():
    draws = 0.2 + 0.02 * normal(8, 10)
    draws[2] = -30 * torch.arange(10.0)  # the luck of nine draws on one item, where the tenth has no value
    draws[2, 3] = NAN
    full = one(rows("a", [0.8] * 7) + chance_rows("c", draws[[0, 1, 3, 4, 5, 6, 7]]), plan(["a"], chance=["c"]))
    found = one(rows("a", [0.8] * 8) + chance_rows("c", draws), plan(["a"], chance=["c"]))
    assert found.interval == pytest.approx(full.interval)
    assert (found.p, found.items) == (full.p, 7)


def test_against_chance_worse_is_better_seen_from_the_other_side():
    scatter = 0.2 * normal(10)[None] + 0.05 * normal(20, 10, seed=3)
    for gain in (0.2, 0.5, 2.0):
        ahead = one(rows("a", [gain] * 20) + chance_rows("c", scatter), plan(["a"], chance=["c"]))
        behind = one(rows("a", [-gain] * 20) + chance_rows("c", -scatter), plan(["a"], chance=["c"]))
        assert behind.p_worse == pytest.approx(ahead.p)
        assert behind.p == pytest.approx(ahead.p_worse)
        assert (ahead.better, behind.worse) == (gain > 0.5, gain > 0.5)
        assert (ahead.worse, behind.better) == (False, False)


def test_draws_that_do_not_scatter_leave_the_test_over_items():
    made = rows("a", [0.8] * 6) + chance_rows("c", torch.full((6, 10), 0.25, dtype=torch.float64))
    assert one(made, plan(["a"], chance=["c"])).p == 2**-6
    worse = rows("a", [0.1] * 6) + chance_rows("c", torch.full((6, 10), 0.25, dtype=torch.float64))
    assert one(worse, plan(["a"], chance=["c"])).p == 1


def test_one_draw_of_chance_is_taken_as_it_is_and_that_is_said():
    found = one(rows("a", [0.8] * 6) + rows("c", [0.1] * 6), plan(["a"], chance=["c"]))
    assert found.draws == 1
    assert "luck of that draw" in found.note


def test_the_order_of_the_rows_changes_nothing():
    made = (
        rows("a", (normal(40) + 0.3).tolist()) + chance_rows("c", normal(40, 10, seed=5)) + rows("d", normal(40, seed=6).tolist())
    )
    of = plan(["a"], ["d"], ["c"])
    assert comparisons(item_values(made), of) == comparisons(item_values(made[::-1]), of)


def test_without_controls_nothing_is_compared():
    assert comparisons(item_values(rows("a", [1.0])), plan(["a"])) == ()
    assert family(()) == "Nothing was compared with a control."
