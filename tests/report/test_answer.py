from dataclasses import replace

import numpy as np
import pytest
import torch
from report_results import (
    attribution,
    concept_scores,
    counterfactuals,
    every_explanation,
    examples,
    image_query,
    narrative,
    refused,
    rules,
    table_query,
    zero,
)

from xaivision.report.answer import MOST_CHANGES, answer_text, map_text
from xaivision.report.signed_map import SignedMap
from xaivision.report.wording import MOST_NAMED, and_more, number


def test_a_map_is_told_by_where_most_of_it_lies():
    values = np.zeros((9, 9))
    values[0, 8], values[4, 4], values[8, 0] = 3.0, 1.0, -2.0
    assert map_text(SignedMap(values, "", "")) == (
        "75 % of the positive attribution in the upper right of the picture; "
        "100 % of the negative attribution in the lower left of the picture"
    )


def test_a_map_of_one_sign_is_not_told_about_the_other():
    assert "negative" not in map_text(SignedMap(np.ones((4, 4)), "", ""))
    assert map_text(SignedMap(np.zeros((4, 4)), "", "")) == "zero everywhere"


def test_a_table_is_told_by_its_strongest_features_first():
    values = torch.zeros(1, 12, dtype=torch.float64)
    values[0, 3], values[0, 7] = 0.5, -2.0
    said = answer_text(attribution(table_query(), values=values), 0)
    assert said == "column 7 \N{MINUS SIGN}2.00, column 3 +0.500"


def test_a_refused_explanation_is_told_by_its_reason_alone():
    assert answer_text(refused(table_query()), 0) == "refused: the hook never fired"


def test_a_zero_map_is_told_as_zero():
    assert answer_text(zero(table_query()), 0) == "zero everywhere"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (examples, "example 3: distance 1.00"),
        (counterfactuals, "2 of 2 counterfactuals reach no; the nearest changes column 0 "),
        (rules, "no rule was found"),
        (concept_scores, "whiskers"),
    ],
)
def test_each_type_is_told_in_its_own_words(make, said):
    assert said in answer_text(make(table_query(2)), 1)


def test_a_narrative_speaks_for_itself():
    assert answer_text(narrative(image_query(2)), 1) == "The model looked at the left of input 1."


def test_every_type_has_an_answer_for_every_input():
    for query in (image_query(2), table_query(2)):
        assert all(answer_text(result, index) for result in every_explanation(query) for index in range(2))


def test_a_counterfactual_row_is_told_by_what_changes_and_how():
    query = table_query(2)
    told = counterfactuals(query)
    before, after = query.inputs[1, 0], told.counterfactuals[1, 0, 0]
    said = f"column 0 {number(float(before), 4)} \N{RIGHTWARDS ARROW} {number(float(after), 4)}, column 1 "
    assert f"the nearest changes {said}" in answer_text(told, 1)
    none = replace(told, found=torch.zeros_like(told.found))
    assert answer_text(none, 1).startswith("no counterfactual that reaches ")
    second = replace(told, found=torch.tensor([[False, True]] * 2), counterfactuals=told.counterfactuals.clone())
    second.counterfactuals[1, 1] = query.inputs[1]
    second.counterfactuals[1, 1, 2] += 1e-4
    assert answer_text(second, 1).startswith("1 of 2 counterfactuals reach")
    near = answer_text(second, 1).rpartition("changes ")[2]
    assert near.startswith("column 2 ")
    assert len(set(near.removeprefix("column 2 ").split(" \N{RIGHTWARDS ARROW} "))) == 2  # with as many digits as tell them apart


def test_a_single_counterfactual_is_told_in_singular():
    told = counterfactuals(table_query(1), k=1)
    assert answer_text(replace(told, found=torch.ones_like(told.found)), 0).startswith("yes is reached with column 0 ")


def test_many_changes_are_counted():
    query = table_query(1)
    told = counterfactuals(query)
    told.counterfactuals[0, 0] = query.inputs[0] + 1
    names = [f"column {place}" for place in range(MOST_CHANGES, query.inputs.shape[1])]
    assert answer_text(told, 0).endswith(f", and {len(names)} more changes: {', '.join(names[:-1])} and {names[-1]}")
    costs = torch.arange(query.inputs.shape[1]).double().expand(*told.found.shape, -1)
    whole = replace(told, costs=torch.full_like(costs[..., 0], 2.5), cost_unit="pounds", column_costs=costs)
    assert f"the nearest (cost 2.50 pounds) changes {names[-1]} " in answer_text(whole, 0)


def test_of_very_many_names_the_first_are_told_and_the_others_counted():
    names = [f"f{number}" for number in range(MOST_NAMED + 3)]
    assert and_more(names, "change").startswith(f"and {MOST_NAMED + 3} more changes: f0, f1, ")
    assert and_more(names, "change").endswith(f"f{MOST_NAMED - 1} and 3 others")
    assert and_more(["age"], "change") == "and 1 more change: age"
