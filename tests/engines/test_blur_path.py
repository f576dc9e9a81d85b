from itertools import pairwise

import numpy as np
import pytest
import torch
from engine_networks import drawn, gradient_of, image_classifier
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from torch import nn

from xaivision.core.completeness import completeness_tolerance
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import blur_path

TARGETS = torch.tensor([2, 0, 1])


def photos(seed=0, batch_size=None):
    inputs = drawn((3, 2, 7, 5), seed)
    return image_classifier(seed=seed, batch_size=batch_size), blur_path.BlurPath(inputs, 4.0, TargetScore(TARGETS))


def scipys(image, sigma):
    return torch.from_numpy(
        np.stack([gaussian_filter(channel, sigma, mode="reflect", truncate=4.0) for channel in image.numpy()])
    )


def change_of(model, path):
    rows = torch.arange(len(path.inputs))
    start = torch.stack([scipys(image, path.largest) for image in path.inputs])
    return (model(path.inputs) - model(start))[rows, path.target.classes]


def check_blurs_are_scipys(sigmas=(0.0, 0.05, 0.3, 1.0, 2.5, 40.0)):
    images = drawn((2, 3, 6, 9), 1)
    found = blur_path.blurred(images, torch.tensor(sigmas))
    for number, sigma in enumerate(torch.tensor(sigmas).tolist()):
        for i in range(2):
            torch.testing.assert_close(found[number, i], scipys(images[i], sigma), atol=1e-12, rtol=0)


def plain_contributions(model, path, index, steps):
    """The sum over pieces in a slow loop, with scipy's blurs."""
    one, total = path.inputs[index], torch.zeros_like(path.inputs[index])
    stops = [scipys(one, path.largest * (1 - number / steps) ** 2) for number in range(steps + 1)]
    for before, after in pairwise(stops):
        total += gradient_of(model, (before + after) / 2, int(path.target.classes[index])) * (after - before)
    return total


def check_contributions_are_those_of_the_slow_loop(seed, size=None, steps=5):
    model, path = photos(seed, size)
    found = blur_path.blur_contributions(model, path, steps)
    for i in range(3):
        torch.testing.assert_close(found.values[i], plain_contributions(model, path, i, steps), atol=1e-12, rtol=0)
    assert not found.cut


def check_contributions_converge_to_the_change():
    model, path = photos()
    change = change_of(model, path)
    gaps = [float((blur_path.blur_contributions(model, path, n).values.flatten(1).sum(1) - change).abs().max()) for n in (4, 64)]
    assert gaps[0] < 0.1 * float(change.abs().max())
    assert gaps[1] < gaps[0] / 50  # of the second order: 256 times


def test_blurs_are_scipys():
    check_blurs_are_scipys()


@pytest.mark.parametrize("sigma", [0.0, 0.7, 3.0, 50.0])
def test_a_flat_image_stays_flat_and_rows_sum_to_one(sigma):
    matrix = blur_path.blur_matrices(11, torch.tensor([sigma]))[0]
    torch.testing.assert_close(matrix.sum(1), torch.ones(11).double())
    flat = torch.full((1, 1, 11, 11), 0.3).double()
    torch.testing.assert_close(blur_path.blurred(flat, torch.tensor([sigma]))[0], flat)


@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 6))
@settings(max_examples=10, deadline=None)
def test_contributions_are_those_of_the_slow_loop(seed, size, steps):
    check_contributions_are_those_of_the_slow_loop(seed, size, steps)


def test_contributions_converge_to_the_change():
    check_contributions_converge_to_the_change()


@pytest.mark.parametrize("steps", [1, 3])
def test_a_linear_model_gets_its_weights_times_the_change_of_each_pixel_in_any_number_of_pieces(steps):
    weights = drawn((2, 7, 5), 3) - 0.5
    linear = nn.Linear(70, 2).double()
    with torch.no_grad():
        linear.weight.copy_(torch.stack([weights.flatten(), -weights.flatten()]))
    model, inputs = TorchClassifier(nn.Sequential(nn.Flatten(), linear), 2), drawn((3, 2, 7, 5), 0)
    path = blur_path.BlurPath(inputs, 4.0, TargetScore(torch.zeros(3, dtype=torch.long)))
    found = blur_path.blur_contributions(model, path, steps)
    expected = weights * (inputs - torch.stack([scipys(image, 4.0) for image in inputs]))
    torch.testing.assert_close(found.values, expected, atol=1e-12, rtol=0)


class Focus(nn.Module):
    """A sigmoid in the contrast of an image, as steep as its first pixel's share of the mean says."""

    def forward(self, x):
        contrast = (x[:, :, :, 1:] - x[:, :, :, :-1]).square().flatten(1).mean(1)
        margin = torch.sigmoid(4000 * x.flatten(1).mean(1).detach() * (contrast - 0.05))
        return torch.stack([margin, -margin], 1)


def sharpened():
    """(model, path, change) of images that need some pieces, many more, and more than there may be."""
    inputs = drawn((3, 1, 8, 8), 0) * torch.tensor([1.0, 0.7, 0.3]).double().view(3, 1, 1, 1)
    model = TorchClassifier(Focus(), 2)
    path = blur_path.BlurPath(inputs, 4.0, TargetScore(torch.zeros(3, dtype=torch.long)))
    return model, path, change_of(model, path)


def check_refinement_ends_with_the_first_stage_that_adds_up(most=496):
    model, path, change = sharpened()
    with metered() as meter:
        found = blur_path.refined_blur_contributions(model, path, change, most)
    assert meter.gradient_calls == int(found.steps.sum())
    for i in range(3):
        alone, spent, steps = path.take(torch.tensor([i])), 0, 8
        while True:
            steps, spent = 2 * steps, spent + 2 * steps
            expected = blur_path.blur_contributions(model, alone, steps).values[0]
            allowed = completeness_tolerance(change[i], magnitude=expected.abs().sum())
            if abs(expected.sum() - change[i]) <= allowed or spent + 2 * steps > most:
                break
        assert int(found.steps[i]) == spent <= most
        torch.testing.assert_close(found.contributions[i], expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("most", [16, 47, 48, 112, 496])
def test_refinement_ends_with_the_first_stage_that_adds_up(most):
    check_refinement_ends_with_the_first_stage_that_adds_up(most)


def test_inputs_need_different_numbers_of_pieces():
    model, path, change = sharpened()
    spent = blur_path.refined_blur_contributions(model, path, change, 496).steps
    assert len(set(spent.tolist())) > 1
