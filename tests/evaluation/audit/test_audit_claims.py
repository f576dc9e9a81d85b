"""Whether the audit's claims hold: on rows with planted truth, how often it is wrong, and how often it sees what is there.

A random map is one draw for all items, so that its luck is shared by them: a value is the item's own, plus the luck of the
draw, plus what this draw happens to be worth on this item.
"""

import pytest
import torch
from planned_rows import chance_rows, judge, normal, plan, rows

from xaivision.engines import paired_tests
from xaivision.evaluation.audit.comparisons import comparisons
from xaivision.evaluation.audit.findings import findings
from xaivision.evaluation.audit.item_values import item_values

LUCK, ITEM = 0.3, 1.0


@pytest.fixture(autouse=True)
def _fewer_signs(monkeypatch):
    """Enough for the level of 5 %, where there are too many items for all signs."""
    monkeypatch.setattr(paired_tests, "DRAWS", 1999)


def maps(items, count, seed, luck=None):
    """(items, count) values of so many random maps of independent luck."""
    drawn = LUCK * normal(count, seed=2 * seed) if luck is None else luck
    return drawn[None] + ITEM * normal(items, count, seed=2 * seed + 1)


def false_passes(trials, make):
    return sum(any(one.better_than_all for one in make(trial).found) for trial in range(trials)) / trials


def one_more_random_map(items, trial, luck=None):
    """An audit of one method that is a random map like the ten draws of the control."""
    values = maps(items, 11, trial, luck)
    made = rows("a", values[:, 0].tolist()) + chance_rows("c", values[:, 1:])
    return findings(made, plan(["a"], chance=["c"], seed=trial))


def noise(trials, share=0.05):
    return 3 * (share * (1 - share) / trials) ** 0.5


def test_a_random_map_passes_for_better_than_chance_at_most_once_in_twenty_times():
    trials = 400
    rate = false_passes(trials, lambda trial: one_more_random_map(12, trial))
    assert 0 < rate <= 0.05 + noise(trials)


def test_more_items_do_not_let_the_luck_of_a_draw_pass():
    trials = 150
    assert false_passes(trials, lambda trial: one_more_random_map(60, trial)) <= 0.05 + noise(trials)


def test_luck_of_any_shape_passes_at_most_once_in_eleven_times():
    trials = 400

    def skewed(trial):
        luck = 3 * normal(11, seed=5000 + trial).exp()
        return one_more_random_map(12, trial, luck)

    assert false_passes(trials, skewed) <= 1 / 11 + noise(trials, 1 / 11)


def test_what_is_no_better_than_a_fixed_control_passes_at_most_once_in_twenty_times():
    trials = 400

    def fixed(trial):
        values = maps(12, 2, trial, torch.zeros(2, dtype=torch.float64))
        made = rows("a", values[:, 0].tolist()) + rows("c", values[:, 1].tolist())
        return findings(made, plan(["a"], ["c"], seed=trial))

    assert false_passes(trials, fixed) <= 0.05 + noise(trials)


def test_in_an_audit_of_many_methods_and_metrics_even_one_false_better_or_worse_comes_in_one_of_twenty_audits():
    trials, metrics, methods = 80, ("m", "n", "o"), "vwxyz"

    def leads(trial):
        made = []
        for number, metric in enumerate(metrics):
            values = maps(11, 17, 1000 * (number + 1) + trial)
            made += chance_rows("c", values[:, :10], metric) + rows("d", values[:, 10].tolist(), metric)
            made += [row for place, label in enumerate(methods) for row in rows(label, values[:, 11 + place].tolist(), metric)]
        of = plan(methods, ["d"], ["c"], judges={metric: judge() for metric in metrics}, seed=trial)
        # The luck of the fixed control is real: only what is found against chance, and against its equals, is false.
        return [lead for one in findings(made, of).found for lead in one.comparisons if lead.opponent == "c"]

    audits = [leads(trial) for trial in range(trials)]
    for claims in ([[one.better for one in audit] for audit in audits], [[one.worse for one in audit] for audit in audits]):
        assert sum(map(any, claims)) / trials <= 0.05 + noise(trials)


def test_on_few_items_worse_is_as_rarely_false_as_better():
    trials = 120
    for items in (2, 5):
        drawn = [normal(items, 2, seed=trial).T.tolist() for trial in range(trials)]
        claims = [comparisons(item_values(rows("a", own) + rows("c", other)), plan(["a"], ["c"]))[0] for own, other in drawn]
        for side in ([one.better for one in claims], [one.worse for one in claims]):
            assert sum(side) / trials <= 0.05 + noise(trials)
        assert (sum(one.worse for one in claims) > 0) == (items >= 5)


@pytest.mark.parametrize(("items", "effect"), [(40, 1.6), (100, 1.2)])
def test_a_method_that_is_clearly_better_passes_in_four_of_five_audits_at_least(items, effect):
    """In audits of 24 comparisons, by so many standard deviations of items; of draws' means, it is 6.3 and 5.4 of them.

    Draws have a luck of 0.2, and their means that of the items besides.
    """
    trials, metrics, methods = 20, ("m", "n"), "wxyz"

    def passed(trial):
        made = []
        for number, metric in enumerate(metrics):
            values = maps(items, 16, 1000 * (number + 1) + trial, 0.2 * normal(16, seed=trial + 77 * number))
            made += chance_rows("c", values[:, :10], metric)
            made += rows("d", values[:, 10].tolist(), metric) + rows("e", values[:, 11].tolist(), metric)
            for place, label in enumerate(methods):
                made += rows(label, (values[:, 12 + place] + (effect if label == "w" else 0)).tolist(), metric)
        of = plan(methods, ["d", "e"], ["c"], judges={metric: judge() for metric in metrics}, seed=trial)
        return findings(made, of).of("m", "w").better_than_all

    assert sum(passed(trial) for trial in range(trials)) / trials >= 0.8
