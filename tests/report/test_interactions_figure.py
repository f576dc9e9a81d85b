"""The figure of interactions: what each has alone, every two together on a symmetric scale, and the strongest pairs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from report_results import attribution, comparison, image_query, refused, table_query

from xaivision.report.figure import comparison_figure, explanation_figure, png
from xaivision.report.pairs import MOST_PLAYERS, pairs_of
from xaivision.report.palette import diverging


def matrix_of(alone, pairs):
    """The symmetric matrix of these pairs, half on each side."""
    found = torch.diag(torch.tensor(alone, dtype=torch.float64))
    for (one, other), gain in pairs.items():
        found[one, other] = found[other, one] = gain / 2
    return found


def interacting(matrix, query=None, **more):
    query = table_query(columns=len(matrix)) if query is None else query
    values = matrix.sum(1)[None].to(query.inputs) if query.inputs.ndim == 2 else None
    more = more if values is None else {"values": values, **more}
    return attribution(query, "shapley_interactions", interactions=(matrix,), **more)


SMALL = matrix_of([1.0, -0.5, 0.0, 0.25], {(0, 1): 0.6, (2, 3): -0.3})


def axes_named(figure, name):
    return next(axes for axes in figure.findobj(Axes) if axes.get_label() == name)


def words(holder):
    return [text.get_text() for text in holder.findobj(Text) if text.get_text()]


def test_a_pair_has_all_of_its_interaction_and_each_alone_what_is_left():
    pairs = pairs_of(interacting(SMALL), 0)
    assert pairs.names == ("column 0", "column 1", "column 2", "column 3")
    assert pairs.alone.tolist() == [1.0, -0.5, 0.0, 0.25]
    assert pairs.ranked == [(0, 1), (2, 3)]
    assert [(bar.name, bar.length) for bar in pairs.pair_bars()] == [
        ("column 0 \N{MULTIPLICATION SIGN} column 1", 0.6),
        ("column 2 \N{MULTIPLICATION SIGN} column 3", -0.3),
    ]
    assert [bar.name for bar in pairs.alone_bars()] == ["column 0", "column 1", "column 3"]
    assert pairs.alone.sum() + np.triu(pairs.together).sum() == pytest.approx(float(SMALL.sum()))


def test_the_matrix_is_drawn_on_a_symmetric_scale_of_the_interactions_alone():
    figure = explanation_figure(interacting(SMALL))
    cells = axes_named(figure, "interactions").findobj(Rectangle)
    colors = [tuple(np.round(cell.get_facecolor()[:3], 6)) for cell in cells[: 4 * 4]]
    for (row, column), share in {(0, 1): 1.0, (1, 0): 1.0, (2, 3): -0.5, (0, 2): 0.0}.items():
        assert colors[4 * row + column] == pytest.approx(tuple(diverging(np.asarray(share))), abs=1e-5)
    assert colors[0] == colors[5] != pytest.approx((1, 1, 1))
    bar = " ".join(words(axes_named(figure, "color bar")))
    assert "\N{MINUS SIGN}0.6" in bar
    assert "+0.6" in bar


def test_a_small_matrix_holds_its_numbers_and_a_large_one_the_strongest_with_what_is_left_out():
    small = words(axes_named(explanation_figure(interacting(SMALL)), "interactions"))
    assert small.count("+0.600") == 2
    assert small.count("\N{MINUS SIGN}0.300") == 2
    count = 20
    large = matrix_of([0.1] * count, {(18, 19): 3.0, (0, 17): -2.0, **{(1, other): 0.01 for other in range(2, 17)}})
    pairs = pairs_of(interacting(large), 0)
    assert len(pairs.shown) == MOST_PLAYERS
    assert {0, 17, 18, 19} <= set(pairs.shown)
    said = words(explanation_figure(interacting(large)))
    assert any(text.startswith("8 more take part in ") for text in said)
    assert "+3.00" in said


def test_rounding_is_no_interaction():
    pairs = pairs_of(interacting(matrix_of([1.0, 2.0, 0.0], {(0, 1): 3e-8, (0, 2): -1e-9})), 0)
    assert pairs.ranked == []
    assert pairs.rounded == 2
    said = " ".join(words(explanation_figure(interacting(matrix_of([1.0, 2.0, 0.0], {(0, 1): 3e-8})))))
    assert "No two interact here" in said
    assert "drawn as zero" in said


def test_groups_and_segments_are_the_players_of_their_matrix():
    players = torch.tensor([[0, 1, 1, 2]])
    made = interacting(matrix_of([1.0, 0.5, 0.0], {(0, 1): 0.6}), table_query(columns=4), values=torch.ones(1, 4).double())
    assert pairs_of(replace(made, players=players), 0).names == ("column 0", "column 1 + column 2", "column 3")
    query = image_query(size=8)
    labels = (torch.arange(8)[:, None] // 4 * 2 + torch.arange(8)[None] // 4)[None]
    figure = explanation_figure(interacting(SMALL, query, players=labels))
    holder = axes_named(figure, "shapley_interactions")
    assert holder.findobj(LineCollection)
    assert {"0", "1", "2", "3"} <= set(words(holder))
    assert "segment 0 \N{MULTIPLICATION SIGN} segment 1" in words(axes_named(figure, "strongest pairs"))


def test_nothing_leaves_the_page():
    for made in (interacting(SMALL), interacting(matrix_of([0.1] * 14, {(0, 1): 1.0, (4, 13): -1.0}))):
        figure = explanation_figure(made)
        png(figure)
        page = figure.bbox
        boxes = [text.get_window_extent() for text in figure.findobj(Text) if text.get_text().strip()]
        assert all(box.x0 >= -1 and box.y0 >= -1 and box.x1 <= page.x1 + 1 and box.y1 <= page.y1 + 1 for box in boxes)


def test_what_is_refused_shows_its_reason_and_a_comparison_shows_the_shares():
    query = table_query(columns=4)
    hidden = replace(refused(query), interactions=(SMALL,))
    assert "the hook never fired" in " ".join(words(explanation_figure(hidden)))
    assert not any(axes.get_label() == "interactions" for axes in explanation_figure(hidden).axes)
    compared = comparison(query, {"shapley_interactions": interacting(SMALL, query)}, ("random",))
    assert not any(axes.get_label() == "interactions" for axes in comparison_figure(compared).axes)
