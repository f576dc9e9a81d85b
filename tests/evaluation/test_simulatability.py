"""Simulated users: with explanations they predict better, with shuffled ones not, and without any exactly half is right."""

import math
from functools import cache

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.core.rules import Condition, Rule, Rules
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.evaluation.simulatability import simulating
from xaivision.evaluation.simulatability.cells import among
from xaivision.evaluation.simulatability.decoding import says_turned
from xaivision.evaluation.simulatability.items import changed_pairs
from xaivision.evaluation.simulatability.shuffling import said_of, shuffle
from xaivision.evaluation.simulatability.simulated import Simulated
from xaivision.evaluation.simulatability.simulating import simulate
from xaivision.evaluation.simulatability.students import binned
from xaivision.explainers.controls import Random
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.feature_ablation import FeatureAblation
from xaivision.explainers.lime_tabular import LimeTabular
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.rules.anchors import Anchors

LEVELS, COLUMNS = 4, 10


@cache
def cat10():
    """Ten columns of four categories: what each adds is drawn, and two pairs of them act together."""
    draw = torch.Generator().manual_seed(0)
    rows = torch.randint(LEVELS, (1600, COLUMNS), generator=draw).float()
    effects = torch.randn(COLUMNS, LEVELS, generator=draw)
    score = torch.stack([effects[column][rows[:, column].long()] for column in range(COLUMNS)]).sum(0)
    score += ((rows[:, 0] == 1) & (rows[:, 1] == 2)).float() - ((rows[:, 2] == 0) & (rows[:, 3] == 3)).float()
    labels = (score > score.median()).long()
    pipeline = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(rows[:1000].numpy(), labels[:1000].numpy())
    return SklearnClassifier(pipeline), rows[:1000], rows[1000:]


def lime():
    return LimeTabular(cat10()[1], categorical=tuple(range(COLUMNS)))


def test_lime_helps_to_foretell_changed_rows_and_shuffled_it_does_not():
    model, known, rows = cat10()
    found = simulate("counterfactual", lime(), model, rows[:250], known)
    assert found.before.tolist() == [0.5] * len(found.before)
    assert len(found.before) > 150
    assert found.interval[0] > 0
    assert found.control_interval[0] < 0 < found.control_interval[1]


def test_lime_teaches_students_what_shuffled_it_does_not():
    model, known, rows = cat10()
    found = simulate("forward", lime(), model, rows, known)
    assert found.change > 0.15
    assert found.interval[0] > 0
    assert found.shuffled.mean() < found.before.mean()


def check_what_is_true_of_a_linear_model_helps_and_shuffled_it_does_not():
    """All that there is to know of a sum of columns."""
    rows = torch.randint(LEVELS, (400, 6), generator=torch.Generator().manual_seed(0)).float()
    weights = torch.tensor([3.0, -2.0, 1.5, 1.0, -1.0, 0.5])

    def scores(given):
        place = given @ weights - 4.5
        return torch.stack([-place, place], 1)

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular", array="torch")
    exact = FeatureAblation(baseline=rows.mean(0))
    one = simulate("counterfactual", exact, model, rows[:80], rows)
    assert one.before.tolist() == [0.5] * len(one.before)
    assert one.interval[0] > 0.05
    assert one.control < 0.05
    other = simulate("forward", exact, model, rows, rows)
    assert float(other.after.mean()) > 0.9
    assert float(other.shuffled.mean()) < 0.6


def test_what_is_true_of_a_linear_model_helps_and_shuffled_it_does_not():
    check_what_is_true_of_a_linear_model_helps_and_shuffled_it_does_not()


def check_of_what_is_told_to_stay_it_is_counted_what_does():
    """A rule that is exact is right of every row that it holds for; one about another column is as right as a coin."""
    rows = torch.randint(LEVELS, (200, 3), generator=torch.Generator().manual_seed(0)).float()

    class Exact:
        about = FeatureAblation.about

        def __init__(self, column):
            self.rule = Rule((Condition(column, 1.0), Condition(column, None, 9.0)), 1.0, 0.5)

        def explain(self, model, inputs, targets=None, *, seed=0):
            return Rules(asked(FIRST, inputs), Origin("probe"), Diagnostics(), rules=((self.rule,),) * len(inputs))

    above = rows[rows[:, 0] > 1]
    exact = simulate("counterfactual", Exact(0), FIRST, above, rows)
    assert (exact.stay, float(exact.after.mean())) == (1.0, 1.0)
    assert " (1.000 of those told to stay do); shuffled " in str(exact)
    other = simulate("counterfactual", Exact(2), FIRST, above, rows)
    assert 0.3 < other.stay < 0.7
    assert math.isnan(Simulated("probe", "forward", other.before, other.after, other.shuffled).stay)


def test_of_what_is_told_to_stay_it_is_counted_what_does():
    check_of_what_is_told_to_stay_it_is_counted_what_does()


def test_a_map_that_ignores_the_model_helps_nobody():
    model, known, rows = cat10()
    found = simulate("counterfactual", Random(), model, rows[:120], known)
    low, high = found.interval
    assert low < 0 < high or found.change < 0


@pytest.mark.parametrize(
    "make", [DecisionBoundary, lambda known: Anchors(known[:300], most_samples=6000, threshold=0.9)], ids=["way", "rule"]
)
def test_ways_and_rules_help_and_shuffled_ones_do_not(make):
    model, known, rows = cat10()
    found = simulate("counterfactual", make(known), model, rows[:60], known)
    assert found.interval[0] > 0
    assert found.control_interval[0] <= 0


# Class 1 where the first column is above 1.
FIRST = FunctionClassifier(
    lambda rows: torch.stack([1 - rows[:, 0], rows[:, 0] - 1], 1), 2, score_unit="logit", domain="tabular", array="torch"
)
ROWS = torch.tensor([[3.0, 3.0], [3.0, 3.0]])
CHANGED = torch.tensor([[0.0, 3.0], [3.0, 0.0]])
SWAPPED = torch.tensor([[1, 0], [1, 0]])


def test_a_full_explanation_is_decoded_right_and_swapped_columns_are_decoded_wrong():
    told = FeatureAblation(baseline="zeros").explain(FIRST, ROWS)
    assert says_turned(told, FIRST, CHANGED).tolist() == [True, False]
    assert says_turned(told, FIRST, CHANGED, SWAPPED).tolist() == [False, True]


def test_a_rule_breaks_where_its_column_leaves_it():
    rule = Rule((Condition(0, 1.0),), 1.0, 0.5)
    told = Rules(asked(FIRST, ROWS), Origin("probe"), Diagnostics(), rules=((rule,), (rule,)))
    assert says_turned(told, FIRST, CHANGED).tolist() == [True, False]
    assert says_turned(told, FIRST, CHANGED, SWAPPED).tolist() == [False, True]


def test_a_way_says_so_where_all_its_edits_are_there():
    end = torch.tensor([[[0.0, 3.0]], [[0.0, 0.0]]])
    parts = asked(FIRST, ROWS), Origin("probe"), Diagnostics()
    told = Counterfactuals(*parts, end, torch.zeros(2, dtype=torch.int64), torch.zeros(2, 1), torch.ones(2, 1, dtype=torch.bool))
    assert says_turned(told, FIRST, CHANGED).tolist() == [True, False]  # of the second only one edit of two is there
    assert says_turned(told, FIRST, torch.zeros(2, 2)).tolist() == [True, True]


def test_pairs_differ_in_the_decision_and_in_nothing_that_gives_it_away():
    model, known, rows = cat10()
    pairs = changed_pairs(model, rows[:40], known, torch.Generator().manual_seed(0))
    own = model(pairs.rows).argmax(1)
    assert torch.equal(model(pairs.kept).argmax(1), own)
    assert bool((model(pairs.turned).argmax(1) != own).all())
    edits = [(one != pairs.rows).sum(1) for one in (pairs.kept, pairs.turned)]
    assert torch.equal(*edits)
    assert set(edits[0].tolist()) == {1, 2, 3}


def test_a_constant_model_turns_nowhere_and_that_is_said():
    constant = FunctionClassifier(
        lambda rows: torch.tensor([[0.9, 0.1]]).expand(len(rows), 2), 2, score_unit="probability", domain="tabular", array="torch"
    )
    with pytest.raises(InputError, match="`rows` must turn with 1 to 3 changed columns now and then"):
        simulate("counterfactual", lime(), constant, cat10()[2][:5], cat10()[1])


class Listening:
    """The attributions or the ways of another method, with each input that it was asked about."""

    def __init__(self, inner):
        self.inner, self.about, self.given, self.told = inner, inner.about, [], []

    def explain(self, model, inputs, targets=None, *, seed=0):
        self.given.append(inputs)
        self.told.append(self.inner.explain(model, inputs, targets, seed=seed))
        return self.told[-1]


def test_no_student_is_asked_about_the_equal_of_a_row_that_was_explained(monkeypatch):
    model, known, rows = cat10()
    listening, twice, asked_about = Listening(Random()), rows[:120].repeat(2, 1), []

    def untold_of(bins, seen, asked):
        asked_about.append(asked)
        return torch.zeros(len(asked), dtype=torch.int64)

    monkeypatch.setattr(simulating, "untold", untold_of)
    simulate("forward", listening, model, twice, known)
    assert len(asked_about) == len(listening.given) == simulating.STUDENTS
    for questions, explained in zip(asked_about, listening.given, strict=True):
        assert not among(questions, binned(explained, known)).any()  # of four categories each is a bin


def test_nobody_is_asked_about_a_changed_row_that_an_explanation_shows(monkeypatch):
    model, known, _ = cat10()
    narrow = known.clone()
    narrow[:, 4:] = 0  # few changed rows are possible then, and explanations show many of them
    listening, asked_about = Listening(DecisionBoundary(narrow, samples=200)), []

    def listened(explanation, model, changed, order=None):
        asked_about.append(changed)
        return says_turned(explanation, model, changed, order)

    monkeypatch.setattr(simulating, "says_turned", listened)
    found = simulate("counterfactual", listening, model, narrow[:30], narrow)
    (explained,), (told,) = listening.given, listening.told
    assert len(explained.unique(dim=0)) == len(explained) >= len(found.before) > 0
    shown = torch.cat([explained, told.counterfactuals.flatten(0, 1)])
    for changed in asked_about:
        mine = changed[(changed != explained).any(1)]
        assert len(mine) == len(found.before)
        assert not among(mine, shown).any()


def check_what_is_shuffled_is_never_as_it_was():
    """Two columns have one other order, and of one that is named among three a third of the orders name it again."""
    draw = torch.Generator().manual_seed(0)
    two, named = torch.tensor([[1.0, 2.0]]).repeat(200, 1), torch.tensor([[True, False, False]]).repeat(200, 1)
    alike = torch.tensor([[2.0, 2.0, 1.0]]).repeat(200, 1)
    for said in (two, named, alike):
        found = shuffle(said[:, :, None], draw)
        assert torch.equal(found.order.sort(1).values, torch.arange(said.shape[1]).expand_as(found.order))
        assert not (said.gather(1, found.order) == said).all(1).any()
        assert not found.alone.any()
    third = shuffle(named[:, :, None], draw).order.argmin(1)
    assert set(third.tolist()) == {1, 2}  # drawn, not one of them only
    nothing = torch.tensor([[3.0, 3.0], [0.0, 1.0]])
    assert shuffle(nothing[:, :, None], draw).alone.tolist() == [True, False]
    assert shuffle(torch.ones(4, 1, 2), draw).alone.all()


def check_each_kind_of_explanation_says_something_of_some_columns():
    """What says the same of every column is that only where it does."""
    parts = asked(FIRST, ROWS), Origin("probe"), Diagnostics()
    rule = Rule((Condition(0, 1.0),), 1.0, 0.5)
    assert said_of(Rules(*parts, rules=((rule,), ())))[:, :, 0].tolist() == [[True, False], [False, False]]
    found = torch.ones(2, 1, dtype=torch.bool)
    way = Counterfactuals(*parts, CHANGED[:, None], torch.zeros(2, dtype=torch.int64), torch.zeros(2, 1), found)
    assert said_of(way)[:, :, 0].tolist() == [[True, False], [False, True]]
    several = torch.stack([ROWS, ROWS + 1, CHANGED], 1)  # the nearest that was found is the one that is read
    reached = torch.tensor([[False, False, True]]).repeat(2, 1)
    way = Counterfactuals(*parts, several, torch.zeros(2, dtype=torch.int64), torch.zeros(2, 3), reached)
    assert said_of(way)[:, :, 0].tolist() == [[True, False], [False, True]]
    told = FeatureAblation(baseline="zeros").explain(FIRST, ROWS)
    assert torch.equal(said_of(told)[:, :, 0], told.values)
    near = NearestExamples(CHANGED, k=2).explain(FIRST, ROWS)
    assert torch.equal(said_of(near), near.examples.transpose(1, 2))


def test_what_is_shuffled_is_never_as_it_was():
    check_what_is_shuffled_is_never_as_it_was()


def test_each_kind_of_explanation_says_something_of_some_columns():
    check_each_kind_of_explanation_says_something_of_some_columns()


def test_explanations_that_cannot_be_shuffled_are_counted():
    """Of one column only everything is said, whatever the order."""
    rows = torch.arange(60.0)[:, None]
    model = FunctionClassifier(
        lambda given: torch.cat([30 - given, given - 30], 1), 2, score_unit="logit", domain="tabular", array="torch"
    )
    found = simulate("counterfactual", Random(), model, rows, rows + 0.25)
    assert found.alone == 1
    assert found.control == found.change
    assert ", 100% of which say the same of every column: they cannot be shuffled" in str(found)


def test_intervals_are_over_blocks():
    before = torch.full((50,), 0.5, dtype=torch.float64)
    after = torch.tensor([0.5, 1.0], dtype=torch.float64).repeat(25)
    found = Simulated("probe", "counterfactual", before, after, before)
    assert found.change == pytest.approx(0.25)
    half = 1.96 * float(after.std()) / 50**0.5
    assert found.interval == pytest.approx((0.25 - half, 0.25 + half), abs=0.02)
    assert found.control == 0
    assert "simulated users, by a fixed rule: 0.500 to 0.750" in str(found)


def test_of_several_rules_the_first_is_what_is_said():
    """It is the one that a reader goes by, so that no more is shuffled; of an input without any nothing is said."""
    first, second = (Rule((Condition(column, 1.0),), 1.0, 0.5) for column in (0, 1))
    told = Rules(asked(FIRST, ROWS), Origin("probe"), Diagnostics(), rules=((first, second), (second, first)))
    assert said_of(told)[:, :, 0].tolist() == [[True, False], [False, True]]
