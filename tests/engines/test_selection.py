"""Choosing what stands for many: as good as all choices on small sets, and better with every step."""

from itertools import combinations

import pytest
import torch

from xaivision.engines.prototypes import kernels, medoids, selection, weighted_selection


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def kernel_of(points):
    return kernels.gaussian_kernel(points, points, kernels.median_width(points))


def check_the_kernel_is_a_gaussian_of_the_distance():
    first, second = drawn(3, 2), drawn(4, 2, seed=1)
    apart = (first[:, None] - second).square().sum(2)
    torch.testing.assert_close(kernels.gaussian_kernel(first, second, 0.7), (-apart / (2 * 0.49)).exp())


def test_the_kernel_is_a_gaussian_of_the_distance():
    check_the_kernel_is_a_gaussian_of_the_distance()


def check_the_width_is_the_median_of_distances_that_are_not_zero():
    points = torch.tensor([[0.0], [0.0], [1.0], [3.0]])
    assert kernels.median_width(points) == 2.0  # of 1, 1, 2, 3, 3
    assert kernels.median_width(torch.zeros(3, 2)) == 1.0


def test_the_width_is_the_median_of_distances_that_are_not_zero():
    check_the_width_is_the_median_of_distances_that_are_not_zero()


def mmd_objective(kernel, taken):
    taken = list(taken)
    return float(2 * kernel[:, taken].mean(0).mean() - kernel[taken][:, taken].mean())


def check_mmd_objectives_are_what_they_say():
    kernel = kernel_of(drawn(30, 2))
    found = selection.mmd_prototypes(kernel, 6)
    for number in range(1, len(found.indices) + 1):
        assert found.objective[number - 1] == pytest.approx(mmd_objective(kernel, found.indices[:number]), abs=1e-12)


def test_mmd_objectives_are_what_they_say():
    check_mmd_objectives_are_what_they_say()


@pytest.mark.parametrize("seed", range(5))
def test_every_step_improves_the_objective(seed):
    points = drawn(40, 3, seed=seed)
    kernel = kernel_of(points)
    prototypes = selection.mmd_prototypes(kernel, 10)
    for found in (
        prototypes,
        selection.mmd_criticisms(kernel, prototypes.indices, 6),
        weighted_selection.proto_dash(kernel, kernel.mean(0), 10),
    ):
        assert all(after >= before for before, after in zip(found.objective, found.objective[1:], strict=False))
        assert len(set(found.indices)) == len(found.indices)
    found = medoids.k_medoids(torch.cdist(points, points), 5)
    assert all(after < before for before, after in zip(found.objective, found.objective[1:], strict=False))


@pytest.mark.parametrize("seed", range(5))
def test_the_first_prototype_is_the_best_single_one_and_three_come_near_to_the_best_three(seed):
    kernel = kernel_of(drawn(12, 2, seed=seed))
    found = selection.mmd_prototypes(kernel, 3)
    assert found.objective[0] == pytest.approx(max(mmd_objective(kernel, [one]) for one in range(12)))
    best = max(mmd_objective(kernel, three) for three in combinations(range(12), 3))
    assert found.objective[-1] >= (1 - 1 / torch.e) * best


def check_no_exchange_of_a_medoid_helps_and_the_best_choice_is_near():
    for seed in range(5):
        points = drawn(11, 2, seed=seed)
        distances = torch.cdist(points, points)
        found = medoids.k_medoids(distances, 3)
        cost = {three: float(distances[:, list(three)].amin(1).sum()) for three in combinations(range(11), 3)}
        own = cost[tuple(sorted(found.indices))]
        assert found.objective[-1] == pytest.approx(own)
        assert own == min(value for three, value in cost.items() if len(set(three) & set(found.indices)) >= 2)
        assert own <= 1.2 * min(cost.values())


def test_no_exchange_of_a_medoid_helps_and_the_best_choice_is_near():
    check_no_exchange_of_a_medoid_helps_and_the_best_choice_is_near()


def test_medoids_of_separate_heaps_are_one_of_each():
    points = torch.cat([drawn(10, 2) / 20 + center for center in (0.0, 5.0, 10.0)])
    found = medoids.k_medoids(torch.cdist(points, points), 3)
    assert sorted(index // 10 for index in found.indices) == [0, 1, 2]
    assert found.weights == pytest.approx((1 / 3,) * 3)


def check_weights_are_the_best_that_are_not_negative():
    root = drawn(6, 6)
    kernel = root @ root.T + 0.1 * torch.eye(6, dtype=torch.float64)
    means = drawn(6, seed=1)
    weights = weighted_selection.nonnegative_weights(kernel, means)
    slopes = means - kernel @ weights
    # The conditions of Karush, Kuhn and Tucker: no weight can grow, and those that are not zero are at rest.
    assert bool((weights >= 0).all())
    assert float(slopes.max()) < 1e-6
    assert float((slopes * weights).abs().max()) < 1e-6
    assert bool((weights == 0).any())


def test_weights_are_the_best_that_are_not_negative():
    check_weights_are_the_best_that_are_not_negative()


def check_proto_dash_finds_the_mixture_it_is_given():
    points = torch.cat([drawn(11, 2) / 5, 3 + drawn(9, 2, seed=1) / 5])
    kernel = kernel_of(points)
    mixture = torch.zeros(20, dtype=torch.float64)
    mixture[3], mixture[11] = 0.7, 0.3
    found = weighted_selection.proto_dash(kernel, kernel @ mixture, 6)
    assert found.indices[1] >= 11  # not another one of the heap that the first stands for
    weights = torch.zeros(20, dtype=torch.float64).index_add(
        0, torch.tensor(found.indices), torch.tensor(found.weights, dtype=torch.float64)
    )
    left = weights - mixture
    assert float(left @ kernel @ left) < 1e-3
    assert found.objective[-1] == pytest.approx(float(mixture @ kernel @ mixture / 2), abs=1e-3)


def test_proto_dash_finds_the_mixture_it_is_given():
    check_proto_dash_finds_the_mixture_it_is_given()


def check_a_criticism_is_what_the_prototypes_do_not_stand_for():
    points = torch.cat([drawn(20, 2) / 10, torch.tensor([[6.0, 6.0]], dtype=torch.float64)])
    kernel = kernels.gaussian_kernel(points, points, 1.0)
    prototypes = selection.mmd_prototypes(kernel, 1)
    assert selection.mmd_criticisms(kernel, (20,), 1).indices[0] < 20
    assert 20 not in prototypes.indices
    witness = (kernel.mean(1) - kernel[:, list(prototypes.indices)].mean(1)).abs()
    first = selection.mmd_criticisms(kernel, prototypes.indices, 1).indices[0]
    assert first == int(witness.index_fill(0, torch.tensor(prototypes.indices), -1).argmax())


def test_a_criticism_is_what_the_prototypes_do_not_stand_for():
    check_a_criticism_is_what_the_prototypes_do_not_stand_for()


def check_criticisms_are_as_many_as_asked_for_and_no_two_are_alike():
    """Each of six points is there twice: six of them are taken before one comes again."""
    points = drawn(6, 2).repeat(2, 1)
    kernel = kernel_of(torch.cat([points, 9 + drawn(1, 2)]))
    found = selection.mmd_criticisms(kernel, (12,), 8)
    assert sorted(index % 6 for index in found.indices[:6]) == list(range(6))
    assert len(set(found.indices)) == 8
    witness = (kernel.mean(1) - kernel[:, 12]).abs()
    for number in range(1, 9):
        taken = list(found.indices[:number])
        among = torch.eye(number, dtype=torch.float64) + 100 * kernel[taken][:, taken]
        assert found.objective[number - 1] == pytest.approx(float(witness[taken].sum() + among.logdet()))


def test_criticisms_are_as_many_as_asked_for_and_no_two_are_alike():
    check_criticisms_are_as_many_as_asked_for_and_no_two_are_alike()
