"""The figure of an input's uncertainty says in words and lengths what was measured."""

import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from xaivision.core.errors import InputError
from xaivision.engines.prototypes.uncertainty import distance_curves, overlaps, uncertainty
from xaivision.explainers.prototypes.prototype_uncertainty import PrototypeUncertainty
from xaivision.report.uncertainty_figure import uncertainty_figure
from xaivision.report.wording import number


def found(classes=3, percentile=0.25):
    """Two inputs: the first near to the first class alone, the second as near to the second."""
    draws = torch.Generator().manual_seed(0)
    centers = torch.tensor([[2.0, 30.0, 40.0], [10.0, 10.0, 40.0]])[:, :classes]
    distances = (centers[:, None] + torch.randn(2, 60, classes, generator=draws)).abs()
    drawn = (-distances).softmax(2)
    shared = overlaps(distance_curves(distances), torch.tensor([0, 0]))[:, 1]
    return PrototypeUncertainty(
        ("cat", "dog", "a_very_<long>_name")[:classes],
        drawn.mean(1),
        torch.tensor([0, 0]),
        *uncertainty(drawn),
        torch.full((2,), percentile),
        shared,
        torch.tensor([1, 1]),
        distances,
    )


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text")))


def test_it_says_what_the_input_is_called_and_how_that_is_read():
    one, other = found(), found(percentile=0.995)
    assert f"cat (probability {number(float(one.probabilities[0, 0]))})" in words(uncertainty_figure(one, 0))
    assert "explanation confident: near to what was learned" in words(uncertainty_figure(one, 0))
    assert "explanation ambiguous" in words(uncertainty_figure(one, 1))
    assert "explanation unfamiliar" in words(uncertainty_figure(other, 0))
    told = words(uncertainty_figure(one, 0))
    assert "25.0% of what was learned as cat is nearer." in told
    assert "At most 1.10, where all classes are as probable." in told


def test_bars_are_as_long_as_the_parts_and_the_second_begins_where_the_first_ends():
    one = found()
    bars = [part for part in uncertainty_figure(one, 1).findobj(Rectangle) if part.get_height() == 0.5]
    total, aleatoric, epistemic = sorted(bars, key=lambda part: part.get_y())
    assert total.get_width() == pytest.approx(float(one.total[1]))
    assert aleatoric.get_width() == pytest.approx(float(one.aleatoric[1]))
    assert epistemic.get_x() == pytest.approx(float(one.aleatoric[1]))
    assert epistemic.get_x() + epistemic.get_width() == pytest.approx(float(one.total[1]))


def test_the_legend_covers_no_curve():
    figure = uncertainty_figure(found(), 1)
    figure.canvas.draw()
    [plot] = [axes for axes in figure.findobj(Axes) if axes.get_legend() is not None]
    assert plot.get_legend().get_window_extent().y0 >= plot.get_window_extent().y1 - 2


def test_other_classes_are_named_only_where_there_are_some():
    assert "other classes" in words(uncertainty_figure(found(), 0))
    assert "other classes" not in words(uncertainty_figure(found(classes=2), 0))


def test_an_input_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"`index` must be from 0 to 1\. Got 2\."):
        uncertainty_figure(found(), 2)
