import numpy as np
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.engines import neighbors


def check_neighbors_are_those_of_brute_force(seed, k):
    points, candidates = drawn((3, 4), seed), drawn((7, 4), seed + 1)
    indices, distances = neighbors.nearest(points, candidates, k)
    for i in range(3):
        far = [float(np.sqrt(((candidates[j] - points[i]).numpy() ** 2).sum())) for j in range(7)]
        expected = sorted(range(7), key=far.__getitem__)[:k]
        assert indices[i].tolist() == expected
        np.testing.assert_allclose(distances[i], [far[j] for j in expected], atol=1e-14, rtol=0)


def check_small_distances_far_from_zero_are_kept():
    points = torch.tensor([[1000.0, 1000.0]])
    candidates = torch.tensor([[1000.0, 1000.001], [1000.0, 1000.0], [1000.002, 1000.0]])
    indices, distances = neighbors.nearest(points, candidates, 3)
    assert indices.tolist() == [[1, 0, 2]]
    expected = (candidates.double() - points.double()).norm(dim=1)[[1, 0, 2]]
    torch.testing.assert_close(distances[0], expected, atol=1e-12, rtol=0)


@given(st.integers(0, 10**6), st.integers(1, 7))
@settings(max_examples=20, deadline=None)
def test_neighbors_are_those_of_brute_force(seed, k):
    check_neighbors_are_those_of_brute_force(seed, k)


def test_small_distances_far_from_zero_are_kept():
    check_small_distances_far_from_zero_are_kept()


def test_of_equally_far_candidates_the_first_comes_first():
    indices, _ = neighbors.nearest(torch.zeros(1, 2), torch.tensor([[3.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, -1.0]]), 4)
    assert indices.tolist() == [[1, 2, 3, 0]]
