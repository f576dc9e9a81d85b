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


def test_marks_are_those_of_the_input_and_of_its_first_rule():
    """Two inputs with segments and rules of their own, and a second rule each that says something else."""
    query = image_query(2)
    named = [[Rule((Condition(number, 0.5),), 0.97, 0.21) for number in numbers] for numbers in ((0, 2), (1, 0))]
    down, across = labels_of(query)[1].mT, labels_of(query)[0]
    made = replace(rules(query), rules=tuple(map(tuple, named)), players=torch.stack([across, down]))
    for index, (labels, number) in enumerate([(across, 0), (down, 1)]):
        assert np.array_equal(marked_of(made, index), np.where(labels.numpy() == number, number, -1))


def test_marks_are_those_of_the_first_counterfactual_that_was_found():
    query = image_query(2)
    places = torch.full((2, 3, 2, *query.inputs.shape[2:]), -1)
    for index in range(2):
        for place in range(3):
            places[index, place, 0, place] = 10 * index + place
            places[index, place, 1, 3 + place] = 10 * index + place
    found = torch.tensor([[True, True, True], [False, True, True]])
    made = replace(counterfactuals(query, 3), found=found, edits=(("",) * 3,) * 2, places=places)
    for index, place in ((0, 0), (1, 1)):
        before, after = marked_by_edits(made, index)
        assert np.array_equal(before, places[index, place, 0].numpy())
        assert np.array_equal(after, places[index, place, 1].numpy())
        assert np.array_equal(marked_of(made, index), before)


def test_of_two_marks_of_one_pixel_the_first_stays():
    first, second, third = (np.array([one]) for one in ([4, -1, 4, -1], [7, 7, -1, -1], [9, 9, 9, -1]))
    assert merged([first, None, second]).tolist() == [[4, 7, 4, -1]]
    assert merged([None, second, first, third]).tolist() == [[7, 7, 4, -1]]
    assert first.tolist() == [[4, -1, 4, -1]]


def test_an_outline_runs_around_its_segment_and_the_number_stands_in_its_middle():
    """Rows 2 to 4 and columns 10 to 14 of a picture that is wider than high."""
    marked = np.full((9, 21), -1)
    marked[2:5, 10:15] = 6
    (axes,) = marked_figure(np.zeros((9, 21, 3), dtype=np.uint8), marked).axes
    (outline,) = lines(axes)
    ends = np.concatenate(outline.get_segments())
    assert [*ends.min(0), *ends.max(0)] == [9.5, 1.5, 14.5, 4.5]
    ((x, y),) = [text.xy for text in axes.texts]
    assert (11 <= x <= 13, y) == (True, 3)
