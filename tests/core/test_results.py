"""What the results that are no attributions say when they are read as one."""

from dataclasses import replace

import pytest
import torch
from core_subjects import drawn, parts_of

from xaivision.core.attribution import Attribution
from xaivision.core.concept_scores import ConceptScores
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics, Note
from xaivision.core.errors import CapabilityError
from xaivision.core.examples import Examples
from xaivision.core.narrative import Narrative
from xaivision.core.rules import Condition, Rule, Rules

PHOTOS, ROWS = drawn(2, 3, 4, 5), drawn(3, 4)


def examples(maps):
    shape = (3, 2, 4)
    return Examples(*parts_of(ROWS), torch.zeros(shape), torch.zeros(3, 2, dtype=torch.long), torch.zeros(3, 2), maps=maps)


def test_examples_say_what_each_feature_adds_to_the_mean_similarity():
    maps = drawn(3, 2, 4, seed=1)
    found = examples(maps).as_attribution()
    assert torch.equal(found.values, maps.mean(1))
    assert found.kind == "contribution"


def test_examples_whose_similarity_is_no_sum_over_features_are_no_attribution():
    with pytest.raises(CapabilityError, match="`probe` cannot be read as an attribution: its similarity is not a sum"):
        examples(None).as_attribution()


def counterfactuals(candidates, found):
    return Counterfactuals(*parts_of(ROWS), candidates, torch.ones(3, dtype=torch.long), torch.zeros(3, 2), torch.tensor(found))


def test_a_counterfactual_says_what_had_to_go_up_to_the_nearest_one_that_was_found():
    candidates = drawn(3, 2, 4, seed=1)
    found = counterfactuals(candidates, [[True, True], [False, True], [False, False]]).as_attribution()
    assert torch.equal(found.values[0], ROWS[0] - candidates[0, 0])
    assert torch.equal(found.values[1], ROWS[1] - candidates[1, 1])
    assert torch.equal(found.values[2], torch.zeros(4))
    assert found.baseline is None  # no shares of a score: nothing to add up to


def test_a_category_that_had_to_go_counts_one_whatever_its_code():
    origin = counterfactuals(drawn(3, 2, 4, seed=1), [[True, True]] * 3)
    query = replace(origin.query, inputs=torch.tensor([[0.5, 1.0]] * 3), category_names=((), ("a", "b", "c", "d")))
    moved = torch.tensor([[[0.25, 0.0]], [[0.5, 3.0]], [[1.0, 1.0]]])
    found = replace(origin, query=query, counterfactuals=moved, found=torch.ones(3, 1, dtype=torch.bool)).as_attribution()
    assert found.values.tolist() == [[0.25, 1.0], [0.0, 1.0], [-0.5, 0.0]]


def test_reading_a_counterfactual_does_not_write_on_the_inputs():
    before = ROWS.clone()
    counterfactuals(drawn(3, 2, 4, seed=1), [[False, False]] * 3).as_attribution()
    assert torch.equal(ROWS, before)


def rule(*features, precision=0.9):
    return Rule(tuple(Condition(feature, low=0.0) for feature in features), precision, 0.5)


def test_a_rule_says_its_precision_on_every_feature_that_it_names():
    rules = ((rule(0, 2), rule(1, precision=0.5)), (), (rule(3, precision=0.75),))
    found = Rules(*parts_of(ROWS), rules).as_attribution()
    expected = torch.zeros(3, 4)
    expected[0, [0, 2]], expected[2, 3] = 0.9, 0.75
    assert torch.equal(found.values, expected)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_a_rule_over_pixels_is_kept_whatever_the_layout_in_memory(layout):
    photos = PHOTOS.contiguous(memory_format=layout)
    found = Rules(*parts_of(photos), ((rule(0, 59),), ())).as_attribution()
    assert found.values.flatten(1).nonzero().tolist() == [[0, 0], [0, 59]]
    assert found.values[0, 2, 3, 4] == pytest.approx(0.9)


def test_concepts_are_where_they_were_seen_weighted_by_their_scores():
    maps, values = drawn(2, 3, 4, 5, seed=1), drawn(2, 3, seed=2) - 0.5
    found = ConceptScores(*parts_of(PHOTOS), values, ("a", "b", "c"), maps).as_attribution()
    assert found.values.shape == (2, 1, 4, 5)
    assert torch.allclose(found.values[1, 0], sum(values[1, c] * maps[1, c] for c in range(3)))


def test_concepts_without_maps_are_no_attribution():
    with pytest.raises(CapabilityError, match="`probe` cannot be read as an attribution: its concepts have no maps"):
        ConceptScores(*parts_of(PHOTOS), torch.zeros(2, 1), ("a",)).as_attribution()


def test_a_narrative_is_no_truer_than_its_map():
    attribution = Attribution(*parts_of(ROWS), values=torch.full_like(ROWS, torch.nan), kind="slope")
    query, origin, _ = parts_of(ROWS)
    told = Narrative(query, origin, Diagnostics(notes=(Note("warn", "too long", (1,)),)), attribution, torch.zeros(3), ("a",) * 3)
    assert [verdict.status for verdict in told.verdicts] == ["refuse"] * 3
    assert told.verdicts[1].reasons == (*attribution.verdicts[1].reasons, "too long")
    assert told.verdict.status == "refuse"


def test_a_narrative_is_about_its_attribution():
    attribution = Attribution(*parts_of(ROWS), ROWS, "slope")
    assert Narrative(*parts_of(ROWS), attribution, torch.zeros(3), ("a",) * 3).as_attribution() is attribution


def test_results_without_values_are_judged_by_their_scores_and_notes():
    found = Rules(*parts_of(ROWS, torch.tensor([0.0, float("nan"), 0.0]), notes=(Note("warn", "few cases"),)), ((),) * 3)
    assert [verdict.status for verdict in found.verdicts] == ["warn", "refuse", "warn"]
    assert found.method == "probe"
