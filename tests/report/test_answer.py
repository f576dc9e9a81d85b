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

from xaivision.report.answer import answer_text, map_text
from xaivision.report.signed_map import SignedMap


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
        (examples, "example 3: similarity \N{MINUS SIGN}1.00"),
        (counterfactuals, "2 of 2 counterfactuals reach no; the nearest changes 3 values"),
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
