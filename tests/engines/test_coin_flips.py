"""Coalitions by coin flips and their kernel: lime's draw and scikit-learn's distance."""

import pytest
import torch
from sklearn.metrics import pairwise_distances

from xaivision.engines import coin_flips


def flips(players=9, count=4000, seed=0):
    return coin_flips.coin_flips(players, count, torch.Generator().manual_seed(seed))


def check_the_first_row_is_whole_and_the_others_are_fair():
    found = flips()
    assert found.dtype == torch.bool
    assert found[0].all()
    rest = found[1:].double()
    assert (rest.mean(0) - 0.5).abs().max() < 0.04
    together = torch.corrcoef(rest.T) - torch.eye(9)
    assert together.abs().max() < 0.07


def check_weights_are_limes_kernel_of_the_cosine_distance():
    coalitions = flips(count=50)
    coalitions[7] = False
    numbers = coalitions.int().numpy()
    distances = torch.from_numpy(pairwise_distances(numbers, numbers[:1], metric="cosine").ravel())
    for width in (0.25, 1.5):
        expected = (-(distances**2) / width**2).exp().sqrt()
        found = coin_flips.cosine_kernel(coalitions, width)
        assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-15)
    assert float(coin_flips.cosine_kernel(coalitions, 0.25)[0]) == 1.0


def test_the_first_row_is_whole_and_the_others_are_fair():
    check_the_first_row_is_whole_and_the_others_are_fair()


def test_weights_are_limes_kernel_of_the_cosine_distance():
    check_weights_are_limes_kernel_of_the_cosine_distance()


def test_the_generator_alone_decides():
    state = torch.get_rng_state()
    assert torch.equal(flips(seed=3), flips(seed=3))
    assert not torch.equal(flips(seed=3), flips(seed=4))
    assert torch.equal(torch.get_rng_state(), state)
