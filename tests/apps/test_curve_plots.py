"""The curves of a page: the library's own, over the band that the controls span, and the same in words."""

from dataclasses import replace

import numpy as np
import pytest
from app_models import tiny
from compared import METHODS, compared

import xaivision as xv
from desk.curves import BAND, DASHES, alt, figure
from xaivision.report.curves import curve_plots
from xaivision.report.palette import LINE_DASHES
from xaivision.report.wording import number


@pytest.fixture(params=["deletion", "insertion"])
def plot(request):
    return next(one for one in curve_plots(compared(), 0) if one.metric == request.param)


def test_the_band_is_filled_between_the_lowest_and_the_highest_control(plot):
    low, high, *curves = figure(plot).data
    controls = np.stack([compared().scores[plot.metric][name].curves[0].numpy() for name in ("random", "sobel")])
    assert np.array_equal(low.y, controls.min(0))
    assert np.array_equal(high.y, controls.max(0))
    assert (low.fill, high.fill, high.fillcolor) == (None, "tonexty", BAND), (
        "what is filled lies between this line and the last one"
    )
    assert (low.showlegend, high.name) == (False, "controls")
    assert [np.array_equal(edge.x, plot.band.shares) for edge in (low, high)] == [True, True]
    assert [curve.name for curve in curves] == list(METHODS)


def test_each_curve_is_the_methods_in_its_own_color(plot):
    for line, label, curve in zip(figure(plot).data[2:], METHODS, plot.curves, strict=True):
        assert np.array_equal(line.y, compared().scores[plot.metric][label].curves[0].numpy())
        assert np.array_equal(line.x, curve.shares)
        assert (line.line.color, line.line.dash) == (curve.color, DASHES[curve.dashes])
        assert line.mode == "lines"


def test_every_pattern_of_the_report_has_one_here(plot):
    assert set(DASHES) == set(LINE_DASHES)
    assert len(set(DASHES.values())) == len(DASHES)
    curves = tuple(replace(plot.curves[0], dashes=dashes) for dashes in LINE_DASHES)
    assert [line.line.dash for line in figure(replace(plot, curves=curves)).data[2:]] == [
        DASHES[dashes] for dashes in LINE_DASHES
    ]


def test_nothing_of_a_curve_lies_outside_the_axes(plot):
    drawn = figure(plot)
    low, high = drawn.layout.yaxis.range
    together = np.concatenate([one.y for one in drawn.data])
    assert low < together.min()
    assert together.max() < high
    assert drawn.layout.xaxis.range == (0, 1)
    assert drawn.layout.xaxis.tickvals == (0, 0.25, 0.5, 0.75, 1), "the end has its number, too"
    assert plot.progress in drawn.layout.xaxis.title.text


def test_the_axis_says_which_number_of_which_class_runs_up_it(plot):
    assert plot.unit.startswith("mean probability over the share of"), "of the area, and not of the height"
    (name,) = compared().query.target_names()
    assert figure(plot).layout.yaxis.title.text == f"probability of {name}" == plot.height
    assert f", probability of {name}: " in alt(plot)


@pytest.mark.parametrize(
    ("height", "said"),
    [
        ("", ""),
        ("probability of <b>a</b> & $x$", "probability of &lt;b&gt;a&lt;/b&gt; &amp; $x$"),
        ("logit difference of tabby rather than tiger cat", "logit difference of tabby rather<br>than tiger cat"),
    ],
)
def test_what_a_class_is_called_is_no_markup_and_a_long_name_is_broken(plot, height, said):
    assert figure(replace(plot, height=height)).layout.yaxis.title.text == said


@pytest.mark.parametrize(
    ("settings", "targets", "said"),
    [
        ({}, xv.Target("cup", against="cat"), "probability of cup"),
        ({"output": "score"}, xv.Target("cup", against="cat"), "logit difference of cup rather than cat"),
        ({"output": "score"}, "cup", "logit of cup"),
    ],
)
def test_the_height_is_of_the_class_or_of_the_difference_that_is_followed(settings, targets, said):
    model = tiny()
    judge = {"deletion": {"steps": 2, **settings}}
    inputs = xv.load_sample_images(["chelsea"], model)
    made = xv.compare(model, inputs, ["saliency"], targets=targets, controls=(), metrics=["deletion"], metric_settings=judge)
    assert [one.height for one in curve_plots(made, 0)] == [said]


def test_a_metric_whose_value_is_no_mean_of_its_curve_leaves_the_axis_without_a_name(plot):
    from xaivision.report.curves import _height

    assert _height("fall of the probability, mean over steps", compared().query, 0) == ""


def test_the_words_say_where_each_curve_begins_and_ends(plot):
    words = alt(plot)
    assert words.startswith(f"{plot.metric} curves, {plot.height}: ")
    for curve in plot.curves:
        assert f"{curve.label} from {number(float(curve.heights[0]))} to {number(float(curve.heights[-1]))}" in words


def test_without_controls_there_is_no_band(plot):
    assert [line.name for line in figure(replace(plot, band=None)).data] == list(METHODS)


def test_a_page_that_judged_nothing_says_so_and_one_that_did_draws_two_plots(visit):
    page = visit("photos", photos_methods=["saliency"], photos_judge="false", photos_tab="Faithfulness").settled()
    assert "Nothing was judged" in page.at.info[0].value
    judged = visit("photos", photos_methods=["saliency"], photos_steps="8", photos_tab="Faithfulness").settled()
    told = [one.proto.alt for one in judged.at.get("plotly_chart")]
    assert told == [alt(plot) for plot in curve_plots(judged.job.result, 0)]
