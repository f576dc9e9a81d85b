"""Mixtures of normal distributions, against torch's own and against what they were made of."""

from math import log

import pytest
import torch

from xaivision.engines.prototypes import gaussians, mixtures

SHARES = torch.tensor([[0.7, 0.3], [0.2, 0.8], [0.5, 0.5]], dtype=torch.float64)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(full=True):
    parts = gaussians.Gaussians(3 * drawn(6, 4), 0.3 * drawn(6, 4, seed=1), 0.3 * drawn(6, 4, 4, seed=2) if full else None)
    return mixtures.Mixtures(parts, SHARES.log())


def torchs_own(one):
    parts = torch.distributions.MultivariateNormal(
        one.parts.centers.view(3, 2, 4), scale_tril=one.parts.factors().view(3, 2, 4, 4)
    )
    return torch.distributions.MixtureSameFamily(torch.distributions.Categorical(SHARES), parts)


def check_densities_are_torchs_own():
    points = 3 * drawn(5, 4, seed=3)
    for full in (False, True):
        one = made(full)
        torch.testing.assert_close(one.log_density(points), torchs_own(one).log_prob(points[:, None]))


def test_densities_are_torchs_own():
    check_densities_are_torchs_own()


def check_draws_have_the_mean_and_the_variance_of_the_mixture():
    one = made()
    assert one.noise_width == 5
    found, expected = one.drawn(drawn(100_000, 3, 5, seed=4)), torchs_own(one)
    torch.testing.assert_close(found.mean(0), expected.mean, atol=0.06, rtol=0)
    torch.testing.assert_close(found.var(0), expected.variance, atol=0.05, rtol=0.03)


def test_draws_have_the_mean_and_the_variance_of_the_mixture():
    check_draws_have_the_mean_and_the_variance_of_the_mixture()


def check_a_part_is_chosen_as_often_as_its_share_says():
    chosen = made().chosen(drawn(50_000, 3, seed=5))
    torch.testing.assert_close((chosen == 1).double().mean(0), SHARES[:, 1], atol=0.01, rtol=0)


def test_a_part_is_chosen_as_often_as_its_share_says():
    check_a_part_is_chosen_as_often_as_its_share_says()


def test_the_draws_of_one_mixture_do_not_depend_on_the_others():
    one, noise = made(), drawn(7, 3, 5, seed=6)
    alone = mixtures.Mixtures(gaussians.Gaussians(*(part[2:4] for part in one.parts)), one.log_shares[1:2])
    assert torch.equal(alone.drawn(noise[:, 1:2])[:, 0], one.drawn(noise)[:, 1])


@pytest.mark.parametrize("full", [False, True])
def test_a_mixture_of_one_part_is_that_part_to_the_bit(full):
    parts = gaussians.Gaussians(drawn(3, 4), drawn(3, 4, seed=1), drawn(3, 4, 4, seed=2) if full else None)
    one, noise, points = mixtures.Mixtures(parts, torch.zeros(3, 1)), drawn(6, 3, 4, seed=3), drawn(5, 4, seed=4)
    assert one.noise_width == 4
    assert torch.equal(one.drawn(noise), parts.drawn(noise))
    assert torch.equal(one.log_density(points), parts.log_density(points))
    assert torch.equal(one.divergence(), parts.divergence())
    assert torch.equal(one.largest().centers, parts.centers)


def check_the_divergence_is_no_less_than_what_draws_tell():
    one = made()
    points = one.drawn(drawn(100_000, 3, 5, seed=7))
    each = torch.stack([one.log_density(points[:, number])[:, number] for number in range(3)], 1)
    standard = torch.distributions.Normal(0.0, 1.0).log_prob(points).sum(2)
    told = (each - standard).mean(0)
    assert bool((one.divergence() >= told).all())
    # At most, knowing the part tells what the share does not: the entropy of the shares.
    assert bool((one.divergence() - told <= torch.distributions.Categorical(SHARES).entropy() + 0.05).all())


def test_the_divergence_is_no_less_than_what_draws_tell():
    check_the_divergence_is_no_less_than_what_draws_tell()


def check_the_largest_part_is_that_of_each_mixture():
    one, rows = made(), [0, 3, 4]
    found = one.largest()
    for part, whole in zip(found, one.parts, strict=True):
        assert torch.equal(part, whole[rows])


def test_the_largest_part_is_that_of_each_mixture():
    check_the_largest_part_is_that_of_each_mixture()


def check_what_is_fitted_finds_two_heaps():
    points = torch.cat([drawn(70, 2) - 8, 2 * drawn(30, 2, seed=1) + 8])
    found = mixtures.fitted(points, 2, full=True)
    order = found.parts.centers[:, 0].argsort()
    torch.testing.assert_close(found.parts.centers[order], torch.stack([points[:70].mean(0), points[70:].mean(0)]))
    assert found.log_shares[0, order].tolist() == pytest.approx([log(0.7), log(0.3)])
    factors = found.parts.factors()[order]
    torch.testing.assert_close(
        factors @ factors.mT, torch.stack([points[:70].T.cov(), points[70:].T.cov()]), atol=1e-2, rtol=1e-2
    )


def test_what_is_fitted_finds_two_heaps():
    check_what_is_fitted_finds_two_heaps()


def test_one_part_is_fitted_as_a_normal_distribution_is():
    points = drawn(20, 3)
    found, expected = mixtures.fitted(points, 1, full=False), gaussians.fitted(points, full=False)
    assert torch.equal(found.parts.centers, expected.centers)
    assert torch.equal(found.parts.log_spread, expected.log_spread)
    assert found.log_shares.tolist() == [[0.0]]
