"""Features that share one value: one bar for a group of columns, thin lines around the segments of a picture."""

import re
from base64 import b64decode
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from matplotlib.collections import LineCollection
from PIL import Image
from report_results import attribution, comparison, image_query, origin, table_query

from xaivision.report.answer import answer_text
from xaivision.report.borders import FINE, border_lines, outlined
from xaivision.report.features import remainder, top_bars
from xaivision.report.figure import comparison_figure, explanation_figure
from xaivision.report.html import html_page
from xaivision.report.shared_values import MOST_SEGMENTS, group_names, groups_of, segments_of
from xaivision.report.signed_map import signed_map

PLAYERS = torch.tensor([0, 1, 0, 2, 1, 1])
VALUES = torch.tensor([[0.5, -1.0, 0.5, 0.25, -1.0, -1.0]], dtype=torch.float64)


def grouped(**settings):
    query = table_query(columns=6)
    made = attribution(query, "kernel_shap", values=VALUES, players=PLAYERS.expand(1, -1))
    return replace(made, origin=origin("kernel_shap", **settings))


def segmented(labels, size=16):
    query = image_query(size=size)
    values = labels.double()[None, None] / 100 + 0.01
    return attribution(query, "lime_image", values=values.to(query.inputs), players=labels[None])


def tiles(side, size=16):
    places = torch.arange(size) * side // size
    return places[:, None] * side + places[None]


def words(figure):
    from matplotlib.text import Text

    return " | ".join(text.get_text() for text in figure.findobj(Text))


def test_a_group_is_one_bar_with_what_it_got_and_no_value_of_the_row():
    made = grouped()
    bars = top_bars(made.query, 0, signed_map(made, 0), "shared_raw")
    assert [(bar.name, bar.length) for bar in bars] == [
        ("column 1 + column 4 + 1 more", -3.0),
        ("column 0 + column 2", 1.0),
        ("column 3", 0.25),
    ]
    assert [bool(bar.value) for bar in bars] == [False, False, True]


def test_groups_that_the_caller_named_have_these_names():
    made = grouped(groups={"shape": ["column 1", 4, "column 5"], "size": ["column 0", "column 2"]})
    assert group_names(made, groups_of(made, 0)) == ("size", "shape", "column 3")
    assert answer_text(made, 0) == "shape \N{MINUS SIGN}3.00, size +1.00, column 3 +0.250"


def test_the_figure_and_the_page_draw_each_group_once():
    made = grouped(groups={"shape": ["column 1", 4, "column 5"], "size": [0, 2]})
    said = words(explanation_figure(made))
    assert said.count("shape") == 1
    assert "column 1" not in said
    assert "net \N{MINUS SIGN}1.75, total 4.25" in said
    compared = comparison(made.query, {"kernel_shap": made}, ("random",))
    assert "shape" in words(comparison_figure(compared))
    assert html_page([("a", compared)]).count(">shape<") == html_page([("a", compared)]).count(">size<") > 0


def test_what_has_no_bar_is_counted_in_groups():
    shown = signed_map(grouped(), 0)
    bars = top_bars(grouped().query, 0, shown, "shared_raw", top=1)
    assert remainder(shown, bars) == "2 more groups carry 29 % of the total"


def test_columns_that_stand_alone_are_bars_as_before():
    made = replace(grouped(), players=torch.arange(6)[None])
    assert groups_of(made, 0) == ()
    assert len(top_bars(made.query, 0, signed_map(made, 0), "shared_raw")) == 6


@pytest.mark.parametrize(("side", "drawn"), [(1, False), (2, True), (12, True), (13, False), (16, False)])
def test_segments_are_outlined_unless_they_are_one_or_too_many(side, drawn):
    made = segmented(tiles(side, 52), 52) if side in (12, 13) else segmented(tiles(side))
    assert (segments_of(made, 0) is not None) == drawn == (1 < side * side <= min(MOST_SEGMENTS, 255))
    lines = explanation_figure(made).findobj(LineCollection)
    assert (len(lines) == 1) == drawn
    assert ("Thin lines are the borders of segments" in words(explanation_figure(made))) == drawn


def test_border_lines_lie_between_the_pixels_of_different_segments():
    labels = np.array([[0, 0, 1], [0, 2, 1]])
    found = {tuple(map(tuple, line)) for line in border_lines(labels).tolist()}
    assert found == {((0.5, 0.5), (1.5, 0.5)), ((1.5, -0.5), (1.5, 1.5)), ((0.5, 0.5), (0.5, 1.5))}
    assert border_lines(np.zeros((3, 4), dtype=np.int64)).shape == (0, 2, 2)


def test_a_picture_of_a_page_is_enlarged_until_its_lines_are_thin_and_keeps_its_colors_within():
    pixels = np.full((4, 4, 3), 200, dtype=np.uint8)
    labels = tiles(2, 4).numpy()
    found = outlined(pixels, labels)
    assert found.shape == (FINE, FINE, 3)
    dark = (found < 200).any(-1)
    assert dark[FINE // 2 - 1 : FINE // 2 + 1].all()
    assert dark[:, FINE // 2 - 1 : FINE // 2 + 1].all()
    assert dark.sum() == 4 * FINE - 4
    assert (found[~dark] == 200).all()


def test_only_the_maps_of_segments_have_lines():
    made = segmented(tiles(3))
    compared = comparison(made.query, {"lime_image": made, "saliency": attribution(made.query)}, ("random",))
    figure = comparison_figure(compared)
    holders = [axes.get_label() for axes in figure.axes if axes.findobj(LineCollection)]
    assert holders == ["lime_image"]
    page = html_page([("a", compared)])
    assert "Thin lines are the borders" in page
    pictures = [Image.open(BytesIO(b64decode(found))) for found in re.findall(r"data:image/png;base64,([\w+/=]+)", page)]
    assert [picture.width for picture in pictures[:4]] == [16, FINE, 16, 16]
