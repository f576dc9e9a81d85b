from dataclasses import replace

import numpy as np
import pytest
from report_results import attribution, comparison, image_query, refused

from xaivision.report.removal_plot import curve_plots


def test_there_is_a_plot_for_each_metric_with_a_line_for_each_method():
    made = comparison(image_query(2))
    plots = curve_plots(made, 1)
    assert [plot.metric for plot in plots] == ["deletion", "insertion"]
    assert [curve.label for curve in plots[0].curves] == ["saliency", "doubtful"]
    np.testing.assert_array_equal(plots[0].curves[0].heights, made.scores["deletion"]["saliency"].curves[1].numpy())


def test_the_band_is_bounded_by_the_controls():
    made = comparison(image_query())
    plot = curve_plots(made, 0)[0]
    controls = np.stack([made.scores["deletion"][name].curves[0].numpy() for name in made.controls])
    np.testing.assert_array_equal(plot.low, controls.min(0))
    np.testing.assert_array_equal(plot.high, controls.max(0))


def test_a_method_keeps_its_color_in_every_plot_whoever_else_is_there():
    query = image_query()
    made = comparison(query, {"a": attribution(query), "broken": refused(query), "b": attribution(query)})
    colors = [{curve.label: curve.color for curve in plot.curves} for plot in curve_plots(made, 0)]
    assert colors[0] == colors[1]
    assert set(colors[0]) == {"a", "b"}
    assert colors[0]["a"] != colors[0]["b"]


@pytest.mark.parametrize("change", [lambda score: replace(score, curves=None), None])
def test_metrics_without_curves_have_no_plot(change):
    made = comparison(image_query())
    scores = {m: {label: change(one) for label, one in rows.items()} for m, rows in made.scores.items()} if change else {}
    assert curve_plots(replace(made, scores=scores), 0) == ()


def test_controls_of_other_lengths_have_no_band():
    made = comparison(image_query())
    short = replace(made.scores["deletion"]["random"], curves=made.scores["deletion"]["random"].curves[:, :4])
    made = replace(made, scores={"deletion": {**made.scores["deletion"], "random": short}})
    assert curve_plots(made, 0)[0].low is None


def test_each_plot_says_what_its_axis_counts():
    plots = curve_plots(comparison(image_query()), 0)
    assert [plot.progress for plot in plots] == ["of the features taken away", "of the features put in"]
    assert replace(plots[0], metric="other").progress == "of the steps"
