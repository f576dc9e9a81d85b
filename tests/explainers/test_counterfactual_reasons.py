"""Why there are too few counterfactuals of a row, and what is said of the limits that were kept: on models known in full."""

import re
from math import exp, log

import pytest
import torch

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.counterfactuals.face import Face
from xaivision.explainers.counterfactuals.genetic_counterfactuals import GeneticCounterfactuals
from xaivision.explainers.counterfactuals.growing_spheres import GrowingSpheres
from xaivision.explainers.counterfactuals.misses import Misses
from xaivision.explainers.counterfactuals.nearest_unlike_neighbors import NearestUnlikeNeighbors
from xaivision.explainers.counterfactuals.random_counterfactuals import RandomCounterfactuals

# "yes" where the first column is above 0.5, with a probability of 0.7 there, up to 0.8 at 2; "no" else.
CHANCE = 0.7
TRYING = (RandomCounterfactuals, GeneticCounterfactuals, GrowingSpheres)


def steps_at_half(rows):
    first = rows[:, 0].double()
    chance = torch.where(first > 0.5, 0.7 + 0.1 * ((first - 0.5) / 1.5).clamp(0, 1), 0.2)
    return torch.stack([1 - chance, chance], 1).to(rows.dtype)


def model(schema=None, names=("no", "yes")):
    return FunctionClassifier(
        steps_at_half, 2, score_unit="probability", domain="tabular", class_names=names, schema=schema, array="torch"
    )


def table(rows=80, columns=3, seed=0):
    return 2 * torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed))


ROW = torch.tensor([[0.0, 1.0, 1.0]])


def reasons(kind, background=None, asked=None, **wishes):
    found = kind(table() if background is None else background, **wishes).explain(asked or model(), ROW)
    return found, found.verdict.reasons


@pytest.mark.parametrize("kind", TRYING, ids=lambda kind: kind.__name__)
def test_what_is_predicted_as_wished_but_not_surely_enough_is_counted_and_the_threshold_named(kind):
    found, (reason,) = reasons(kind, stopping_threshold=0.95)
    assert not found.found.any()
    told = re.fullmatch(
        r"not found: ([\d,]+) of ([\d,]+) tries are predicted as yes, but all with too low a probability, at most (0\.\d+) "
        r"\(lower `stopping_threshold`, now 0\.95\)",
        reason,
    )
    assert told, reason
    held, tried = (int(told[place].replace(",", "")) for place in (1, 2))
    assert 0 < held < tried <= found.diagnostics.model_calls
    assert 0.7 <= float(told[3]) <= 0.8


def test_what_the_reason_says_to_loosen_is_enough():
    _, (reason,) = reasons(RandomCounterfactuals, stopping_threshold=0.95)
    surest = float(re.search(r"at most (0\.\d+)", reason)[1])
    found, told = reasons(RandomCounterfactuals, stopping_threshold=surest, total_CFs=1)
    assert found.found.all()
    assert not told


def test_where_some_are_found_the_reason_for_the_rest_is_the_threshold_too():
    """Two of the rows to be known are sure enough, and no other ones may be tried."""
    background = torch.cat([torch.tensor([[2.0, 1.0, 1.0], [2.0, 1.0, 1.5]]), table(40) * torch.tensor([0.5, 1.0, 1.0])])
    found, (*_, reason) = reasons(Face, background, stopping_threshold=0.8, total_CFs=4, fraction=1.0)
    assert found.found.sum() == 2
    assert reason.startswith("2 of 4 counterfactuals were found: ")


def test_what_is_wished_but_not_among_known_rows_is_counted_and_plausible_named():
    """Rows of "yes" are known at 2 only, twice six alike: nothing else lies as near to them as they do."""
    known = torch.tensor([[2.0, 0.0, 0.0], [2.0, 2.0, 2.0]]).repeat(6, 1)
    background = torch.cat([known, table(40) * torch.tensor([0.2, 1.0, 1.0])])
    settings = {"features_to_vary": [0], "plausible": 0.5, "posthoc_sparsity_param": None}
    found, (reason,) = reasons(RandomCounterfactuals, background, **settings)
    assert not found.found.any()
    said = r"not found: [\d,]+ of [\d,]+ tries are predicted as yes, but all with no known rows as near as `plausible` asks "
    assert re.fullmatch(said + r"\(raise it, now 0\.5, or leave it out\)", reason), reason


def test_both_wishes_that_failed_are_told_apart():
    known = torch.tensor([[2.0, 0.0, 0.0], [2.0, 2.0, 2.0]]).repeat(6, 1)
    background = torch.cat([known, table(40) * torch.tensor([0.2, 1.0, 1.0])])
    settings = {"features_to_vary": [0], "plausible": 1.0, "stopping_threshold": 0.75}
    _, (reason,) = reasons(RandomCounterfactuals, background, **settings)
    total, unsure, unusual = map(
        int, re.search(r"found: ([\d,]+) .* but ([\d,]+) with too .* and ([\d,]+) with no known", reason).groups()
    )
    assert total == unsure + unusual
    assert min(unsure, unusual) > 0
    assert reason.endswith("(leave it out)")


def test_methods_that_try_known_rows_only_say_why_they_tried_none():
    low = table() * torch.tensor([0.2, 1.0, 1.0])
    _, (unknown,) = reasons(NearestUnlikeNeighbors, low)
    assert unknown == "not found: no row of the background is predicted as yes, and this method tries no others"
    _, (unsure,) = reasons(NearestUnlikeNeighbors, stopping_threshold=0.95)
    assert unsure == (
        "not found: no row of the background predicted as yes has the probability asked for: lower `stopping_threshold`, now 0.95"
    )
    _, (barred,) = reasons(Face, features_to_vary=[0])
    assert barred == (
        "not found: no path within what may change leads to a row of the background predicted as yes, "
        "and this method tries no others"
    )


def test_no_room_is_not_called_frozen():
    _, (reason,) = reasons(RandomCounterfactuals, features_to_vary=[1], permitted_range={1: [1, 1]})
    assert reason == (
        "not found: within the ranges, categories and directions no column that may change has another value to take"
    )
    _, (frozen,) = reasons(RandomCounterfactuals, features_to_vary=[])
    assert frozen == "not found: every feature is frozen, so nothing may change"


def test_the_way_says_the_same():
    _, (reason,) = reasons(DecisionBoundary, stopping_threshold=0.95)
    assert "(lower `stopping_threshold`, now 0.95)" in reason
    _, (none,) = reasons(DecisionBoundary, table() * torch.tensor([0.2, 1.0, 1.0]))
    assert none == "not found: no row with up to 3 edits that was tried is predicted as yes"


COLORS = ("red", "green", "blue")
SCHEMA = TableSchema((Feature("size", low=0, high=2), Feature("age", low=0, high=90), Feature("color", categories=COLORS)))
COLORED = torch.cat([table(60, 2) * torch.tensor([1.0, 40.0]), torch.arange(60)[:, None] % 3], 1).float()


def notes(found):
    return [note.text for note in found.diagnostics.notes if note.status == "ok"]


def test_a_value_outside_its_permitted_range_that_stays_is_named_and_one_that_changes_is_not():
    rows = torch.tensor([[0.0, 70.0, 0.0], [0.0, 30.0, 1.0]])
    wishes = {"permitted_range": {"age": [20, 60], "color": ["green", "blue"], "size": [1, 2]}, "total_CFs": 1}
    for kind in (RandomCounterfactuals, DecisionBoundary):
        found = kind(COLORED, **wishes).explain(model(SCHEMA), rows)
        assert found.found.any(1).all()
        said = [note for note in found.diagnostics.notes if "permitted_range" in note.text]
        assert [note.inputs for note in said] == [(0,)]
        assert said[0].text == "age stays 70, color stays red: outside `permitted_range`, which holds for what changes"


RINGED = torch.cat([torch.rand(200, 2, generator=torch.Generator().manual_seed(0)) * 0.2 + place for place in (-1.0, 1.0)])


def sides(rows):
    held = (rows[:, 0] > 0).double()
    return torch.stack([1 - held, held], 1)


SIDES = FunctionClassifier(sides, 2, score_unit="probability", domain="tabular", array="torch", class_names=("left", "right"))


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_made_up_between_known_cases_is_said_to_look_like_none_and_the_remedy_is_one(count):
    """Two clouds with nothing between them, where the border is: the nearest row over it is like no known one."""
    which = "the counterfactual lies" if count == 1 else "2 of the counterfactuals lie"
    told = (
        f"{which} farther from known rows predicted as right than 95% of these do from each other, and may look like no real "
        "case: ask for `plausible=0.95`"
    )
    found = GrowingSpheres(RINGED, total_CFs=count).explain(SIDES, RINGED[:1])
    assert found.found.all()
    assert told in notes(found)
    assert found.verdict.status == "ok"
    near = GrowingSpheres(RINGED, total_CFs=count, plausible=0.95).explain(SIDES, RINGED[:1])
    assert near.found.any()
    assert bool((near.counterfactuals[near.found][:, 0] > 0.9).all())
    assert not any(
        "no real case" in text for text in [*notes(near), *notes(GeneticCounterfactuals(RINGED).explain(SIDES, RINGED[:1]))]
    )


def test_what_lies_among_known_cases_is_not_said_to_be_strange():
    rows = torch.rand(400, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found = GrowingSpheres(rows, total_CFs=1).explain(SIDES, torch.tensor([[-0.3, 0.0]]))
    assert found.found.all()
    assert not any("no real case" in text for text in notes(found))


def test_a_way_for_a_column_that_may_not_change_is_said_to_be_idle():
    schema = TableSchema((Feature("age"), Feature("size", mutable=False), Feature("cost")))
    found = RandomCounterfactuals(
        table(), total_CFs=1, one_way={"age": "up", "size": "up", "cost": "down"}, features_to_vary=["age"]
    ).explain(model(schema), table()[:1])
    assert "`one_way` says nothing of size, cost, which may not change at all" in notes(found)
    found = RandomCounterfactuals(table(), total_CFs=1, one_way={"age": "up"}).explain(model(schema), table()[:1])
    assert not any("one_way" in text for text in notes(found))


def test_what_links_hold_back_is_said():
    schema = TableSchema((Feature("age", mutable=False), Feature("size"), Feature("cost")))
    found = RandomCounterfactuals(table(), total_CFs=1, linked=[["size", "age"]]).explain(model(schema), table()[:1])
    assert "size stays as it is: `linked` with age, which may not change" in notes(found)
    assert found.counterfactuals[0, 0, 1] == table()[0, 1]
    found = RandomCounterfactuals(table(), total_CFs=1, linked=[["size", "cost"]]).explain(model(schema), table()[:1])
    assert not any("linked" in text for text in notes(found))


def test_a_misspelt_column_is_told_the_right_one():
    schema = TableSchema((Feature("age"), Feature("style"), Feature("cost")))
    for wishes in ({"features_to_vary": ["stile"]}, {"one_way": {"stile": "up"}}, {"permitted_range": {"stile": [0, 1]}}):
        with pytest.raises(UnknownNameError, match=r"`stile` is not a known column\. Did you mean `style`\?"):
            RandomCounterfactuals(table(), **wishes).explain(model(schema), table()[:1])


def test_nothing_is_said_to_stay_where_nothing_was_found():
    wishes = {"permitted_range": {"age": [20, 60]}, "features_to_vary": ["age"]}
    found = RandomCounterfactuals(COLORED, **wishes).explain(model(SCHEMA), torch.tensor([[0.0, 70.0, 0.0]]))
    assert not found.found.any()
    assert not any("permitted_range" in note.text for note in found.diagnostics.notes)


@pytest.mark.parametrize(("rows", "told"), [(1, "one row"), (7, "7 equal rows")])
def test_a_background_of_equal_rows_is_doubted(rows, told):
    background = COLORED[:1].repeat(rows, 1)
    for kind in (RandomCounterfactuals, DecisionBoundary):
        known = kind(background, total_CFs=1).explain(model(SCHEMA), torch.tensor([[0.0, 30.0, 1.0]]))
        assert f"the background is {told}, which shows no scales of the columns: give rows that differ" in known.verdict.reasons
        bare = kind(background, total_CFs=1).explain(model(), ROW)
        said = f"the background is {told}, which shows neither ranges nor scales of the columns: give rows that differ"
        assert said in bare.verdict.reasons


@pytest.mark.parametrize("given", ["red", 3, []])
def test_what_is_no_list_of_categories_is_refused_and_not_read_letter_by_letter(given):
    with pytest.raises(InputError, match=r"`permitted_range` of 'color' must be a list of two numbers, or of categories"):
        RandomCounterfactuals(COLORED, permitted_range={"color": given})


def test_the_class_to_reach_can_be_named():
    rows = torch.tensor([[0.0, 30.0, 1.0]])
    named = RandomCounterfactuals(COLORED, desired_class="yes").explain(model(SCHEMA), rows)
    numbered = RandomCounterfactuals(COLORED, desired_class=1).explain(model(SCHEMA), rows)
    assert named.goals.tolist() == [1]
    assert torch.equal(named.counterfactuals, numbered.counterfactuals)
    with pytest.raises(UnknownNameError, match=r"`yess` is not a known class of this model\. Did you mean `yes`\?"):
        RandomCounterfactuals(COLORED, desired_class="yess").explain(model(SCHEMA), rows)
    with pytest.raises(InputError, match=r"`yes` is not a known class of this model\. Known: 0, 1\."):
        RandomCounterfactuals(table(), desired_class="yes").explain(model(names=None), ROW)
    with pytest.raises(InputError, match=r"Got 'same', as several are called; give its number\."):
        RandomCounterfactuals(table(), desired_class="same").explain(model(names=("same", "same")), ROW)


def test_a_threshold_in_logits_is_told_as_a_probability():
    """Two classes, the second leading by 1 at most: a probability of 1 / (1 + 1 / e)."""
    lead = lambda rows: torch.stack([torch.zeros(len(rows)), rows[:, 0].clamp(-1, 1)], 1)  # noqa: E731
    asked = FunctionClassifier(lead, 2, score_unit="logit", domain="tabular", array="torch", class_names=["no", "yes"])
    background = 3 * (table() - 1)
    found = RandomCounterfactuals(background, stopping_threshold=0.9).explain(asked, torch.tensor([[-1.0, 0.0, 0.0]]))
    (reason,) = found.verdict.reasons
    surest = float(re.search(r"at most (0\.\d+)", reason)[1])
    assert surest == pytest.approx(1 / (1 + exp(-1)), abs=0.001)
    assert log(surest / (1 - surest)) <= 1


def test_what_is_wrong_with_tries_is_counted_over_all_calls():
    misses = Misses(2)
    misses.count_unmet(torch.tensor([0, 1, 1]), "too far")
    misses.count_unmet(torch.tensor([1]), "too near")
    misses.count_unmet(torch.tensor([1, 0, 0]), "too far")
    assert {unmet: counts.tolist() for unmet, counts in misses.unmet.items()} == {"too far": [3, 3], "too near": [0, 1]}


def test_the_surest_probability_is_never_rounded_up_to_what_is_asked_for():
    def nearly(rows):
        chance = torch.where(rows[:, 0].double() > 0.5, 0.8996, 0.2)
        return torch.stack([1 - chance, chance], 1)

    asked = FunctionClassifier(nearly, 2, score_unit="probability", domain="tabular", class_names=("no", "yes"), array="torch")
    _, (reason,) = reasons(RandomCounterfactuals, asked=asked, stopping_threshold=0.9)
    assert "at most 0.899 (lower `stopping_threshold`, now 0.9)" in reason


def test_a_value_at_the_end_of_its_permitted_range_is_not_outside_of_it():
    rows = torch.tensor([[0.0, 20.0, 1.0], [0.0, 60.0, 1.0], [0.0, 19.0, 1.0], [0.0, 61.0, 1.0]])
    wishes = {"permitted_range": {"age": [20, 60]}, "features_to_vary": ["size"], "total_CFs": 1}
    found = RandomCounterfactuals(COLORED, **wishes).explain(model(SCHEMA), rows)
    assert found.found.all()
    assert [note.inputs for note in found.diagnostics.notes if "permitted_range" in note.text] == [(2,), (3,)]


@pytest.mark.parametrize("permitted", [None, {"color": ["blue"]}], ids=["all", "named"])
def test_a_category_that_no_known_row_has_may_be_what_must_be(permitted):
    """The schema names it: codes in the background are no ends of a range."""

    def blue(rows):
        chance = (rows[:, 0] == 2).double()
        return torch.stack([1 - chance, chance], 1).to(rows.dtype)

    schema = TableSchema((Feature("color", categories=("red", "green", "blue")), Feature("size")))
    asked = FunctionClassifier(blue, 2, score_unit="probability", domain="tabular", schema=schema, array="torch")
    background = torch.tensor([[0.0, 1.0], [1.0, 2.0], [0.0, 3.0]])
    found = RandomCounterfactuals(background, total_CFs=1, permitted_range=permitted).explain(asked, background[:1])
    assert found.found.all()
    assert found.counterfactuals[0, 0].tolist() == [2.0, 1.0]


@pytest.mark.parametrize(
    ("wishes", "unit"),
    [
        ({}, "median absolute deviations, and 1 a changed category"),
        ({"norm": "l2"}, "median absolute deviations, and 1 a changed category, by the root of their squares"),
        ({"norm": "linf"}, "median absolute deviations, and 1 a changed category, the largest of them"),
        ({"feature_weights": None}, "units of the columns, and 1 a changed category"),
        ({"features_to_vary": ["size", "age"]}, "median absolute deviations"),
        ({"feature_weights": {"color": 10}}, "median absolute deviations, and 10 a change of `color`"),
        ({"feature_weights": {"size": 2, "age": 3}}, "points, 1 a changed category, 2 a unit of `size` and 3 a unit of `age`"),
        ({"linked": [["size", "age"]], "features_to_vary": ["size", "age"]}, "points, 1 a change of linked columns"),
    ],
)
def test_the_unit_of_costs_names_what_may_change_and_the_weights_that_were_given(wishes, unit):
    found = RandomCounterfactuals(COLORED, total_CFs=1, **wishes).explain(model(SCHEMA), torch.tensor([[0.0, 30.0, 1.0]]))
    assert found.found.all()
    assert found.cost_unit == unit
