"""Infidelity's parts: scores of noisy copies, predictions of slopes, and their squared difference."""

import pytest
import torch
from torch import nn

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import noise_response
from xaivision.engines.smoothing import NoisyCopies

CHANCE = torch.Generator().manual_seed(0)
ROWS, NOISE, SLOPES = (torch.randn(n, 4, generator=CHANCE, dtype=torch.float64) for n in (3, 37, 3))
SCALE = torch.tensor([[0.1], [1.0], [2.0]], dtype=torch.float64)
COPIES = NoisyCopies(ROWS, SCALE, lambda draws: NOISE[draws.start : draws.stop], 37)
TARGET = TargetScore(torch.tensor([0, 2, 1]))


def model():
    torch.manual_seed(0)
    return TorchClassifier(nn.Sequential(nn.Linear(4, 3), nn.Tanh()).double(), 3, domain="tabular", batch_size=10)


def check_scores_are_those_of_each_copy():
    with torch.random.fork_rng():
        asked = model()
        found = noise_response.noisy_scores(asked, COPIES, TARGET)
    for row in range(3):
        for draw in range(37):
            expected = asked((ROWS[row] + SCALE[row] * NOISE[draw])[None])[0, TARGET.classes[row]]
            assert float(found[row, draw]) == pytest.approx(float(expected), abs=1e-12)


def check_rises_are_the_slopes_times_the_noise():
    found = noise_response.predicted_rises(COPIES, SLOPES)
    expected = torch.stack([torch.stack([SLOPES[row] @ (SCALE[row] * one) for one in NOISE]) for row in range(3)])
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def check_infidelity_is_the_mean_square_and_scales_by_least_squares():
    predicted, found = torch.tensor([[1.0, 2.0], [1.0, 1.0], [0.0, 0.0]]), torch.tensor([[2.0, 5.0], [-1.0, -3.0], [1.0, 3.0]])
    assert noise_response.infidelity(predicted, found).tolist() == [5.0, 10.0, 5.0]
    scaled = noise_response.infidelity(predicted, found, scaled=True)
    # 12/5 is the best number for the first; the second would need a negative one; the third is zero whatever it is times.
    assert scaled.tolist() == pytest.approx([(0.4**2 + 0.2**2) / 2, 5.0, 5.0])
    fine = noise_response.infidelity(predicted, found, resolution=torch.tensor([1.0, 1.0, 3.0]))
    assert fine.tolist() == [4.5, 10.0, 0.0]


def test_scores_are_those_of_each_copy():
    check_scores_are_those_of_each_copy()


def test_rises_are_the_slopes_times_the_noise():
    check_rises_are_the_slopes_times_the_noise()


def test_infidelity_is_the_mean_square_and_scales_by_least_squares():
    check_infidelity_is_the_mean_square_and_scales_by_least_squares()
