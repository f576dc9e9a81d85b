"""The constraint that a counterfactual survives deletions, carried by every method of tables beside all other wishes."""

from time import perf_counter

import pytest
import torch
from lasting_tables import RIDGE, TABLES, linear_network, regression, tumors

from xaivision.core.errors import CapabilityError, InputError
from xaivision.engines.counterfactuals.deletion import fitted, influences, refitted, worst_deletion
from xaivision.explainers.counterfactuals import hunting
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.counterfactuals.face import Face
from xaivision.explainers.counterfactuals.genetic_counterfactuals import GeneticCounterfactuals
from xaivision.explainers.counterfactuals.gradient_counterfactuals import GradientCounterfactuals
from xaivision.explainers.counterfactuals.growing_spheres import GrowingSpheres
from xaivision.explainers.counterfactuals.nearest_unlike_neighbors import NearestUnlikeNeighbors
from xaivision.explainers.counterfactuals.random_counterfactuals import RandomCounterfactuals
from xaivision.explainers.counterfactuals.survives_deletion import SurvivesDeletion
from xaivision.explainers.counterfactuals.surviving import Surviving
from xaivision.explainers.counterfactuals.trained_regression import TrainedRegression
from xaivision.explainers.search_clock import Clock

KINDS = (RandomCounterfactuals, GeneticCounterfactuals, GradientCounterfactuals, GrowingSpheres, NearestUnlikeNeighbors, Face)
KINDS = (*KINDS, DecisionBoundary)
NAMES = {"ids": lambda kind: kind.about.name}
ALL = {"total_CFs": 1}


def subject(kind, rows, labels):
    return (linear_network if kind is GradientCounterfactuals else regression)(rows, labels)


def survived(found, rows, labels, lots):
    """Of what was found the share that survives random deletions, and whether each survives the worst one, by fitting again."""
    known = fitted(rows, 2.0 * labels - 1, RIDGE)
    points = known.standardized(found.counterfactuals[found.found])
    side = (2.0 * found.goals.double() - 1)[found.found.nonzero()[:, 0]]
    held = torch.stack([((points @ refitted(known, lot)) * side > 0).double().mean() for lot in lots])
    worst = worst_deletion(influences(known), side[:, None] * points, len(lots[0]))[1]
    return float(held.mean()), [float(s * (p @ refitted(known, lot))) > 0 for s, p, lot in zip(side, points, worst, strict=True)]


def random_lots(count, k, times=15):
    draws = torch.Generator().manual_seed(0)
    return [torch.randperm(count, generator=draws)[:k] for _ in range(times)]


@pytest.mark.parametrize("kind", KINDS, **NAMES)
def test_every_method_survives_the_worst_deletion_within_all_other_wishes(kind):
    rows, labels, asked, _ = tumors()
    asked, frozen, lots = asked[:5], [3, 5, 13], random_lots(len(rows), 2)
    free = [column for column in range(rows.shape[1]) if column not in frozen]
    wishes = {"one_way": {0: "up", 6: "down"}, "permitted_range": {1: [10.0, 30.0]}, "features_to_vary": free, **ALL}
    wishes |= {"posthoc_sparsity_param": None} if kind is Face else {}
    if kind is Face:  # it hands out whole known cases: nothing may be frozen
        wishes = ALL
    if kind is DecisionBoundary:
        wishes |= {"most_edits": 8, "samples": 4000}
    model = subject(kind, rows, labels)
    plain = kind(rows, **wishes).explain(model, asked)
    found = kind(rows, constraint=SurvivesDeletion(labels, RIDGE), **wishes).explain(model, asked)
    assert int(found.found.any(1).sum()) >= 3
    share, targeted = survived(found, rows, labels, lots)
    assert share >= 0.99
    assert all(targeted)
    if kind is not Face:  # known cases lie far over the border
        assert not all(survived(plain, rows, labels, lots)[1])
        ways, row = found.counterfactuals[found.found], asked[found.found.nonzero()[:, 0]]
        assert torch.equal(ways[:, frozen], row[:, frozen])
        assert bool((ways[:, 0] >= row[:, 0]).all())
        assert bool((ways[:, 6] <= row[:, 6]).all())
        assert bool(((ways[:, 1] == row[:, 1]) | ((ways[:, 1] >= 10) & (ways[:, 1] <= 30))).all())
    told = [note.text for note in found.diagnostics.notes if "survive" in note.text]
    assert len(told) == int(found.found.any(1).sum())
    assert all("the worst deletion of 2 training rows that is foreseen, carried out, which leaves " in text for text in told)
    assert all("the most dangerous rows are " in text for text in told)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [RandomCounterfactuals, GeneticCounterfactuals, GradientCounterfactuals], **NAMES)
@pytest.mark.parametrize("name", TABLES)
def test_on_real_tables_it_survives_where_the_plain_one_does_not(name, kind):
    rows, labels, asked, wishes = TABLES[name]()
    k = max(1, round(0.005 * len(rows)))
    model, lots = subject(kind, rows, labels), random_lots(len(rows), k)
    plain = kind(rows, **ALL, **wishes).explain(model, asked)
    found = kind(rows, constraint=SurvivesDeletion(labels, RIDGE), **ALL, **wishes).explain(model, asked)
    assert int(found.found.sum()) >= {RandomCounterfactuals: 0.4}.get(kind, 0.9) * len(asked)
    share, targeted = survived(found, rows, labels, lots)
    assert share >= 0.99
    assert all(targeted)
    assert sum(survived(plain, rows, labels, lots)[1]) <= 0.3 * int(plain.found.sum())
    frozen = sorted(set(range(rows.shape[1])) - set(wishes.get("features_to_vary", range(rows.shape[1]))))
    assert torch.equal(found.counterfactuals[:, 0][:, frozen], asked[:, frozen])


def test_the_slack_is_what_the_worst_rows_leave_less_the_margin_and_its_slope_is_that_of_its_tangent():
    rows, labels, asked, _ = tumors()
    known = fitted(rows, 2.0 * labels - 1, RIDGE)
    asks = Surviving(TrainedRegression(known), rows, 2, 0.25).requirement(0, 0)
    points, effects = known.standardized(asked), influences(known)
    changes = (-points @ effects.T).sort(1).values[:, :2].clamp_max(0).sum(1)
    torch.testing.assert_close(asks.slack(asked), -known.scores(asked) + changes - 0.25)
    step = 1e-5 * known.scale
    ends = [asked.double()[:, None] + sign * torch.diag(step) for sign in (-1, 1)]
    below, above = (asks.slack(end.flatten(0, 1)).view(len(asked), -1) for end in ends)
    torch.testing.assert_close(asks.slopes(asked), (above - below) / (2 * step), rtol=1e-5, atol=1e-8)


def test_no_deletion_and_no_margin_is_no_constraint():
    rows, labels, asked, _ = tumors()
    model = regression(rows, labels)
    plain = GeneticCounterfactuals(rows, **ALL).explain(model, asked[:3])
    same = GeneticCounterfactuals(rows, constraint=SurvivesDeletion(labels, RIDGE, k=0), **ALL).explain(model, asked[:3])
    assert torch.equal(plain.counterfactuals, same.counterfactuals)


def test_a_margin_is_left_to_first_order_and_more_of_it_costs_more():
    rows, labels, asked, _ = tumors()
    model, known = linear_network(rows, labels), fitted(rows, 2.0 * labels - 1, RIDGE)
    costs = []
    for margin in (0.0, 0.5, 1.5):
        method = GradientCounterfactuals(rows, constraint=SurvivesDeletion(labels, RIDGE, margin=margin), norm="l2", **ALL)
        found = method.explain(model, asked[:4])
        assert found.found.all()
        side = 2.0 * found.goals.double() - 1
        points = side[:, None] * known.standardized(found.counterfactuals[:, 0])
        left = points @ known.weights + worst_deletion(influences(known), points, 2)[0]
        assert bool((left > margin).all())
        assert bool((left < margin + 0.05).all())  # columns have decimals
        costs.append((found.counterfactuals[:, 0] - asked[:4]).norm(dim=1))
        assert "log odds to first order" in found.diagnostics.notes[0].text
    assert bool((costs[0] < costs[1]).all() and (costs[1] < costs[2]).all())


def test_an_answer_does_not_depend_on_what_else_is_asked():
    rows, labels, asked, _ = tumors()
    model, method = regression(rows, labels), GeneticCounterfactuals(rows, constraint=SurvivesDeletion(labels, RIDGE), **ALL)
    together, alone = method.explain(model, asked[:4]), method.explain(model, asked[2:3])
    torch.testing.assert_close(together.counterfactuals[2:3], alone.counterfactuals)


@pytest.mark.parametrize("kind", [GeneticCounterfactuals, DecisionBoundary], **NAMES)
def test_where_too_little_was_asked_at_first_more_is_asked_until_deletions_carried_out_leave_enough(kind, monkeypatch):
    rows, labels, asked, _ = tumors()
    model, lots = regression(rows, labels), random_lots(len(rows), 2)
    way = {"most_edits": 8, "samples": 4000} if kind is DecisionBoundary else {}
    method = kind(rows, constraint=SurvivesDeletion(labels, RIDGE), **ALL, **way)
    monkeypatch.setattr(Surviving, "_first_margin", lambda self, goal: 0.0)
    found = method.explain(model, asked[:5])
    enough = found.found.any(1)
    assert int(enough.sum()) >= 4
    assert all(survived(found, rows, labels, lots)[1])
    monkeypatch.setattr(hunting, "RAISES", 0)
    found = method.explain(model, asked[:5])
    lost = (enough & ~found.found.any(1)).nonzero().flatten().tolist()
    assert lost
    for index in lost:
        (reason,) = found.verdicts[index].reasons
        assert reason.startswith("not found: ")
        assert reason.endswith("with too little left after the worst deletion of 2 training rows")


def test_the_first_margin_is_what_the_training_rows_nearest_to_the_border_need():
    rows, labels, asked, _ = tumors()
    known = fitted(rows, 2.0 * labels - 1, RIDGE)
    effects, points = influences(known), known.standardized(rows)
    needed = []
    for point in points[(points @ known.weights).abs().argsort()[:5]]:
        order = (point @ effects.T).argsort()
        foreseen = point @ known.weights + (point @ effects[order[:2]].T).clamp_max(0).sum()
        left = min(float(point @ refitted(known, torch.stack([order[0], last]))) for last in order[1:7])
        error = max(0.0, float(foreseen) - left)
        needed.append(error + max(0.5 * error, 0.1 * float(point @ known.weights - foreseen)))
    auto, none = (Surviving(TrainedRegression(known), rows, 2, margin).requirement(0, 1) for margin in ("auto", 0.0))
    torch.testing.assert_close(none.slack(asked) - auto.slack(asked), torch.full((len(asked),), max(needed)).double())
    assert 0.01 < max(needed) < 1


def test_the_penalty_of_a_regression_is_read_off_it():
    rows, labels, asked, _ = tumors()
    model = regression(rows, labels)
    found = [RandomCounterfactuals(rows, constraint=SurvivesDeletion(labels, *ridge), **ALL) for ridge in ((), (RIDGE,))]
    told, read = (one.explain(model, asked[:2]).counterfactuals for one in found)
    assert torch.equal(told, read)


def test_training_rows_may_lie_column_by_column():
    rows, labels, asked, _ = tumors()
    method = RandomCounterfactuals(rows.T.contiguous().T, constraint=SurvivesDeletion(labels, RIDGE), **ALL)
    same = RandomCounterfactuals(rows, constraint=SurvivesDeletion(labels, RIDGE), **ALL)
    model = regression(rows, labels)
    assert torch.equal(method.explain(model, asked[:1]).counterfactuals, same.explain(model, asked[:1]).counterfactuals)


def test_time_is_kept_for_carrying_deletions_out():
    clock = Clock(10.0, perf_counter())
    before = clock.left
    clock.kept = 4.0
    assert before - clock.left == pytest.approx(4, abs=0.5)


def test_it_is_carried_beside_a_constraint_of_the_callers_own():
    rows, labels, asked, _ = tumors()
    both = [SurvivesDeletion(labels, RIDGE, k=1), lambda table: table[:, 1] - 20]
    found = GeneticCounterfactuals(rows, constraint=both, total_CFs=2).explain(regression(rows, labels), asked[:3])
    assert found.found.all()
    assert bool((found.counterfactuals[..., 1] >= 20).all())
    assert (
        "all 2 survive the worst deletion of 1 training row that is foreseen, carried out, which"
        in found.diagnostics.notes[0].text
    )
    assert "the most dangerous row is " in found.diagnostics.notes[0].text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows, labels: (rows, labels * 0), "must be of both classes. Got class 0 for all 398 rows"),
        (lambda rows, labels: (rows[:1], labels[:1]), "must be the training rows, two or more. Got a single row"),
        (
            lambda rows, labels: (rows, labels[1:]),
            r"0 or 1 of each of 398 rows of the background\. Got shape \(397,\) of values 0, 1\.",
        ),
        (lambda rows, labels: (rows, labels + 1), r"of each of 398 rows of the background\. Got shape \(398,\) of values 1, 2\."),
        (lambda rows, labels: (rows, ["no"] * 398), r"0 or 1 of each of 398 rows of the background\. Got list\."),
        (lambda rows, labels: (rows[:3], torch.tensor([0, 1, 1]), 3), "must leave some of 3 rows of the background. Got 3"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(change, says):
    rows, labels, *k = change(*tumors()[:2])
    with pytest.raises(InputError, match=says):
        RandomCounterfactuals(rows, constraint=SurvivesDeletion(labels, RIDGE, *k))


@pytest.mark.parametrize(("given", "came"), [(3, "3"), ([SurvivesDeletion], "<class"), (int, "<class")])
def test_what_is_no_constraint_is_refused(given, came):
    says = rf"`constraint` must be a function of rows \(n, F\) with one number for each, or .*\. Got {came}"
    with pytest.raises(InputError, match=says):
        RandomCounterfactuals(tumors()[0], constraint=given)


def test_a_model_that_has_learned_something_else_is_refused():
    rows, labels, asked, _ = tumors()
    with pytest.raises(CapabilityError, match=r"needs the logistic regression of `background` and `labels` with `ridge` 0\.5"):
        RandomCounterfactuals(rows, constraint=SurvivesDeletion(labels, 0.5)).explain(regression(rows, labels), asked[:1])


class FarFromTheBorder:
    """Rows whose number is their score: the worst deletion takes 1 of it, and 1.25 when it is carried out."""

    doubt, condition = "", ""

    def scores(self, table):
        return table[:, 0]

    def worst(self, table, side, k):
        return side * table[:, 0] - 1, torch.zeros(len(table), k, dtype=torch.int64)

    def left(self, row, side, _k):
        return float(side * row[0, 0]) - 1.25


SCORES = torch.tensor([[3.0], [2.0], [4.0]], dtype=torch.float64)


@pytest.mark.parametrize(("margin", "left"), [(0.5, "leaves 1 log odds to first order"), ("auto", "leaves 0.75 log odds;")])
def test_what_is_said_to_be_left_is_that_of_the_row_with_least(margin, left):
    surviving = Surviving(FarFromTheBorder(), SCORES, 1, margin)
    surviving.requirement(0, 1)
    said = surviving.in_words(0, 1, SCORES)
    done = ", carried out" if margin == "auto" else ""
    assert said.startswith(f"all 3 survive the worst deletion of 1 training row that is foreseen{done}, which leaves")
    assert left in said


def test_a_row_is_judged_for_each_class_to_reach():
    """What lies far on one side survives there, and not on the other."""
    surviving = Surviving(FarFromTheBorder(), SCORES, 1, "auto")
    for goal in (1, 0, 1):
        surviving.requirement(0, goal)
        assert surviving.lasts(0, goal, SCORES).tolist() == [goal == 1] * 3


def test_a_margin_rises_to_the_most_that_a_row_needs_and_never_falls():
    """The error is .25 and half as much must be left: .375. The next margin is that, or half as much again as the last one."""
    table = torch.tensor([[9.0], [9.0]], dtype=torch.float64)
    surviving = Surviving(FarFromTheBorder(), table, 1, "auto")
    asks = surviving.requirement(0, 1)
    assert asks.slack(SCORES).tolist() == pytest.approx([1.625, 0.625, 2.625])
    surviving.raise_margin(0, 1, SCORES)  # all of them last: nothing more is asked for
    assert asks.slack(SCORES).tolist() == pytest.approx([1.625, 0.625, 2.625])
    surviving.raise_margin(0, 1, torch.tensor([[3.0], [1.25]], dtype=torch.float64))
    assert asks.slack(SCORES).tolist() == pytest.approx([1.4375, 0.4375, 2.4375])
