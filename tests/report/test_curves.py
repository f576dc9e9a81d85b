from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from report_results import attribution, comparison, image_query, refused

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.evaluation.comparison import Plan, compare
from xaivision.evaluation.removal import Insertion
from xaivision.explainers.controls import Constant, Random
from xaivision.report.curves import curve_plots, curves_figure


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
    np.testing.assert_array_equal(plot.band.low, controls.min(0))
    np.testing.assert_array_equal(plot.band.high, controls.max(0))


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
    assert curve_plots(made, 0)[0].band is None


def with_shares(made, **shares):
    """The comparison with its curves over these shares; those of a label may be others."""
    shares = {name: torch.tensor(one, dtype=torch.float64) for name, one in shares.items()}
    rows = {m: {n: replace(s, curve_shares=shares.get(n, shares["all"])) for n, s in r.items()} for m, r in made.scores.items()}
    return replace(made, scores=rows)


def test_curves_stand_at_the_share_of_features_that_was_replaced():
    uneven = (0.0, 0.02, 0.1, 0.2, 0.3, 0.5, 0.6, 0.9, 1.0)
    made = with_shares(comparison(image_query()), all=uneven)
    plot = curve_plots(made, 0)[0]
    assert plot.curves[0].shares.tolist() == list(uneven)
    assert plot.band.shares.tolist() == list(uneven)
    axes = next(axes for axes in curves_figure(made).findobj(Axes) if axes.get_label() == "deletion")
    assert axes.lines[0].get_xdata().tolist() == list(uneven)
    assert {x for x, _ in axes.collections[0].get_paths()[0].vertices} == set(uneven)


def test_curves_of_a_metric_that_says_no_shares_have_even_steps():
    assert curve_plots(comparison(image_query()), 0)[0].curves[0].shares.tolist() == np.linspace(0, 1, 9).tolist()


def test_controls_with_other_shares_have_no_band():
    even, other = np.linspace(0, 1, 9).tolist(), [0.0] * 8 + [1.0]
    assert curve_plots(with_shares(comparison(image_query()), all=even, random=other), 0)[0].band is None
    assert curve_plots(with_shares(comparison(image_query()), all=even, random=even), 0)[0].band is not None


def test_removal_of_a_few_columns_says_its_uneven_shares():
    model = FunctionClassifier(lambda rows: np.stack([rows.sum(1), -rows.sum(1)], 1), 2, score_unit="logit", domain="tabular")
    rows = torch.linspace(0, 1, 7, dtype=torch.float64).expand(2, 7)
    made = compare(
        model,
        rows,
        None,
        Plan(
            {"random": Random()},
            {"constant": Constant()},
            {"insertion": Insertion(steps=4, baseline=torch.zeros(7, dtype=torch.float64))},
        ),
    )
    found = made.scores["insertion"]["random"]
    assert found.curve_shares.tolist() == pytest.approx([0, 2 / 7, 4 / 7, 5 / 7, 1])
    assert curve_plots(made, 1)[0].curves[0].shares.tolist() == found.curve_shares.tolist()
    area = torch.trapezoid(found.curves, found.curve_shares)
    assert torch.allclose(area, found.values)


def test_each_plot_says_what_its_axis_counts():
    plots = curve_plots(comparison(image_query()), 0)
    assert [plot.progress for plot in plots] == ["of the features taken away", "of the features put in"]
    assert replace(plots[0], metric="other").progress == "of the steps"
