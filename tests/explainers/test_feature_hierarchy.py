import numpy as np
import pytest
import torch
from scipy.cluster.hierarchy import is_valid_linkage, linkage

from xaivision.core.errors import InputError
from xaivision.explainers.feature_hierarchy import column_hierarchy, pixel_hierarchy


def test_columns_are_joined_by_single_linkage_of_their_correlation():
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(50, 5)) @ draws.normal(size=(5, 5))
    expected = linkage(rows.T, method="single", metric="correlation")
    np.testing.assert_allclose(column_hierarchy("correlation", torch.from_numpy(rows), 5), expected, atol=1e-12)


def test_columns_that_go_together_are_joined_first_and_a_constant_one_last():
    first = torch.randn(40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    second = torch.randn(40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rows = torch.stack([first, torch.full_like(first, 1e6), second, 3 * first + 0.01 * second], 1)
    found = column_hierarchy("correlation", rows, 4)
    assert found[0, :2].tolist() == [0, 3]
    assert 1 in found[2, :2]
    assert found[2, 2] == pytest.approx(1)


def test_a_hierarchy_that_is_given_is_taken_as_it_is():
    given = linkage(np.random.default_rng(0).normal(size=(4, 9)))
    assert np.array_equal(column_hierarchy(given, None, 4), given)


def test_one_column_needs_no_hierarchy():
    assert column_hierarchy("correlation", torch.zeros(3, 1), 1).shape == (0, 4)
    assert column_hierarchy(np.zeros((0, 4)), None, 1).shape == (0, 4)


@pytest.mark.parametrize(("height", "width"), [(4, 4), (3, 5), (1, 6), (2, 1)])
def test_pictures_are_halved_along_their_longer_side(height, width):
    tree = pixel_hierarchy(height, width)
    pixels = height * width
    assert is_valid_linkage(tree) or pixels <= 2
    left, right = (members(tree, pixels, int(child)) for child in tree[-1, :2])
    places = np.arange(pixels).reshape(height, width)
    halves = (
        np.split(places, [(height + 1) // 2], 0) if height >= width and height > 1 else np.split(places, [(width + 1) // 2], 1)
    )
    assert sorted([sorted(left), sorted(right)]) == [half.ravel().tolist() for half in halves]


def members(tree, leaves, node):
    if node < leaves:
        return [node]
    return [leaf for child in tree[node - leaves, :2] for leaf in members(tree, leaves, int(child))]


def test_nested_lists_are_sent_to_owen_in_one_sentence():
    with pytest.raises(
        InputError, match=r"must be 'correlation' or a linkage matrix \(3, 4\).* Nested lists of columns are for `owen`"
    ):
        column_hierarchy([["a", "b"], ["c", ["d"]]], None, 4)
