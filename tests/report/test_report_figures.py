import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from itertools import combinations

import matplotlib.image
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from report_results import (
    attribution,
    comparison,
    counterfactuals,
    doubted,
    every_explanation,
    examples,
    image_query,
    refused,
    rules,
    table_query,
    zero,
)

from xaivision.core.errors import InputError
from xaivision.report.curves import curves_figure
from xaivision.report.figure import comparison_figure, explanation_figure, figure_of, png, write_figures
from xaivision.report.palette import LINE_COLORS
from xaivision.report.scores_figure import scores_figure

# The faint ink of words is a gray with a breath of blue.
FAINT = 0x6A - 0x57
LONG = "a very long class name with $x_{1}$, \\frac, 猫 and <b> " * 4


def pixels(figure):
    """(H, W, 3) what the figure looks like."""
    return np.round(matplotlib.image.imread(BytesIO(png(figure)))[..., :3] * 255).astype(int)


def axes_named(figure, name):
    return next(axes for axes in figure.findobj(Axes) if axes.get_label() == name)


def cell(figure, name):
    """The pixels inside the axes of this name."""
    drawn = pixels(figure)
    box = axes_named(figure, name).get_window_extent()
    top, bottom = drawn.shape[0] - round(box.y1), drawn.shape[0] - round(box.y0)
    return drawn[top:bottom, round(box.x0) : round(box.x1)]


def colorfulness(region):
    return int((region.max(-1) - region.min(-1)).max())


def words(figure):
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def overlaps(figure):
    """Pairs of texts that lie over each other, and texts that leave the page."""
    png(figure)
    page = figure.bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.findobj(Text) if text.get_text().strip()]
    outside = [text for text, box in boxes if box.x0 < -1 or box.y0 < -1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1]
    crossing = [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]
    return outside, crossing


def many(query, count):
    return {f"method_{number}": attribution(query, seed=number + 1) for number in range(count)}


def test_a_zero_map_is_drawn_blank():
    query = image_query()
    region = cell(comparison_figure(comparison(query, {"zero": zero(query), "saliency": attribution(query)})), "zero")
    inside = region[2:-2, 2:-2]
    assert colorfulness(inside) <= FAINT  # the words
    assert (inside[: len(inside) // 3] == 255).all()  # above the words: nothing but paper
    assert inside.min() < 255  # the words


def test_a_map_shows_exactly_its_colors_pixel_by_pixel():
    query = image_query(size=14)
    values = torch.zeros(1, 1, 14, 14)
    values[0, 0, 3, 5], values[0, 0, 9, 2] = 1.0, -1.0
    region = cell(explanation_figure(attribution(query, values=values)), "saliency")
    step = len(region) // 14
    assert len(region) == 14 * step == 224
    centers = region[step // 2 :: step, step // 2 :: step]
    colored = np.argwhere(centers.max(-1) != centers.min(-1)).tolist()
    assert colored == [[3, 5], [9, 2]]
    assert centers[3, 5, 0] > centers[3, 5, 2]
    assert centers[9, 2, 2] > centers[9, 2, 0]


@pytest.mark.parametrize("make", [image_query, table_query])
def test_a_refused_map_is_not_drawn_but_its_reason_is(make):
    query = make()
    figure = comparison_figure(comparison(query, {"broken": refused(query), "saliency": attribution(query)}))
    axes = axes_named(figure, "broken")
    assert not axes.images
    assert not axes.lines
    assert colorfulness(cell(figure, "broken")[4:-4, 4:-4]) <= FAINT  # gray hatching and words, no red and no blue
    assert "the hook never fired" in words(figure)
    assert axes_named(figure, "saliency").images or axes_named(figure, "saliency").patches


@pytest.mark.parametrize("make", [image_query, table_query])
@pytest.mark.parametrize("build", [examples, counterfactuals, rules, attribution])
def test_every_type_that_is_refused_shows_its_reason_and_nothing_else(make, build):
    result = build(make())
    broken = replace(result, diagnostics=refused(result.query).diagnostics)
    figure = explanation_figure(broken)
    drawn = [axes for axes in figure.axes if axes.images and axes.get_label() != "input"]
    assert not drawn
    assert "the hook never fired" in words(figure)


def test_the_doubts_of_a_warning_stand_below_its_map():
    query = image_query()
    figure = comparison_figure(comparison(query, {"doubtful": doubted(query, reason="it did not converge")}))
    assert "it did not converge" in words(figure)
    assert axes_named(figure, "doubtful").images


def test_a_method_that_could_not_answer_has_a_panel_with_the_reason():
    figure = comparison_figure(comparison(image_query(), failures={"lime": "`lime` needs segments."}))
    assert "`lime` needs segments." in words(figure)
    assert not axes_named(figure, "lime").images


def test_a_metric_that_could_not_judge_a_method_makes_no_panel():
    figure = comparison_figure(comparison(image_query(), failures={"deletion of saliency": "no"}))
    assert not any(axes.get_label() == "deletion of saliency" for axes in figure.axes)


def test_maps_scaled_by_a_constant_keep_their_ratio_in_the_picture_on_a_raw_scale():
    query = image_query(size=8)
    query.inputs.fill_(1.0)  # a white photo, so that colors are the palette's own
    values = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)
    methods = {"one": attribution(query, values=values), "half": attribution(query, values=values / 2)}
    both = comparison(query, methods, ())
    raw, shares = comparison_figure(both, scaling="shared_raw"), comparison_figure(both, scaling="shares")
    assert np.array_equal(cell(shares, "one"), cell(shares, "half"))
    assert (cell(raw, "half").min(-1) >= cell(raw, "one").min(-1)).all()
    assert cell(raw, "half").min() > cell(raw, "one").min()


@pytest.mark.parametrize("scaling", ["shares", "shared_raw", "each"])
def test_a_figure_says_what_its_colors_mean(scaling):
    said = words(comparison_figure(comparison(image_query()), scaling=scaling))
    expected = {"shares": "share of the map's total", "shared_raw": "logit", "each": "colors of two maps cannot be compared"}
    assert expected[scaling] in said
    if scaling != "each":
        assert "One symmetric scale" in said
        assert "percentile" in said


def test_each_panel_names_verdict_magnitude_scores_and_cost():
    said = words(comparison_figure(comparison(image_query()))).replace(" | ", " ")  # a line may end anywhere
    for part in (
        "saliency",
        "ok",
        "warn",
        "net +",
        "deletion 0.",
        "of 2 controls",
        "64 model calls, 3 gradient calls, 500 ms",
        "lower is better",
    ):
        assert part in said


def test_a_gray_input_is_shown_gray_and_a_colored_one_in_color():
    for channels, gray in ((1, True), (3, False)):
        figure = comparison_figure(comparison(image_query(channels=channels)))
        assert (colorfulness(cell(figure, "input")[2:-2, 2:-2]) == 0) is gray


def test_the_input_comes_first_and_controls_last():
    figure = comparison_figure(comparison(image_query()))
    assert [axes.get_label() for axes in figure.axes if axes.images] == [
        "input",
        "saliency",
        "doubtful",
        "random",
        "sobel",
        "color bar",
    ]


@pytest.mark.parametrize("make", [image_query, table_query])
@pytest.mark.parametrize("count", [1, 5, 12])
def test_no_text_overlaps_another_or_leaves_the_page_with_any_number_of_methods(make, count):
    query = replace(make(), class_names=(LONG,) * 3)
    methods = {**many(query, count - 1), "a_method_whose_name_is_longer_than_its_panel_is_wide": doubted(query, reason=LONG)}
    assert overlaps(comparison_figure(comparison(query, methods))) == ([], [])


@pytest.mark.parametrize("make", [image_query, table_query])
@pytest.mark.parametrize("batch", [1, 2])
def test_every_type_of_explanation_has_a_figure_without_overlaps(make, batch):
    query = make(batch)
    for result in every_explanation(query):
        for index in range(batch):
            figure = explanation_figure(result, index)
            assert overlaps(figure) == ([], []), type(result).__name__
            assert query.target_names()[index] in words(figure)


def test_mixed_results_are_compared_in_one_figure_without_overlaps():
    for query in (image_query(2, size=28), table_query(2)):
        mixed = {type(one).__name__: one for one in every_explanation(query)}
        assert overlaps(comparison_figure(comparison(query, mixed), 1)) == ([], [])


def test_bars_show_the_strongest_features_with_names_values_and_what_is_left():
    query = table_query(columns=30)
    values = torch.zeros(1, 30, dtype=torch.float64)
    values[0, :14] = torch.arange(1, 15)
    values[0, 13] = -14
    said = words(explanation_figure(attribution(query, values=values)))
    assert f"column 13 = {float(query.inputs[0, 13]):.4g}".replace("-", "\N{MINUS SIGN}")[:15] in said
    assert "\N{MINUS SIGN}14.0" in said
    assert "column 3 " not in said
    assert "4 more features carry 9.5 % of the total" in said  # 1 + 2 + 3 + 4 of 105


def test_the_longest_bar_reaches_the_end_of_the_scale_and_others_keep_their_ratio():
    values = torch.tensor([[4.0, -2.0, 0.0, 1.0]], dtype=torch.float64)
    figure = explanation_figure(attribution(table_query(columns=4), values=values))
    axes = axes_named(figure, "saliency")
    widths = sorted(patch.get_width() for patch in axes.patches)
    assert widths == pytest.approx([widths[2] / 4, widths[2] / 2, widths[2]])
    assert max(patch.get_x() + patch.get_width() for patch in axes.patches) == pytest.approx(axes.get_xlim()[1])


def test_examples_are_shown_as_pictures_with_their_similarity():
    figure = explanation_figure(examples(image_query()))
    assert sum(bool(axes.images) for axes in figure.axes) == 4
    assert "distance 1.00" in words(figure)


def test_examples_of_a_table_are_shown_column_by_column_beside_the_input():
    figure = explanation_figure(examples(table_query()))
    assert [len(axes.patches) for axes in figure.axes if axes.patches] == [12, 12, 12]  # a bar for each column
    assert words(figure).count("this row |") == 3


def matches(query):
    """Three examples that add 3, take 2 and add 1, found in the upper left, in the same place and in the lower right."""
    boxes = torch.tensor([[0, 0, 8, 8], [0, 0, 8, 8], [8, 8, 16, 16]]).expand(len(query), 3, 4)
    added = torch.tensor([3.0, -2.0, 1.0]).expand(len(query), 3)
    maps = torch.ones(len(query), 3, *query.inputs.shape[1:]) / query.inputs[0].numel()
    parts = {"weights": added, "contributions": added, "remainder": query.scores - added.sum(1)}
    parts |= {"maps": maps * added.view(len(query), 3, *([1] * (query.inputs.ndim - 1)))}
    parts |= {"boxes": boxes, "example_boxes": boxes} if query.inputs.ndim == 4 else {}
    return replace(examples(query), **parts)


def test_what_a_model_decides_by_is_compared_as_a_map_with_boxes_and_beside_it_as_examples():
    query = image_query()
    figure = comparison_figure(comparison(query, {"found": matches(query)}))
    axes = axes_named(figure, "found")
    assert axes.images
    edges = [to_hex(patch.get_edgecolor()) for patch in axes.patches if isinstance(patch, Rectangle) and not patch.fill]
    assert [edge for edge in edges if edge in LINE_COLORS] == list(LINE_COLORS[:3])
    said = words(figure)
    assert "its examples" in said
    assert "1. training picture 0 adds 3.00 | 2. training picture 1 takes 2.00" in said


def test_rows_that_a_model_decides_by_are_compared_as_bars_and_beside_them_as_dots():
    query = table_query()
    figure = comparison_figure(comparison(query, {"found": matches(query)}))
    assert len(axes_named(figure, "found").patches) == 10
    dots = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) == 3 * 10
    said = words(figure)
    assert "1. training row 0 adds 3.00" in said
    assert "1 blue, 2 orange, 3 green" in said


def test_examples_that_add_nothing_are_compared_as_examples_alone():
    query = image_query()
    assert "its examples" not in words(comparison_figure(comparison(query, {"near": examples(query)})))


def test_more_examples_than_fit_are_announced():
    assert "The first 9 of 20 examples are shown." in words(explanation_figure(examples(table_query(), k=20)))


def test_a_goal_that_was_not_reached_is_said_so():
    told = counterfactuals(table_query())
    told.counterfactuals[0, 1, 5] += 1
    said = words(explanation_figure(told))
    assert "yes reached" in said
    assert "yes NOT reached" in said
    assert "\N{RIGHTWARDS ARROW}" in said


def test_an_input_without_rules_says_so():
    assert "no rule was found" in words(explanation_figure(rules(table_query(2)), 1))


def test_curves_have_a_line_for_each_method_and_a_band_for_the_controls():
    figure = curves_figure(comparison(image_query(2)), 1)
    for metric in ("deletion", "insertion"):
        axes = axes_named(figure, metric)
        assert len(axes.lines) == 2
        assert len(axes.collections) == 1
    assert "between the controls" in words(figure)
    assert overlaps(figure) == ([], [])


def test_curves_of_refused_explanations_are_not_drawn():
    query = image_query()
    figure = curves_figure(comparison(query, {"saliency": attribution(query), "broken": refused(query)}))
    assert len(axes_named(figure, "deletion").lines) == 1


def test_a_comparison_without_curves_says_which_metrics_keep_them():
    with pytest.raises(InputError, match="`deletion` or `insertion` is needed"):
        curves_figure(comparison(image_query(), scores={}))


def test_scores_have_a_row_for_the_method_and_for_each_control():
    for batch in (1, 4):
        figure = scores_figure(comparison(image_query(batch)).scores["deletion"]["saliency"])
        assert overlaps(figure) == ([], [])
        assert all(name in words(figure) for name in ("saliency", "random (control)", "sobel (control)", "lower is better"))


def test_scores_without_any_value_are_drawn_as_undefined():
    undefined = replace(
        comparison(image_query(2)).scores["deletion"]["saliency"], values=torch.full((2,), float("nan")), controls={}
    )
    said = words(scores_figure(undefined))
    assert "undefined" in said
    assert "2 of 2 inputs undefined" in said


def test_an_input_that_is_not_there_is_refused():
    for figure in (comparison_figure, figure_of, curves_figure):
        with pytest.raises(InputError, match=r"`index` must be a whole number from 0 to 1, the number of an input\. Got 2"):
            figure(comparison(image_query(2)), 2)
    for wrong in (-1, 1, True, 0.0, "cat"):
        with pytest.raises(InputError, match=f"from 0 to 0, the number of an input. Got {wrong!r}"):
            explanation_figure(attribution(image_query()), wrong)


def test_figures_are_written_one_a_name(tmp_path):
    written = write_figures(comparison(image_query(2)), tmp_path, ["one", "two"])
    assert [path.name for path in written] == ["one.png", "two.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    with pytest.raises(InputError, match="one name for each of 2 inputs"):
        write_figures(attribution(image_query(2)), tmp_path, ["one"])


def test_the_same_result_makes_the_same_figure():
    first, second = (png(comparison_figure(comparison(image_query()))) for _ in range(2))
    assert first == second


def test_drawing_leaves_pyplot_and_its_state_alone():
    program = """
import sys
sys.path.insert(0, sys.argv[1])
from report_results import attribution, image_query
from xaivision.report.figure import explanation_figure, png
png(explanation_figure(attribution(image_query())))
assert "matplotlib.pyplot" not in sys.modules
"""
    folder = __file__.rpartition("/")[0]
    done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
