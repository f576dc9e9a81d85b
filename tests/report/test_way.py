"""Steps on the way to a counterfactual are told as such, and not as counterfactuals that reach nothing."""

from dataclasses import replace

import torch
from matplotlib.text import Text
from report_results import counterfactuals, narrative, table_query

from xaivision.report.answer import answer_text
from xaivision.report.figure import explanation_figure
from xaivision.report.way import cost_at, in_order, steps_of, steps_to_it, told_of


def words(figure):
    """All text that the figure draws."""
    return " ".join(text.get_text() for text in figure.findobj(Text)).replace("\n", " ")


def way():
    """Three edits, the third of which turns the first row; two that turn the second, the last one said again."""
    query = table_query(2)
    told = counterfactuals(query, k=3)
    rows = query.inputs[:, None].repeat(1, 3, 1)
    for step in range(3):
        rows[:, step:, step] += 1
    rows[1, 2] = rows[1, 1]
    return replace(told, counterfactuals=rows, found=torch.tensor([[False, False, True], [False, True, False]]))


def test_steps_are_those_before_the_first_row_that_reaches_its_class():
    assert [steps_of(way(), index) for index in (0, 1)] == [[0, 1], [0]]
    assert [told_of(way(), index) for index in (0, 1)] == [[0, 1, 2], [0, 1]]


def test_what_is_changed_elsewhere_is_no_step():
    other = way()
    other.counterfactuals[0, 0, 5] += 1
    assert steps_of(other, 0) == [1]
    assert steps_of(replace(other, found=torch.zeros_like(other.found)), 0) == []


def test_a_way_is_told_by_its_steps():
    assert "is reached in 3 steps: column 0 " in answer_text(way(), 0)
    said = words(explanation_figure(way(), 1))
    assert "step 1 on the way" in said
    assert "2. counterfactual" in said
    assert "3. counterfactual" not in said


def test_the_changes_of_a_way_are_told_in_the_order_of_its_steps():
    backward = way()
    rows = backward.query.inputs[:, None].repeat(1, 3, 1)
    for step in range(3):
        rows[:, step:, 2 - step] += 1
    told = answer_text(replace(backward, counterfactuals=rows), 0)
    assert [told.index(f"column {column} ") for column in (2, 1, 0)] == sorted(
        told.index(f"column {column} ") for column in range(3)
    )


def test_where_nothing_is_found_there_is_one_sentence_and_no_empty_places():
    told = counterfactuals(table_query(2), k=4)
    nothing = replace(
        told,
        counterfactuals=told.query.inputs[:, None].repeat(1, 4, 1),
        found=torch.zeros_like(told.found),
    )
    said = words(explanation_figure(nothing, 0))
    assert said.count("NOT reached") == 1
    assert "no counterfactual" in said
    assert "1. counterfactual" not in said


def test_a_way_of_one_step_is_a_way_and_several_counterfactuals_are_none():
    one = way()
    one.counterfactuals[:] = one.counterfactuals[:, 2:]
    one = replace(one, found=torch.tensor([[True, False, False]] * 2))
    assert "is reached in 1 step: " in answer_text(one, 0)
    assert [steps_to_it(way(), index) for index in (0, 1)] == [3, 2]
    assert steps_to_it(counterfactuals(table_query(2)), 1) == 0


def test_the_words_of_a_row_stand_once_in_its_figure():
    """Above its bars, and not beside them again."""
    told = narrative(table_query(2))
    assert words(explanation_figure(told, 1)).count(told.text[1]) == 1


def test_what_is_told_of_a_row_costs_what_it_costs_and_no_other():
    """Of the second row the last counterfactual alone reaches its class."""
    bare = counterfactuals(table_query(2), k=3)
    rows = bare.counterfactuals + torch.arange(3.0)[:, None]
    found = torch.tensor([[True, True, True], [False, False, True]])
    costs = torch.arange(1, 7).double().view(2, 3)
    columns = torch.zeros(rows.shape, dtype=torch.float64)
    columns[0, 0, 0], columns[1, 2, 5] = 9, 9
    told = replace(bare, counterfactuals=rows, found=found, costs=costs, cost_unit="pounds", column_costs=columns)
    assert cost_at(told, 1, 2) == "6.00"
    assert in_order(told, 1, 2)[0] == 5
    assert "(cost 6.00 pounds)" in answer_text(told, 1)
    nothing = replace(told, counterfactuals=told.query.inputs[:, None].repeat(1, 3, 1), found=torch.zeros_like(found))
    assert "Cost of a counterfactual" in words(explanation_figure(told, 1))
    assert "Cost of a counterfactual" not in words(explanation_figure(nothing, 1))
