"""What a terminal, a figure and a page say of examples: which, where, how alike, and what that adds."""

from dataclasses import replace

import pytest
import torch
from report_results import attribution, examples, image_query, table_query

from xaivision.report.example_words import example_lines, likeness_words, rank_words, sum_words
from xaivision.report.summary import explanation_summary
from xaivision.report.table import as_text, explanation_table


def decided_by(query, **more):
    """Two examples that add 0.5 and 0.25 to a score, of which the query's first input has 0.5 or 1."""
    found = examples(query, k=2)
    weights, similarity = torch.tensor([[2.0, 0.5]]), torch.tensor([[0.25, 0.5]])
    added = weights * similarity
    told = {"weights": weights, "similarity": similarity, "contributions": added, "example_scores": None}
    return replace(found, **told, remainder=query.scores - added.sum(1), **more)


def boxed():
    boxes = torch.tensor([[[0, 4, 8, 16], [8, 0, 9, 1]]])
    return decided_by(image_query(), boxes=boxes, example_boxes=boxes.flip(1))


def test_nearest_examples_are_told_with_what_the_model_says_of_them():
    found = replace(examples(table_query(), k=2), example_scores=torch.tensor([[0.25, 0.75]]))
    assert example_lines(found, 0, 5) == (
        "example 0: distance 1.00, probability of no: 0.250",
        "example 1: distance 2.00, probability of no: 0.750",
    )
    assert len(example_lines(found, 0, 1)) == 1
    same = replace(found, similarity=torch.tensor([[0.0, -2.0]]))
    assert example_lines(same, 0, 1)[0].startswith("example 0: distance 0,")
    assert example_lines(replace(found, similarity=torch.tensor([[0.9, 0.1]])), 0, 1)[0].startswith(
        "example 0: similarity 0.900,"
    )
    assert sum_words(found, 0, 2) == ()


def test_rows_that_a_model_decides_by_are_told_with_what_each_adds_and_what_is_left():
    found = decided_by(table_query())
    assert example_lines(found, 0, 5) == (
        "training row 0: similarity 0.250 times weight 2.00 adds 0.500",
        "training row 1: similarity 0.500 times weight 0.500 adds 0.250",
    )
    assert sum_words(found, 0, 2) == ("The examples shown add 0.750 to the probability, all else \N{MINUS SIGN}0.250.",)
    assert sum_words(found, 0, 1) == ("The examples shown add 0.500 to the probability, all else 0.",)


def test_pictures_are_told_with_the_places_that_are_alike_by_their_first_and_last_pixels():
    first, second = example_lines(boxed(), 0, 5)
    there, here = "rows 8 to 8, columns 0 to 0", "rows 0 to 7, columns 4 to 15"
    assert first.startswith(f"training picture 0 at {there} is like this one at {here}: similarity 0.250 times")
    assert second.startswith(f"training picture 1 at {here} is like this one at {there}: similarity 0.500 times")


def test_a_contribution_that_is_no_product_is_not_told_as_one():
    found = replace(decided_by(table_query()), contributions=torch.tensor([[0.7, 0.25]]))
    assert likeness_words(found, 0, 0) == ("similarity 0.250", "weight 2.00, adds 0.700")
    assert example_lines(found, 0, 1) == ("training row 0: similarity 0.250, weight 2.00, adds 0.700",)


def test_what_speaks_against_the_score_takes_from_it():
    found = replace(decided_by(table_query()), contributions=torch.tensor([[-0.7, 0.25]]))
    assert likeness_words(found, 0, 0)[1] == "weight 2.00, takes 0.700"
    assert rank_words(found, 0, 0) == "training row 0 takes 0.700"
    assert rank_words(boxed(), 0, 1) == "training picture 1 adds 0.250"
    assert rank_words(examples(table_query(), k=2), 0, 1) == "example 1: distance 2.00"


@pytest.mark.parametrize(("off", "said"), [(3e-7, "all else 0."), (1e-2, "all else \N{MINUS SIGN}0.0100.")])
def test_what_rounding_leaves_is_told_as_nothing(off, said):
    query = table_query()
    found = decided_by(replace(query, scores=torch.full_like(query.scores, 0.75 - off)))
    assert sum_words(found, 0, 2)[0].endswith(said)


def test_the_terminal_has_a_line_for_each_match_and_one_for_all_else():
    lines = [line.rstrip() for line in as_text(explanation_table(boxed())).splitlines()]
    shown = [line for line in lines if "training picture" in line]
    assert len(shown) == 2
    assert shown[1].endswith("similarity 0.500 times weight 0.500 adds 0.250")
    assert any(line.endswith("The examples shown add 0.750 to the logit, all else 0.250.") for line in lines)


def test_json_holds_the_numbers_of_every_match():
    one, other = explanation_summary(boxed())["examples"][0]
    assert one == {
        "index": 0,
        "similarity": 0.25,
        "weight": 2.0,
        "contribution": 0.5,
        "box": [0, 4, 8, 16],
        "example_box": [8, 0, 9, 1],
    }
    assert other["index"] == 1
    assert "examples" not in explanation_summary(attribution(table_query()))
