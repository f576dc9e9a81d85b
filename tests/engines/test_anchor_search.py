"""Bounds of a chance, rows that meet conditions, and the search for the rule that covers most."""

from math import exp, log

import pytest
import torch

from xaivision.engines.rules import anchor_search, conjunctions, kl_bounds, table_conditions, table_cuts, tally


def number(value):
    return torch.tensor([value], dtype=torch.float64)


def check_bounds_of_a_sure_share_are_known_in_closed_form():
    """Without a miss in n draws the divergence is -log of the chance: the bound is exp(-level)."""
    level = log(1 / 0.05) / 100
    assert kl_bounds.lower_bound(number(1.0), number(level)).item() == pytest.approx(exp(-level), abs=1e-6)
    assert kl_bounds.upper_bound(number(0.0), number(level)).item() == pytest.approx(1 - exp(-level), abs=1e-6)
    assert kl_bounds.upper_bound(number(1.0), number(level)).item() == pytest.approx(1)


def test_bounds_of_a_sure_share_are_known_in_closed_form():
    check_bounds_of_a_sure_share_are_known_in_closed_form()


def check_bounds_hold_as_often_as_they_say():
    draws = torch.rand(2000, 200, generator=torch.Generator().manual_seed(0), dtype=torch.float64) < 0.8
    low = kl_bounds.lower_bound(draws.double().mean(1), torch.full((2000,), log(1 / 0.05) / 200, dtype=torch.float64))
    assert 0.95 <= float((low <= 0.8).double().mean()) <= 0.995
    assert 0.7 < low.mean() < 0.78


def test_bounds_hold_as_often_as_they_say():
    check_bounds_hold_as_often_as_they_say()


def check_exploration_is_that_of_the_paper_and_grows():
    level = log(405.5 * 10 * 3**1.1 / 0.05)
    assert kl_bounds.exploration(10, 3, 0.05) == pytest.approx(level + log(level))


def test_exploration_is_that_of_the_paper_and_grows():
    check_exploration_is_that_of_the_paper_and_grows()


BACKGROUND = torch.stack([torch.arange(100.0), torch.arange(100.0) % 4, torch.zeros(100)], 1)


def check_conditions_are_met_by_the_row_and_not_by_all():
    row = torch.tensor([60.0, 2.0, 0.0])
    found = table_conditions.conditions_of(row, BACKGROUND, [[49.5, 24.75, 74.25, 49.5], [], [0.0]], [1])
    assert [(one.column, one.low, one.high) for one in found] == [
        (0, 24.75, torch.inf),
        (0, 49.5, torch.inf),
        (0, -torch.inf, 74.25),
        (1, 1.5, 2.5),
    ]
    assert all(bool(one.holds(row.double()[one.column])) for one in found)


def test_conditions_are_met_by_the_row_and_not_by_all():
    check_conditions_are_met_by_the_row_and_not_by_all()


def check_drawn_rows_meet_the_conditions_and_keep_the_rest():
    conditions = [table_conditions.Bounds(0, 49.5, torch.inf), table_conditions.Bounds(0, -torch.inf, 74.25)]
    rows = table_conditions.rows_that_meet(conditions, BACKGROUND, BACKGROUND[60], 2000, torch.Generator().manual_seed(0))
    assert float(rows[:, 0].min()) == 50
    assert float(rows[:, 0].max()) == 74
    assert torch.allclose(torch.bincount(rows[:, 1].long()) / 2000, torch.full((4,), 0.25), atol=0.04)
    kept = table_conditions.rows_that_meet([], BACKGROUND, BACKGROUND[0], 500, torch.Generator().manual_seed(0))
    assert bool((kept[:, 0] % 4 == kept[:, 1]).all())  # whole rows, where nothing is asked


def test_drawn_rows_meet_the_conditions_and_keep_the_rest():
    check_drawn_rows_meet_the_conditions_and_keep_the_rest()


def check_a_condition_no_known_value_meets_takes_the_rows_own():
    condition = table_conditions.Bounds(0, 200, 300)
    rows = table_conditions.rows_that_meet([condition], BACKGROUND, torch.tensor([250.0, 0, 0]), 5, torch.Generator())
    assert rows[:, 0].tolist() == [250.0] * 5


def test_a_condition_no_known_value_meets_takes_the_rows_own():
    check_a_condition_no_known_value_meets_takes_the_rows_own()


def check_many_conjunctions_are_drawn_at_once_each_for_itself():
    values = table_conditions.KnownValues(BACKGROUND, BACKGROUND[60])
    low, high = table_conditions.Bounds(0, -torch.inf, 24.75), table_conditions.Bounds(0, 74.25, torch.inf)
    rows = values.drawn(
        [[low], [], [high, table_conditions.Bounds(1, 1.5, 2.5)]], [300, 200, 400], torch.Generator().manual_seed(0)
    )
    first, free, last = rows.split([300, 200, 400])
    assert (float(first[:, 0].min()), float(first[:, 0].max())) == (0, 24)
    assert float(free[:, 0].max()) > 90 > 10 > float(free[:, 0].min())
    assert (float(last[:, 0].min()), float(last[:, 0].max())) == (75, 99)
    assert bool((last[:, 1] == 2).all())
    # Where nothing is asked of a column, all of them start from the same known rows.
    assert torch.equal(free[:, 1], first[:200, 1])
    # What is drawn to fit is drawn evenly from what fits: 75 of 100 rows are replaced by one of 25 values.
    counts = torch.bincount(first[:, 0].long(), minlength=25)
    assert float(counts.double().std()) < 3 * 12**0.5


def test_many_conjunctions_are_drawn_at_once_each_for_itself():
    check_many_conjunctions_are_drawn_at_once_each_for_itself()


# Eight cases by three facts, each true of half of them; the prediction holds where both of the first two are true.
FACTS = conjunctions.Conjunctions(torch.tensor([[case >> fact & 1 for case in range(8)] for fact in range(3)]).bool(), range(3))
PRECISION = {(): 0.25, (0,): 0.5, (1,): 0.5, (2,): 0.25, (0, 1): 1.0, (0, 2): 0.5, (1, 2): 0.5, (0, 1, 2): 1.0}


def trial(precision, seed=0):
    draw = torch.Generator().manual_seed(seed)

    def ask(anchors, counts):
        draws = [torch.rand(count, generator=draw, dtype=torch.float64) for count in counts]
        held = torch.stack([(one < precision[anchor]).sum() for one, anchor in zip(draws, anchors, strict=True)]).double()
        return tally.Outcome(held, held)

    return ask


def check_the_rule_that_holds_and_covers_most_is_found():
    found = anchor_search.best_anchor(FACTS, trial(PRECISION), anchor_search.Plan())
    assert found.anchor == (0, 1)
    assert found.sure
    assert found.draws < 20_000


def test_the_rule_that_holds_and_covers_most_is_found():
    check_the_rule_that_holds_and_covers_most_is_found()


def check_what_is_next_to_the_threshold_is_not_taken_for_sure():
    precision = {**PRECISION, (0, 1): 0.88, (0, 1, 2): 0.88}
    found = [anchor_search.best_anchor(FACTS, trial(precision, seed), anchor_search.Plan()) for seed in range(10)]
    assert not any(one.sure for one in found)
    assert {one.anchor for one in found} <= {(0, 1), (0, 1, 2)}


def test_what_is_next_to_the_threshold_is_not_taken_for_sure():
    check_what_is_next_to_the_threshold_is_not_taken_for_sure()


def check_what_seemed_to_hold_must_hold_on_new_draws():
    """Of the many looks at a rule one nearly always says 95 %, where it holds in 93 %."""
    precision = {**PRECISION, (0, 1): 0.93, (0, 1, 2): 0.93}
    found = [anchor_search.best_anchor(FACTS, trial(precision, seed), anchor_search.Plan()) for seed in range(20)]
    assert sum(one.sure for one in found) <= 2


def test_what_seemed_to_hold_must_hold_on_new_draws():
    check_what_seemed_to_hold_must_hold_on_new_draws()


def check_a_share_alone_proves_nothing():
    """Of 1000 draws 955 held: that does not make sure of 94 %, as it does of 90 %."""

    def ask(anchors, counts):
        shares = torch.tensor([0.955 if 0 in anchor else 0.5 for anchor in anchors], dtype=torch.float64)
        held = shares * torch.tensor(counts, dtype=torch.float64)
        return tally.Outcome(held, held)

    one = conjunctions.Conjunctions(torch.tensor([[True, False]]), [0])
    found = anchor_search.best_anchor(one, ask, anchor_search.Plan())
    assert (found.anchor, found.sure, found.tried) == ((0,), True, 2)
    search = anchor_search._widest(tally.Tally(10_000), one, [(0,)], anchor_search.Plan(slack=0.01))
    assert answered(search, ask) is None


def check_a_proof_takes_no_more_draws_than_are_left():
    """Of ten draws that all hold no rule is sure; nothing is drawn once all are used up."""
    one = conjunctions.Conjunctions(torch.tensor([[True, False]]), [0])
    always = trial({(): 1.0, (0,): 1.0})
    for used, sure in ((0, True), (890, True), (990, False), (1000, False)):
        counted = tally.Tally(1000)
        if used:
            answered(counted.draws_of([()], used), always)
        found = answered(anchor_search._widest(counted, one, [(0,)], anchor_search.Plan(most_draws=1000)), always)
        assert (found == (0,)) == sure
        assert counted.draws == 1000


def test_a_proof_takes_no_more_draws_than_are_left():
    check_a_proof_takes_no_more_draws_than_are_left()


def test_a_share_alone_proves_nothing():
    check_a_share_alone_proves_nothing()


def check_what_is_just_above_the_threshold_is_found_nearly_always():
    """A first share below the threshold is no reason to give a rule up: the published rule does."""
    precision = {**PRECISION, (0, 1): 0.957, (0, 1, 2): 0.5}
    found = [anchor_search.best_anchor(FACTS, trial(precision, seed), anchor_search.Plan()) for seed in range(40)]
    assert sum(one.sure for one in found) >= 36


def test_what_is_just_above_the_threshold_is_found_nearly_always():
    check_what_is_just_above_the_threshold_is_found_nearly_always()


def check_no_condition_is_asked_for_where_none_is_needed():
    always = dict.fromkeys(PRECISION, 1.0)
    assert anchor_search.best_anchor(FACTS, trial(always), anchor_search.Plan()).anchor == ()


def test_no_condition_is_asked_for_where_none_is_needed():
    check_no_condition_is_asked_for_where_none_is_needed()


def check_of_two_that_hold_the_one_that_covers_more_is_taken():
    wide = conjunctions.Conjunctions(torch.tensor([[True] * 6 + [False] * 2, [True] * 2 + [False] * 6]), [0, 1])
    precision = {(): 0.5, (0,): 0.99, (1,): 1.0, (0, 1): 1.0}
    assert anchor_search.best_anchor(wide, trial(precision), anchor_search.Plan()).anchor == (0,)


def test_of_two_that_hold_the_one_that_covers_more_is_taken():
    check_of_two_that_hold_the_one_that_covers_more_is_taken()


def check_only_the_best_go_on():
    chances = {(number,): number / 10 for number in range(10)}
    counted = tally.Tally(10_000)
    search = anchor_search._most_promising(counted, list(chances), anchor_search.Plan(beam=2))
    answered(counted.draws_of(list(chances), 100), trial(chances))
    assert sorted(answered(search, trial(chances))) == [(8,), (9,)]


def answered(search, ask):
    """What a search ends with."""
    try:
        wanted = next(search)
        while True:
            wanted = search.send(ask(*zip(*wanted, strict=True)))
    except StopIteration as end:
        return end.value


def test_only_the_best_go_on():
    check_only_the_best_go_on()


def check_a_condition_that_is_not_needed_is_left_out_again():
    """Alone neither of the first two helps; the third helps at once and is not needed beside them."""
    precision = {(): 0.1, (0,): 0.1, (1,): 0.1, (2,): 0.6, (0, 2): 0.8, (1, 2): 0.8, (0, 1): 1.0, (0, 1, 2): 1.0}
    found = anchor_search.best_anchor(FACTS, trial(precision), anchor_search.Plan(beam=1))
    assert found.anchor == (0, 1)


def test_a_condition_that_is_not_needed_is_left_out_again():
    check_a_condition_that_is_not_needed_is_left_out_again()


def check_a_condition_that_need_not_be_so_strict_is_made_weaker():
    """Above 75 or above 25 of a hundred: both hold, and the stricter one leans more to the prediction."""
    above = conjunctions.Conjunctions(torch.arange(100) > torch.tensor([[75], [25]]), [0, 0])
    assert above.loosened((0,)) == [(), (1,)]
    counted = tally.Tally(10_000)
    ask = trial({(): 0.2, (0,): 1.0, (1,): 0.99})
    assert answered(anchor_search._loosened(counted, above, (0,), anchor_search.Plan()), ask) == (1,)


def test_a_condition_that_need_not_be_so_strict_is_made_weaker():
    check_a_condition_that_need_not_be_so_strict_is_made_weaker()


def check_the_search_goes_where_cases_lean_while_no_share_moves():
    """A vote of 16 conditions in which 7 of the last 8 decide: six of them hold as little as none."""
    votes = conjunctions.Conjunctions(torch.rand(16, 400, generator=torch.Generator().manual_seed(0)) < 0.8, range(16))

    def ask(anchors, counts):
        voted = torch.tensor([sum(one >= 8 for one in anchor) for anchor in anchors], dtype=torch.float64)
        each = torch.tensor(counts, dtype=torch.float64)
        return tally.Outcome((voted >= 7) * each, (0.1 + 0.1 * voted) * each)

    found = anchor_search.best_anchor(votes, ask, anchor_search.Plan())
    assert found.sure
    assert len([one for one in found.anchor if one >= 8]) == len(found.anchor) == 7
    assert found.draws < 20_000


def test_the_search_goes_where_cases_lean_while_no_share_moves():
    check_the_search_goes_where_cases_lean_while_no_share_moves()


def check_a_rule_that_holds_does_not_end_the_search_for_those_that_cover_more():
    """The third fact alone holds and covers little; two of the others hold together and cover more."""
    covered = torch.tensor([[True] * 8 + [False] * 2, [True] * 7 + [False] * 3, [True] * 2 + [False] * 8])
    precision = {(): 0.3, (0,): 0.6, (1,): 0.5, (2,): 1.0, (0, 1): 1.0, (0, 2): 1.0, (1, 2): 1.0, (0, 1, 2): 1.0}
    plan = anchor_search.Plan(beam=1)
    assert anchor_search.best_anchor(conjunctions.Conjunctions(covered, range(3)), trial(precision), plan).anchor == (0, 1)


def test_a_rule_that_holds_does_not_end_the_search_for_those_that_cover_more():
    check_a_rule_that_holds_does_not_end_the_search_for_those_that_cover_more()


def check_columns_are_cut_where_the_scores_change():
    """The score of the second class steps up at 89.5 and nowhere else; the second column tells nothing of it."""
    rows = torch.stack([torch.arange(100.0), torch.arange(100.0) % 4], 1)
    steps = (rows[:, 0] > 89.5).float()
    first, second = table_cuts.column_cuts(rows, torch.stack([1 - steps, steps], 1))
    assert first == [24.75, 49.5, 74.25, 89.5]
    assert second[:3] == [0.75, 1.5, 2.25]


def test_columns_are_cut_where_the_scores_change():
    check_columns_are_cut_where_the_scores_change()


def test_a_column_of_one_value_is_cut_nowhere_else():
    assert table_cuts.column_cuts(torch.ones(30, 1), torch.rand(30, 2)) == [[1.0, 1.0, 1.0]]


def check_without_a_sure_rule_the_best_that_is_known_for_sure_is_told():
    """Of many rules with few draws one always looks better than it is."""
    many = conjunctions.Conjunctions(torch.rand(60, 400, generator=torch.Generator().manual_seed(0)) < 0.6, range(60))
    chance = lambda anchor: 0.62 if 7 in anchor else 0.45  # noqa: E731
    draw = torch.Generator().manual_seed(1)

    def ask(anchors, counts):
        draws = [torch.rand(count, generator=draw) for count in counts]
        held = torch.stack([(one < chance(anchor)).sum() for one, anchor in zip(draws, anchors, strict=True)]).double()
        return tally.Outcome(held, held)

    known = [chance(anchor_search.best_anchor(many, ask, anchor_search.Plan(most_draws=4000)).anchor) for _ in range(5)]
    assert sum(known) >= 0.62 * 4 + 0.45


def test_without_a_sure_rule_the_best_that_is_known_for_sure_is_told():
    check_without_a_sure_rule_the_best_that_is_known_for_sure_is_told()


def check_draws_end():
    calls = []

    def ask(anchors, counts):
        calls.extend(counts)
        assert sum(calls) < 10_000
        held = torch.tensor([0.95 * count for count in counts], dtype=torch.float64)
        return tally.Outcome(held, held)

    assert not anchor_search.best_anchor(FACTS, ask, anchor_search.Plan(most_draws=3000, slack=1e-6)).sure


def test_draws_end():
    check_draws_end()


def test_coverage_falls_with_every_condition():
    assert [FACTS.coverage(one) for one in ((), (0,), (0, 1), (0, 1, 2))] == [1, 0.5, 0.25, 0.125]


def check_a_stricter_condition_takes_the_place_of_a_weaker_one():
    above = torch.arange(100) > torch.tensor([[25], [50], [75]])
    both = conjunctions.Conjunctions(torch.cat([above, above[:1]]), [0, 0, 0, 1])  # the last one is about another column
    assert both.grown([(0,)], 6) == [(0, 3), (1,), (2,)]
    assert both.grown([(1,)], 6) == [(1, 3), (2,)]
    assert both.grown([(0, 3)], 2) == [(1, 3), (2, 3)]
    assert both.grown([(2, 3)], 1) == []


def test_a_stricter_condition_takes_the_place_of_a_weaker_one():
    check_a_stricter_condition_takes_the_place_of_a_weaker_one()


def check_the_more_rules_there_were_the_more_draws_one_needs_to_seem_precise():
    """One of sixty holds in 97 of 100 cases and leans most: that it holds in 90 must be sure beside all others."""
    many, plan, asked = conjunctions.Conjunctions(torch.eye(60, 400).bool(), range(60)), anchor_search.Plan(beam=1), []

    def ask(anchors, counts):
        asked.extend(zip(anchors, counts, strict=True))
        best = torch.tensor([anchor == (7,) for anchor in anchors], dtype=torch.float64)
        each = torch.tensor(counts, dtype=torch.float64)
        return tally.Outcome((0.5 + 0.47 * best) * each, best * each)

    assert anchor_search.best_anchor(many, ask, plan).anchor == (7,)
    mine = [count for anchor, count in asked if anchor == (7,)]
    before = sum(mine[: mine.index(anchor_search.PROOF)])
    needed = log(60 / plan.delta) / float(kl_bounds.divergence(number(0.97), number(plan.threshold - plan.slack)))
    assert needed <= before < needed + plan.batch


def test_the_more_rules_there_were_the_more_draws_one_needs_to_seem_precise():
    check_the_more_rules_there_were_the_more_draws_one_needs_to_seem_precise()
