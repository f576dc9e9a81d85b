"""Scores of pictures with imputed pixels, one picture after another."""

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.targets import TargetScore
from xaivision.engines import imputed_scores
from xaivision.engines.imputation import imputed

CHANCE = torch.Generator().manual_seed(0)
PICTURES = torch.rand(3, 2, 4, 5, generator=CHANCE, dtype=torch.float64)
WEIGHTS = torch.randn(40, 2, generator=CHANCE, dtype=torch.float64)
NOISE = torch.randn(2, 4, 5, generator=CHANCE, dtype=torch.float64)
RANKS = torch.stack([torch.randperm(20, generator=CHANCE) for _ in range(3)])
COUNTS = torch.tensor([0, 3, 11, 19])
TARGET = TargetScore(torch.tensor([0, 1, 0]))
MODEL = FunctionClassifier(
    lambda images: images.flatten(1) @ WEIGHTS, 2, score_unit="logit", domain="image", array="torch", batch_size=5
)


def check_pixels_of_the_lowest_ranks_are_imputed_with_noise_on_top():
    found = imputed_scores.imputed_scores(MODEL, PICTURES, TARGET, RANKS, COUNTS, NOISE)
    for row in range(3):
        for place, count in enumerate(COUNTS.tolist()):
            kept = (RANKS[row] >= count).view(4, 5)
            version = imputed(PICTURES[row], kept)
            version = torch.where(kept, PICTURES[row], version + NOISE)
            expected = float(MODEL(version[None])[0, TARGET.classes[row]])
            assert float(found[row, place]) == pytest.approx(expected, abs=1e-12)


def check_a_constant_picture_stays_as_it_is_without_noise():
    flat = torch.full_like(PICTURES, 0.3)
    found = imputed_scores.imputed_scores(MODEL, flat, TARGET, RANKS, COUNTS, 0 * NOISE)
    whole = TARGET.of(MODEL(flat))
    assert torch.allclose(found, whole[:, None].expand(-1, 4), rtol=0, atol=1e-12)


def test_pixels_of_the_lowest_ranks_are_imputed_with_noise_on_top():
    check_pixels_of_the_lowest_ranks_are_imputed_with_noise_on_top()


def test_a_constant_picture_stays_as_it_is_without_noise():
    check_a_constant_picture_stays_as_it_is_without_noise()
