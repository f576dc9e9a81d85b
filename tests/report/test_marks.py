"""Segments that the words of an answer name are seen: outlined, with their numbers, in figures and on pages."""

from dataclasses import replace

import numpy as np
import torch
from matplotlib.colors import to_rgba
from report_results import counterfactuals, image_query, rules

import xaivision as xv
from xaivision.core.rules import Condition, Rule
from xaivision.report.cards import cards_of
from xaivision.report.drawn_marks import OUTLINE, draw_marks, marked_figure
from xaivision.report.fading import FADING
from xaivision.report.figure import figure_of
from xaivision.report.image_figure import image_figure
from xaivision.report.marks import marked_by_edits, marked_by_rule, marked_of, merged
from xaivision.report.panel import cells_of, panel_of
from xaivision.report.photo import photo_pixels
from xaivision.report.scale import scales_for
from xaivision.report.view import View


def labels_of(query, sides=3):
    """(B, H, W) vertical bands from 0 on."""
    height, width = query.inputs.shape[2:]
    return (torch.arange(width) * sides // width).expand(len(query), height, width).clone()


def banded(*conditions, count=1):
    query = image_query(count)
    rule = Rule(tuple(Condition(number, 0.5) for number in conditions), 0.97, 0.21, 0.95)
    return replace(rules(query), rules=((rule,),) * count, players=labels_of(query))


def edited():
    """The first of two counterfactuals moves band 1 to where band 2 is, the second edits band 0 and takes it out."""
    query = image_query(1)
    found = counterfactuals(query)
    bands, places = labels_of(query)[0], torch.full((1, 2, 2, *query.inputs.shape[2:]), -1)
    places[0, 0, 0][bands == 1] = places[0, 0, 1][bands == 2] = 1
    places[0, 1, 0][bands == 0] = 0
    words = (("segment 1: across 0 px -> 5 px", "segment 0: removal 0 -> 1"),)
    return replace(found, found=torch.ones(1, 2, dtype=torch.bool), edits=words, places=places)


def written(axes):
    return sorted(text.get_text() for text in axes.texts)


def lines(axes):
    return [one for one in axes.collections if tuple(one.get_edgecolor()[0]) == to_rgba(OUTLINE)]


def cell(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def test_a_rule_of_a_picture_lights_its_segments_and_numbers_them():
    made = banded(0, 2)
    figure = figure_of(made, 0)
    axes, bands = cell(figure, "rule 1"), made.players[0].numpy()
    drawn, own = np.asarray(axes.images[0].get_array()), photo_pixels(made.query.inputs[0])
    assert np.array_equal(drawn[bands != 1], own[bands != 1])
    faded = (1 - FADING) * own[bands == 1].astype(float) + FADING * 255
    assert np.abs(drawn[bands == 1] - faded).max() <= 0.5
    assert written(axes) == ["0", "2"]
    assert len(lines(axes)) == 2
    said = " ".join(text.get_text() for text in figure.texts)
    assert "precision 0.970, at least 0.950" in said
    assert "if segments 0 and 2 are there" in said
    assert not lines(cell(figure, "input"))


def test_a_picture_without_a_rule_is_drawn_once_and_says_so():
    made = replace(banded(0), rules=((),))
    figure = figure_of(made, 0)
    assert [axes.get_label() for axes in figure.axes if axes.images] == ["input"]
    assert "no rule was found" in " ".join(text.get_text() for text in figure.texts)
    panel = panel_of(made, 0)
    assert panel.absence == "no rule was found"
    assert "no rule was found" not in panel.lines


def test_the_marks_of_a_rule_are_its_segments_alone():
    made = banded(1)
    marked = marked_of(made, 0)
    assert np.array_equal(marked, np.where(made.players[0].numpy() == 1, 1, -1))
    assert marked_by_rule(made, 0, Rule((), 0.5, 1.0)) is None
    assert marked_of(rules(image_query(1)), 0) is None  # no segments: nothing is known of places


def test_edits_are_outlined_where_they_were_and_where_they_are_now():
    made = edited()
    figure = figure_of(made, 0)
    assert written(cell(figure, "input")) == ["0", "1"]
    assert written(cell(figure, "counterfactual 0")) == ["1"]
    assert written(cell(figure, "counterfactual 1")) == []  # it is taken out
    before, after = marked_by_edits(made, 0, 0)
    bands = labels_of(made.query)[0].numpy()
    assert np.array_equal(before == 1, bands == 1)
    assert np.array_equal(after == 1, bands == 2)
    assert np.array_equal(merged([before, marked_by_edits(made, 0, 1)[0]]), np.where(bands == 2, -1, bands))
    assert merged([None, None]) is None


def test_a_picture_that_nothing_was_found_for_is_drawn_alone():
    made = edited()
    nothing = replace(
        made,
        counterfactuals=made.query.inputs[:, None].repeat(1, 2, 1, 1, 1),
        found=torch.zeros(1, 2, dtype=torch.bool),
        edits=(("", ""),),
    )
    figure = figure_of(nothing, 0)
    assert [axes.get_label() for axes in figure.axes if axes.images] == ["input"]
    assert "NOT reached" in " ".join(text.get_text() for text in figure.texts)
    assert marked_of(nothing, 0) is None


def test_what_was_rounded_is_no_change_that_is_drawn():
    made = edited()
    pictures = (made.query.inputs[:, None].repeat(1, 2, 1, 1, 1) * 255).round() / 255
    pictures[0, :, :, 0, 0] = 1 - pictures[0, :, :, 0, 0].round()
    drawn = np.asarray(cell(figure_of(replace(made, counterfactuals=pictures), 0), "change 0").images[0].get_array()).astype(int)
    colored = np.ptp(drawn, axis=2) > 0
    assert colored[0, 0]
    assert colored.sum() == 1


def test_each_counterfactual_has_a_row_of_its_own_beside_the_input():
    figure = figure_of(edited(), 0)
    places = {axes.get_label(): axes.get_position() for axes in figure.axes if axes.images}
    assert places["counterfactual 0"].x0 == places["counterfactual 1"].x0 > places["input"].x0
    assert places["counterfactual 0"].y0 == places["input"].y0 > places["counterfactual 1"].y0


def test_a_page_and_a_comparison_show_the_counterfactual_itself_beside_the_change():
    made = edited()
    first, turned = cells_of([panel_of(made, 0)], 0)
    assert (first.map is not None, turned.label, turned.absence) == (True, "its counterfactual", "")
    assert torch.equal(turned.turned.picture, made.counterfactuals[0, 0])
    figure = image_figure(made.query, [panel_of(made, 0)], 0, View("shared_raw"))
    assert written(cell(figure, first.label)) == ["1"]
    drawn = np.asarray(cell(figure, "its counterfactual").images[0].get_array())
    assert np.array_equal(drawn, photo_pixels(made.counterfactuals[0, 0]))
    cards = cards_of(made.query, [panel_of(made, 0)], 0, scales_for([first.map], "shared_raw"))
    assert [card.picture is not None for card in cards] == [True, True]
    assert "dog reached" in cards[1].picture.alt


def test_a_number_stands_inside_its_segment():
    """Of a ring, too, whose middle is not of it."""
    down, across = np.mgrid[:21, :21]
    ring = np.where(np.abs(np.hypot(down - 10, across - 10) - 7) < 2, 4, -1)
    (axes,) = marked_figure(np.zeros((21, 21, 3), dtype=np.uint8), ring).axes
    ((x, y),) = [text.xy for text in axes.texts]
    assert ring[y, x] == 4
    assert written(axes) == ["4"]
    draw_marks(axes, None)
    assert written(axes) == ["4"]


def test_places_are_saved_and_loaded(tmp_path):
    made = edited()
    assert torch.equal(xv.load(made.save(tmp_path / "found.safetensors")).places, made.places)
