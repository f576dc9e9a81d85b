"""Losses of distributions, on numbers small enough to be computed by hand."""

from dataclasses import replace
from math import log, pi

import pytest
import torch

from xaivision.engines.prototypes.gaussians import Gaussians
from xaivision.models.construction import construction
from xaivision.models.distributions import distribution_losses as losses
from xaivision.models.distributions.autoencoder import autoencoder
from xaivision.models.distributions.distribution_network import DistributionNetwork
from xaivision.models.prototypes.layer_plan import LayerPlan


@pytest.fixture
def batch():
    """Two prototypes, standard normal around (0, 0) and (3, 0), and a point at each."""
    with construction(0):
        network = DistributionNetwork(
            LayerPlan(2, 2, 2, "squared", "negative", "dense", "diagonal"), autoencoder((4,), None, 2), 5
        )
    points = torch.tensor([[0.0, 0.0], [3.0, 0.0]])
    with torch.no_grad():
        network.prototypes.centers.copy_(points)
    logits = torch.tensor([[[2.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    return losses.Batch(network, torch.ones(2, 4), points, logits, torch.tensor([0, 1]))


def test_the_likelihood_is_the_mean_of_the_draws_cross_entropies(batch):
    expected = (log(1 + torch.tensor(-2.0).exp()) + log(2.0) + 2 * log(1 + torch.tensor(-1.0).exp())) / 4
    assert float(losses.likelihood(batch)) == pytest.approx(expected)


def test_the_density_is_that_of_the_own_class(batch):
    assert float(losses.density(batch).detach()) == pytest.approx(log(2 * pi))
    other = losses.Batch(batch.network, batch.features, batch.points, batch.logits, torch.tensor([1, 0]))
    assert float(losses.density(other).detach()) == pytest.approx(log(2 * pi) + 4.5)


def test_the_density_of_one_input_counts_no_less_than_one_and_no_more_than_ten_thousand(batch):
    mixed = torch.tensor([[0.0, 0.0], [2000.0, 0.0]])
    with torch.no_grad():
        batch.network.prototypes.log_spread.fill_(-5.0)  # so dense that the logarithm of the first is far below -1
    found = losses.density(replace(batch, points=mixed))
    assert float(found.detach()) == pytest.approx((-1 + 1e4) / 2)


def test_coverage_is_of_the_nearest_point_and_the_divergence_of_the_means(batch):
    assert float(losses.coverage(batch).detach()) == pytest.approx(log(2 * pi))
    assert float(losses.divergence(batch).detach()) == pytest.approx(9 / 2 / 2)


def test_reconstruction_is_a_mean_square(batch):
    with torch.no_grad():
        for part in batch.network.decoder.parameters():
            part.zero_()
    assert float(losses.reconstruction(batch).detach()) == 1.0


def test_coding_is_the_mean_divergence_of_the_codes_and_nothing_of_a_plain_encoder(batch):
    assert float(losses.coding(batch)) == 0
    codes = Gaussians(torch.tensor([[0.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 0.0], [log(2.0), 0.0]]))
    coded = replace(batch, codes=codes)
    expected = (0 + (9 + 4 - 1) / 2 - log(2.0)) / 2
    assert float(losses.coding(coded)) == pytest.approx(expected)
    first = losses.reconstruction(batch)
    torch.testing.assert_close(losses.described(batch, {"coding": 7.0}), first)
    torch.testing.assert_close(losses.described(coded, {}), first + 0.005 * expected)
    torch.testing.assert_close(losses.described(coded, {"coding": 2.0}), first + 0.2 * expected)
    torch.testing.assert_close(losses.total(coded, {}), losses.total(batch, {}) + 0.05 * expected)


def test_the_total_is_the_weighted_sum_with_weights_replaced(batch):
    expected = losses.likelihood(batch) + 10 * losses.reconstruction(batch) + 2 * losses.density(batch)
    torch.testing.assert_close(losses.total(batch, {"density": 2.0}), expected)
