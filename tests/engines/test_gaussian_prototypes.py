"""Normal distributions as prototypes, and what is uncertain in their draws, against torch's own and closed forms."""

from math import erf, log, sqrt

import pytest
import torch

from xaivision.engines.prototypes import evidence, gaussians
from xaivision.engines.prototypes import uncertainty as doubts


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(full):
    return gaussians.Gaussians(drawn(3, 4), 0.3 * drawn(3, 4, seed=1), drawn(3, 4, 4, seed=2) if full else None)


def torchs_own(one):
    factors = one.log_spread.exp().diag_embed() + (0 if one.below is None else one.below.tril(-1))
    return torch.distributions.MultivariateNormal(one.centers, scale_tril=factors)


def check_densities_are_torchs_own(full):
    one, points = made(full), drawn(5, 4, seed=3)
    torch.testing.assert_close(one.log_density(points), torchs_own(one).log_prob(points[:, None]))


@pytest.mark.parametrize("full", [False, True])
def test_densities_are_torchs_own(full):
    check_densities_are_torchs_own(full)


def check_draws_have_the_mean_and_the_covariance():
    one = made(full=True)
    found = one.drawn(drawn(100_000, 3, 4, seed=4))
    torch.testing.assert_close(found.mean(0), one.centers, atol=0.03, rtol=0)
    torch.testing.assert_close(found[:, 1].T.cov(), one.factors()[1] @ one.factors()[1].T, atol=0.1, rtol=0.03)


def test_draws_have_the_mean_and_the_covariance():
    check_draws_have_the_mean_and_the_covariance()


def check_the_divergence_is_torchs_own(full):
    one = made(full)
    standard = torch.distributions.MultivariateNormal(torch.zeros(4, dtype=torch.float64), torch.eye(4, dtype=torch.float64))
    torch.testing.assert_close(one.divergence(), torch.distributions.kl_divergence(torchs_own(one), standard))


@pytest.mark.parametrize("full", [False, True])
def test_the_divergence_is_torchs_own(full):
    check_the_divergence_is_torchs_own(full)


def check_what_is_fitted_has_the_moments_of_the_points():
    points = drawn(50, 3) @ drawn(3, 3, seed=5) + 7
    full, plain = gaussians.fitted(points, full=True), gaussians.fitted(points, full=False)
    torch.testing.assert_close(full.centers[0], points.mean(0))
    torch.testing.assert_close(full.factors()[0] @ full.factors()[0].T, points.T.cov(), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close((2 * plain.log_spread[0]).exp(), points.var(0), rtol=1e-3, atol=0)


def test_what_is_fitted_has_the_moments_of_the_points():
    check_what_is_fitted_has_the_moments_of_the_points()


def test_points_that_are_all_the_same_have_a_distribution():
    found = gaussians.fitted(torch.ones(4, 2), full=True)
    assert bool(found.factors().isfinite().all())
    assert float(found.log_spread.exp().max()) <= 0.011


def check_uncertainty_adds_up_and_is_known_where_draws_agree_or_contradict():
    agree = torch.tensor([[[0.3, 0.7]] * 4], dtype=torch.float64)
    contradict = torch.tensor([[[1.0, 0.0], [0.0, 1.0]] * 2], dtype=torch.float64)
    found = doubts.uncertainty(torch.cat([agree, contradict]))
    entropy = -(0.3 * log(0.3) + 0.7 * log(0.7))
    assert found.aleatoric.tolist() == pytest.approx([entropy, 0.0])
    assert found.epistemic.tolist() == pytest.approx([0.0, log(2)])
    torch.testing.assert_close(found.total, found.aleatoric + found.epistemic, atol=1e-12, rtol=0)


def test_uncertainty_adds_up_and_is_known_where_draws_agree_or_contradict():
    check_uncertainty_adds_up_and_is_known_where_draws_agree_or_contradict()


@pytest.mark.parametrize("seed", range(20))
def test_epistemic_uncertainty_is_never_negative(seed):
    found = doubts.uncertainty((8 * drawn(6, 5, 4, seed=seed)).softmax(2).float())
    assert float(found.epistemic.min()) >= -1e-6
    assert bool((found.total <= log(4) + 1e-6).all())


def check_the_share_below_counts_smaller_known_values():
    known = torch.tensor([[0.0, 1.0, 2.0, 3.0], [5.0, 6.0, 7.0, 8.0]])
    assert doubts.share_below(torch.tensor([2.5, 4.0]), known).tolist() == [0.75, 0.0]
    assert doubts.share_below(torch.tensor([9.0, 9.0]), known).tolist() == [1.0, 1.0]


def test_the_share_below_counts_smaller_known_values():
    check_the_share_below_counts_smaller_known_values()


def check_the_overlap_of_two_normal_distributions_is_known():
    quantiles = torch.distributions.Normal(0.0, 1.0).icdf((torch.arange(2000, dtype=torch.float64) + 0.5) / 2000)
    distances = torch.stack([20 + quantiles, 22 + quantiles, 40 + quantiles], 1)[None]
    curves = doubts.distance_curves(distances)
    torch.testing.assert_close(torch.trapezoid(curves.densities, curves.at[:, None]), torch.ones(1, 3, dtype=torch.float64))
    found = doubts.overlaps(curves, torch.tensor([0]))
    expected = 1 - erf(1 / sqrt(2))  # twice the normal tail beyond one deviation, from 21, which is in the middle
    assert found[0].tolist() == pytest.approx([1.0, expected, 0.0], abs=0.03)


def test_the_overlap_of_two_normal_distributions_is_known():
    check_the_overlap_of_two_normal_distributions_is_known()


def test_distances_that_do_not_differ_from_draw_to_draw_overlap_only_with_themselves():
    same = torch.tensor([[[1.0, 30.0, 1.0]] * 5], dtype=torch.float64)
    found = doubts.overlaps(doubts.distance_curves(same), torch.tensor([0]))
    assert found[0].tolist() == pytest.approx([1.0, 0.0, 1.0], abs=1e-9)


def check_a_third_class_has_no_part_in_the_overlap_of_two():
    """However far it lies; a class overlaps with itself wholly."""
    drawn = torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for far in (20.0, 100.0, 1000.0):
        distances = (torch.tensor([5.0, 8.0, far], dtype=torch.float64) + 0.3 * drawn)[None]
        found = doubts.pair_overlaps(distances, torch.tensor([0]))[0]
        assert found.tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)
        alone = doubts.overlaps(doubts.distance_curves(distances[:, :, [1, 0]]), torch.tensor([0]))[0, 1]
        assert float(doubts.pair_overlaps(distances, torch.tensor([1]))[0, 0]) == float(alone)


def test_a_third_class_has_no_part_in_the_overlap_of_two():
    check_a_third_class_has_no_part_in_the_overlap_of_two()


def check_a_prototype_speaks_for_its_own_class_with_one_sign():
    weights = torch.tensor([[-3.0, -1.0], [0.5, -20.0]])
    slope = evidence.dense_evidence(weights, torch.tensor([0, 1])).slope
    assert slope[0, 0] == torch.tensor(-3.0).exp()
    assert slope[1, 1] > 0
    assert slope[0, 1] == -1.0
    assert slope[1, 0] == 0.5


def test_a_prototype_speaks_for_its_own_class_with_one_sign():
    check_a_prototype_speaks_for_its_own_class_with_one_sign()
