"""Rows beside rows, column by column: values as they are, and differences on the scale of the set they come from."""

from dataclasses import replace

import pytest
import torch
from matplotlib.patches import Rectangle
from report_results import examples, table_query

from xaivision.report.column_pairs import column_pairs, prototype_columns
from xaivision.report.examples_figure import examples_figure, profiles
from xaivision.report.files import load, save
from xaivision.report.wording import MINUS


def beside(spread=None, count=3):
    """A row of so many columns, and two examples that differ from it by 10 and 20 in the first and by 1 in the last column."""
    row = torch.arange(count).float()
    cases = torch.stack([row, row])
    cases[0, 0], cases[1, 0], cases[:, -1] = row[0] + 10, row[0] - 20, row[-1] - 1
    query = replace(
        table_query(), inputs=row[None], feature_names=tuple(f"column {one}" for one in range(count)), category_names=()
    )
    return replace(examples(query, k=2), examples=cases[None], spread=spread)


def test_differences_are_told_in_spreads_of_the_set_and_values_as_they_are():
    found = column_pairs(beside(torch.tensor([100.0, 1.0, 0.5])), 0, 2)
    first, second = found.shown
    assert [one.name for one in first] == [one.name for one in second] == ["column 2", "column 0", "column 1"]
    assert [(one.here, one.there) for one in first] == [("2", "1"), ("0", "10"), ("1", "1")]
    assert [one.apart for one in first] == pytest.approx([2.0, -0.1, 0.0])
    assert [one.apart for one in second] == pytest.approx([2.0, 0.2, 0.0])
    assert [one.told for one in first] == ["+2.0", f"{MINUS}0.1", "0"]
    assert found.limit == 2.0
    assert found.statements == ["Bars: by how many standard deviations of the column this row is higher than the example."]


def test_rows_that_are_alike_look_alike_whatever_the_others_are():
    found = column_pairs(beside(torch.tensor([1000.0, 1.0, 100.0])), 0, 2)
    assert found.limit == 1.0  # not the largest difference that is shown


def test_without_a_known_spread_differences_are_shares_of_what_is_shown():
    found = column_pairs(beside(), 0, 2)
    assert found.unit == "shares of the range of the rows shown"
    assert [one.apart for one in found.shown[1]] == pytest.approx([1.0, 2 / 3, 0.0])


def test_of_many_columns_those_that_differ_least_are_left_out_and_counted():
    found = column_pairs(beside(torch.ones(20), 20), 0, 2, most=1)
    assert [one.name for one in found.shown[0]] == ["column 0"]
    assert (found.more, found.rest) == (19, 1.0)
    assert found.statements[1] == "19 columns more, none further apart than 1.0."


def test_a_prototype_is_told_by_where_it_is_furthest_from_the_mean():
    shown = prototype_columns((), torch.tensor([5.0, 1.0]), torch.tensor([4.0, 4.0]), torch.tensor([1.0, 2.0]), 2)
    assert [(one.name, one.here, one.there, one.apart) for one in shown] == [
        ("feature 1", "1.000", "4.000", -1.5),
        ("feature 0", "5.000", "4.000", 1.0),
    ]


def test_the_figure_has_a_panel_for_each_example_with_bars_as_long_as_the_differences():
    figure = examples_figure(beside(torch.tensor([100.0, 1.0, 0.5])), 0)
    panels = [axes for axes in figure.axes if any(isinstance(one, Rectangle) for one in axes.patches)]
    assert len(panels) == 2
    long, short, none = (one.get_width() for one in panels[1].patches[:3])
    assert (long / short, none) == (pytest.approx(10), 0)
    words = [text.get_text() for text in panels[0].texts]
    assert {"column 0", "10", "this row", "row 0", "+2.0"} <= set(words)
    assert any("ok" in text.get_text() for text in figure.texts)


def test_a_line_of_a_row_that_is_alike_is_flat():
    drawn = profiles(torch.zeros(2), torch.tensor([[0.0, 0.0], [3.0, -9.0]]), torch.tensor([1.0, 1.0]))
    assert (drawn.row.tolist(), drawn.others.tolist()) == ([0.5, 0.5], [[0.5, 0.5], [1.0, 0.0]])


def test_the_spread_is_kept_in_files(tmp_path):
    found = beside(torch.tensor([100.0, 1.0, 0.5]))
    assert torch.equal(load(save(found, tmp_path / "one")).spread, found.spread)
