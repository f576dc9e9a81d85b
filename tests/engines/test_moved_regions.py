"""Mean squared changes by noise in one region, in slow loops."""

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.targets import TargetScore
from xaivision.engines import moved_regions
from xaivision.engines.smoothing import NoisyCopies

CHANCE = torch.Generator().manual_seed(0)
PICTURES = torch.rand(3, 2, 3, 4, generator=CHANCE, dtype=torch.float64)
NOISE = torch.randn(5, 2, 3, 4, generator=CHANCE, dtype=torch.float64)
SCALE = torch.tensor([0.1, 1.0, 2.0], dtype=torch.float64).view(3, 1, 1, 1)
REGIONS = torch.tensor([0, 0, 1, 1, 2, 0, 1, 1, 2, 2, 2, 3])
WEIGHTS = torch.randn(24, 2, generator=CHANCE, dtype=torch.float64)
WEIGHTS.view(2, 12, 2)[:, 11] = 0
TARGET = TargetScore(torch.tensor([0, 1, 0]))


def classifier(function, domain="image", batch_size=7):
    return FunctionClassifier(function, 2, score_unit="logit", domain=domain, array="torch", batch_size=batch_size)


def copies(pictures=PICTURES, noise=NOISE, scale=SCALE):
    return NoisyCopies(pictures, scale, lambda draws: noise[draws.start : draws.stop], len(noise))


def check_changes_are_those_of_one_region_at_a_time():
    model = classifier(lambda images: torch.sin(images.flatten(1)) @ WEIGHTS)
    found = moved_regions.squared_moves(model, copies(), TARGET, REGIONS)
    for row in range(3):
        whole = float(TARGET.of(model(PICTURES))[row])
        for region in range(4):
            here = (region == REGIONS).view(3, 4)
            squares = []
            for noise in NOISE:
                moved = torch.where(here, PICTURES[row] + SCALE[row] * noise, PICTURES[row])
                squares.append((float(model(moved[None])[0, TARGET.classes[row]]) - whole) ** 2)
            assert float(found[row, region]) == pytest.approx(sum(squares) / 5, abs=1e-12)


def check_what_rounding_makes_is_nothing():
    calls = []

    def unsteady(images):
        calls.append(1)
        return 100 + 1e-14 * len(calls) + images[:, :1, 0, 0] * torch.ones(2)

    found = moved_regions.squared_moves(classifier(unsteady), copies(), TARGET, REGIONS)
    assert (found == 0).tolist() == [[False, True, True, True]] * 3


def test_changes_are_those_of_one_region_at_a_time():
    check_changes_are_those_of_one_region_at_a_time()


def test_what_rounding_makes_is_nothing():
    check_what_rounding_makes_is_nothing()


@pytest.mark.parametrize("batch_size", [1, 100])
def test_batches_do_not_matter_in_tables_either(batch_size):
    rows, noise = PICTURES.flatten(1)[:, :4], NOISE.flatten(1)[:, :4]
    scale = torch.ones(3, 1, dtype=torch.float64)
    model = classifier(lambda table: table @ WEIGHTS[:4], "tabular", batch_size)
    found = moved_regions.squared_moves(model, copies(rows, noise, scale), TARGET, torch.arange(4))
    expected = WEIGHTS[:4].T[TARGET.classes] ** 2 * noise.square().mean(0)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
