import torch
from engine_networks import drawn, gradient_of, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.targets import TargetScore
from xaivision.engines import smoothing


def check_smoothed_gradients_are_the_plain_mean(seed):
    for model, shape in ((table_classifier(seed=seed, batch_size=3), (5,)), (image_classifier(seed=seed), (2, 5, 4))):
        inputs, noise = drawn((2, *shape), seed), drawn((4, *shape), seed + 1) - 0.5
        scale, targets = drawn((2, *[1] * len(shape)), seed + 2), torch.tensor([2, 1])
        found = smoothing.smoothed_gradients(model, inputs, TargetScore(targets), scale, noise)
        for i in range(2):
            copies = [gradient_of(model, inputs[i] + scale[i] * draw, int(targets[i])) for draw in noise]
            torch.testing.assert_close(found.values[i], torch.stack(copies).mean(0), atol=1e-13, rtol=0)


def check_input_range_is_of_each_input_alone():
    inputs = torch.tensor([[[[0.2, 0.9]], [[0.4, 0.5]]], [[[0.1, 0.1]], [[0.1, 0.1]]]])
    found = smoothing.input_range(inputs)
    assert found.shape == (2, 1, 1, 1)
    torch.testing.assert_close(found.flatten(), torch.tensor([0.7, 0.0]))
    assert smoothing.input_range(torch.tensor([[1.0, -3.0]])).tolist() == [[4.0]]


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_smoothed_gradients_are_the_plain_mean_over_the_draws(seed):
    check_smoothed_gradients_are_the_plain_mean(seed)


def test_the_range_is_of_each_input_alone_over_all_its_channels():
    check_input_range_is_of_each_input_alone()


def test_known_ranges_of_columns_are_the_same_for_every_input():
    inputs = torch.tensor([[1.0, -3.0], [0.0, 0.0]], dtype=torch.float64)
    found = smoothing.input_range(inputs, (2.0, 50.0))
    assert found.tolist() == [[2.0, 50.0]] * 2
    assert found.dtype == torch.float64
