import weakref

import torch
from engine_networks import drawn, gradient_of, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.targets import TargetScore
from xaivision.engines import moments, smoothing


def copies_of(inputs, scale, noise):
    return smoothing.NoisyCopies(inputs, scale, lambda draws: noise[draws.start : draws.stop], len(noise))


def gradients(model, targets):
    return lambda copies, rows: model.gradients(copies, TargetScore(targets).take(rows)).values


def check_smoothed_gradients_are_mean_and_variance_over_the_copies(seed, size):
    for model, shape in ((table_classifier(seed=seed), (5,)), (image_classifier(seed=seed), (2, 5, 4))):
        inputs, noise = drawn((2, *shape), seed), drawn((4, *shape), seed + 1) - 0.5
        scale, targets = drawn((2, *[1] * len(shape)), seed + 2), torch.tensor([2, 1])
        found = smoothing.smoothed(copies_of(inputs, scale, noise), gradients(model, targets), size)
        for i in range(2):
            each = torch.stack([gradient_of(model, inputs[i] + scale[i] * draw, int(targets[i])) for draw in noise])
            torch.testing.assert_close(found.mean[i], each.mean(0), atol=1e-13, rtol=0)
            torch.testing.assert_close(found.variance[i], each.var(0, correction=0), atol=1e-13, rtol=0)


def check_copies_of_a_batch_share_their_draws():
    inputs, noise = drawn((3, 4), 0), drawn((5, 4), 1)
    copies = copies_of(inputs, torch.full((3, 1), 2.0).double(), noise)
    block = moments.Block(slice(1, 3), range(2, 4))
    expected = torch.stack([inputs[i] + 2 * noise[d] for d in (2, 3) for i in (1, 2)])
    torch.testing.assert_close(smoothing.copies_in(block, copies), expected)
    assert block.rows.tolist() == [1, 2, 1, 2]


def check_input_range_is_of_each_input_alone():
    inputs = torch.tensor([[[[0.2, 0.9]], [[0.4, 0.5]]], [[[0.1, 0.1]], [[0.1, 0.1]]]])
    found = smoothing.input_range(inputs)
    assert found.shape == (2, 1, 1, 1)
    torch.testing.assert_close(found.flatten(), torch.tensor([0.7, 0.0]))
    assert smoothing.input_range(torch.tensor([[1.0, -3.0]])).tolist() == [[4.0]]


@given(st.integers(0, 10**6), st.integers(1, 9))
@settings(max_examples=10, deadline=None)
def test_smoothed_gradients_are_mean_and_variance_over_the_copies(seed, size):
    check_smoothed_gradients_are_mean_and_variance_over_the_copies(seed, size)


def test_copies_of_a_batch_share_their_draws():
    check_copies_of_a_batch_share_their_draws()


def test_draws_are_made_when_they_are_needed_and_let_go():
    """Never more of them at once than a batch holds, whatever the number of samples."""
    alive, most = [], 0

    def noise(draws):
        nonlocal most
        made = torch.zeros(len(draws), 4)
        alive[:] = [one for one in alive if one() is not None]
        alive.append(weakref.ref(made))
        most = max(most, sum(len(one()) for one in alive))
        return made

    inputs = torch.zeros(2, 4)
    copies = smoothing.NoisyCopies(inputs, torch.ones(2, 1), noise, 500)
    smoothing.smoothed(copies, lambda made, rows: made, 8)
    assert most == 4


def test_the_range_is_of_each_input_alone_over_all_its_channels():
    check_input_range_is_of_each_input_alone()


def test_known_ranges_of_columns_are_the_same_for_every_input():
    inputs = torch.tensor([[1.0, -3.0], [0.0, 0.0]], dtype=torch.float64)
    found = smoothing.input_range(inputs, (2.0, 50.0))
    assert found.tolist() == [[2.0, 50.0]] * 2
    assert found.dtype == torch.float64
