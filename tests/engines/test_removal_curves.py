from itertools import pairwise

import pytest
import torch
from engine_networks import drawn, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import ranking, removal_curves


def check_counts_run_from_none_to_all_in_even_steps(features, steps):
    counts = removal_curves.step_counts(features, steps)
    assert counts.dtype == torch.long
    assert (int(counts[0]), int(counts[-1]), len(counts) - 1) == (0, features, min(steps, features))
    widths = counts.diff()
    assert widths.min() >= 1
    assert widths.max() - widths.min() <= 1


def check_curves_replace_features_in_order_one_count_after_the_other(batch_size=4):
    model, inputs, substitutes = image_classifier(batch_size=batch_size), drawn((2, 2, 3, 4), 0), drawn((2, 2, 3, 4), 1)
    order = ranking.removal_order(drawn((2, 12), 2), generator(0))
    counts = removal_curves.step_counts(12, 5)
    found = removal_curves.removal_curves(model, inputs, substitutes, order, counts)
    assert found.shape == (2, 6, 3)
    for i in range(2):
        for step, count in enumerate(counts.tolist()):
            replaced = inputs[i].clone()
            for position in order[i, :count].tolist():
                replaced[:, position // 4, position % 4] = substitutes[i, :, position // 4, position % 4]
            torch.testing.assert_close(found[i, step], model(replaced[None])[0], atol=1e-13, rtol=0)


def check_the_first_point_is_the_input_and_the_last_is_the_substitute():
    model, inputs, substitutes = table_classifier(), drawn((3, 5), 0), drawn((3, 5), 1)
    order = ranking.removal_order(drawn((3, 5), 2), generator(0))
    found = removal_curves.removal_curves(model, inputs, substitutes, order, removal_curves.step_counts(5, 3))
    torch.testing.assert_close(found[:, 0], model(inputs), atol=1e-13, rtol=0)
    torch.testing.assert_close(found[:, -1], model(substitutes), atol=1e-13, rtol=0)


def check_the_area_of_an_additive_model_is_the_trapezoid_of_cumulative_sums():
    """M4: the unperturbed point counts, and features in falling order give the least area."""
    weights = torch.tensor([0.7, -0.2, 1.1, 0.4], dtype=torch.float64)
    linear = nn.Linear(4, 2, bias=False).double()
    with torch.no_grad():
        linear.weight.copy_(torch.stack([weights, -weights]))
    inputs, counts = drawn((1, 4), 0), removal_curves.step_counts(4, 4)
    gone = weights * inputs[0]
    for values in (gone, -gone):
        order = ranking.removal_order(values[None], generator(0))
        curve = removal_curves.removal_curves(
            TorchClassifier(linear, 2, domain="tabular"), inputs, torch.zeros_like(inputs), order, counts
        )[..., 0]
        points = [float(gone.sum() - gone[order[0, :count]].sum()) for count in range(5)]
        expected = sum((left + right) / 8 for left, right in pairwise(points))
        assert float(removal_curves.area_under(curve, counts)) == pytest.approx(expected, abs=1e-12)


def check_areas_of_known_curves():
    counts = torch.tensor([0, 1, 3, 4])
    curves = torch.tensor([[2.0, 2, 2, 2], [1.0, 0.75, 0.25, 0.0], [1.0, 0, 0, 0], [0.0, 0, 0, 1]])
    assert removal_curves.area_under(curves, counts).tolist() == [2.0, 0.5, 0.125, 0.125]
    assert removal_curves.area_under(curves, counts).dtype == torch.float64


@given(st.integers(1, 300), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_counts_run_from_none_to_all_in_even_steps(features, steps):
    check_counts_run_from_none_to_all_in_even_steps(features, steps)


@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_curves_replace_features_in_order_one_count_after_the_other(batch_size):
    check_curves_replace_features_in_order_one_count_after_the_other(batch_size)


def test_the_first_point_is_the_input_and_the_last_is_the_substitute():
    check_the_first_point_is_the_input_and_the_last_is_the_substitute()


def test_the_area_of_an_additive_model_is_the_trapezoid_of_cumulative_sums():
    check_the_area_of_an_additive_model_is_the_trapezoid_of_cumulative_sums()


def test_areas_of_known_curves():
    check_areas_of_known_curves()
