"""The table of only what changes says of each counterfactual what is new, and nothing of what stays."""

from dataclasses import replace

import pytest
import torch
from matplotlib.text import Text
from report_results import counterfactuals, image_query, table_query

from xaivision.core.errors import InputError
from xaivision.report.answer import answer_text
from xaivision.report.changes_table import SAME, changes_figure, changes_of_row, changes_rows, changes_table
from xaivision.report.conditions_figure import MOST_CHANGES, changes_of, counterfactuals_figure
from xaivision.report.features import value_words
from xaivision.report.html import html_fragment
from xaivision.report.table import as_text


def changed():
    """Of the first input the first counterfactual changes one column, the second another one, and the rest stays."""
    result = counterfactuals(table_query())
    rows = result.query.inputs[:, None].repeat(1, result.counterfactuals.shape[1], 1)
    rows[0, 0, 1] += 1
    rows[0, 1, 0] += 2
    found = torch.ones_like(result.found)
    found[0, 1] = False
    return replace(result, counterfactuals=rows, found=found)


def test_only_what_changes_is_told_and_a_dot_stands_for_what_stays():
    result = changed()
    told = changes_of_row(result)
    now, new = result.query.inputs[0], result.counterfactuals[0]
    words = lambda column, row: value_words(result.query, column, float(row[column]))  # noqa: E731
    assert [row[1:4] for row in told.rows] == [(words(0, now), SAME, words(0, new[1])), (words(1, now), words(1, new[0]), SAME)]
    assert told.headings[:4] == ("changes", "now", "1.", "2.")


def test_a_row_that_is_repeated_is_told_once():
    """As `decision_boundary` fills up a way that is shorter than others."""
    result = changed()
    rows = result.counterfactuals.repeat(1, 2, 1)
    rows[0, 2:] = rows[0, 0]
    found = torch.zeros(len(rows), 4, dtype=torch.bool)
    found[0, 0] = True
    told = replace(result, counterfactuals=rows, scores=result.scores.repeat(1, 2), found=found)
    assert changes_of_row(told).headings == ("changes", "now", "1.", "2.")
    assert all(len(row) == 4 for row in changes_rows(told))
    nothing = replace(told, counterfactuals=result.query.inputs[:, None].repeat(1, 4, 1), found=torch.zeros_like(found))
    assert changes_of_row(nothing).headings == ("changes", "now", "1.")
    assert changes_of_row(nothing).rows == ()
    assert changes_rows(nothing)[-1][-1].startswith("(")


def test_where_more_are_there_than_are_told_the_table_says_so():
    result = counterfactuals(table_query(), k=9)
    rows = result.counterfactuals + torch.arange(9.0)[:, None]
    every = replace(result, counterfactuals=rows, found=torch.ones_like(result.found))
    assert "(the first 6 of 9)" in as_text(changes_table(every))
    assert "the first" not in as_text(changes_table(changed()))


def test_a_score_that_does_not_reach_the_class_is_in_brackets():
    last = changes_rows(changed())[-1]
    assert last[0].endswith(f" of {changes_of_row(changed()).goal}")
    assert not last[2].startswith("(")
    assert last[3] == f"({last[3][1:-1]})"


def test_terminal_page_and_figure_tell_the_same_cells():
    result = changed()
    cells = [cell for row in changes_rows(result) for cell in row if cell]
    text, page = as_text(changes_table(result)), html_fragment(result)
    drawn = [one.get_text() for one in changes_figure(result).axes[0].texts]
    for cell in cells:
        assert cell in text
        assert cell in page
        assert cell in drawn


def test_the_costs_of_all_that_is_found_are_told_everywhere_with_their_unit():
    result = changed()
    costs = torch.full(result.found.shape, torch.nan, dtype=torch.float64)
    costs[0, 0] = 2.5
    unit = "standard deviations, by the root of their squares"
    told = replace(result, costs=costs, cost_unit=unit)
    assert changes_rows(told) == [*changes_rows(result), (f"cost in {unit}", "", "2.50", "")]
    assert "cost in standard deviations" in as_text(changes_table(told))
    drawn = {one.get_text() for one in changes_figure(told).axes[0].texts}
    assert {"cost", "2.50", f"cost: {unit}"} <= drawn
    assert f"(cost 2.50 {unit})" in answer_text(told, 0)
    shown = [text.get_text() for text in counterfactuals_figure(told, 0).findobj(Text)]
    assert "cost 2.50" in shown
    assert f"Cost of a counterfactual: {unit}." in " ".join(shown)
    assert f"cost 2.5 {unit}" in repr(told)
    assert "cost" not in repr(result)


def test_of_many_changes_the_dearest_are_drawn_and_the_others_are_named():
    result = counterfactuals(table_query(), k=1)
    count = 2 * result.query.inputs.shape[1]
    query = replace(result.query, inputs=result.query.inputs.repeat(1, 2), feature_names=tuple(f"f{n}" for n in range(count)))
    many = replace(result, query=query, counterfactuals=query.inputs[:, None] + 1, found=torch.ones_like(result.found))
    costs = torch.arange(count).double().expand(len(query), 1, -1)
    lines = changes_of(replace(many, column_costs=costs), 0, 0)
    assert [line.partition(":")[0] for line in lines[:-1]] == [f"f{count - 1 - n}" for n in range(MOST_CHANGES)]
    assert lines[-1].startswith(f"and {count - MOST_CHANGES} more changes: ")
    assert all(f"f{n}" in lines[-1] for n in range(count - MOST_CHANGES))
    assert changes_of(many, 0, 0)[0].startswith("f0:")  # as they come, where their costs are not known


def test_the_page_says_where_its_table_ends():
    result = counterfactuals(table_query(2), k=9)
    rows = result.counterfactuals + torch.arange(9.0)[:, None]
    every = replace(result, counterfactuals=rows, found=torch.ones_like(result.found))
    assert "(the first 6 of 9), input 0 of 2" in html_fragment(every)
    assert "the first 6" not in html_fragment(changed())
    assert "<caption>" not in html_fragment(counterfactuals(image_query()))


def test_printing_the_table_shows_it():
    table = changes_table(changed())
    assert str(table) == as_text(table).rstrip("\n")
    assert "changes" in str(table)


def test_nothing_changes_and_nothing_is_told_but_scores():
    result = changed()
    same = replace(result, counterfactuals=result.query.inputs[:, None].expand_as(result.counterfactuals))
    assert changes_of_row(same).rows == ()
    assert len(changes_rows(same)) == 1


def test_pictures_and_inputs_that_are_not_there_are_refused():
    with pytest.raises(InputError, match="A table of changes needs counterfactuals of table rows"):
        changes_of_row(counterfactuals(image_query()))
    with pytest.raises(InputError, match="`index` must be a number from 0 to"):
        changes_of_row(changed(), 99)
