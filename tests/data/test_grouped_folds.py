import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.data.grouped_folds import grouped_folds


def drawn(count=200, seed=0):
    targets = torch.randint(3, (count,), generator=generator(seed))
    groups = torch.randint(60, (count,), generator=generator(seed, "groups")) + 100 * targets
    return targets, groups


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_two_folds(seed):
    targets, groups = drawn(seed=seed)
    folds = grouped_folds(targets, groups, seed=seed)
    for group in groups.tolist():
        assert len(set(folds[groups == group].tolist())) == 1


def test_each_class_is_spread_evenly():
    targets = torch.tensor([0] * 50 + [1] * 23 + [2] * 7)
    folds = grouped_folds(targets, torch.arange(80))
    for label, count in ((0, 50), (1, 23), (2, 7)):
        sizes = folds[targets == label].bincount(minlength=5)
        assert int(sizes.max() - sizes.min()) <= 1
        assert int(sizes.sum()) == count
    assert int(folds.bincount().max() - folds.bincount().min()) <= 1


def test_a_large_group_does_not_unbalance_its_class():
    targets = torch.zeros(40, dtype=torch.int64)
    targets[30:] = 1
    groups = torch.arange(40)
    groups[:8] = 0
    sizes = grouped_folds(targets, groups, 4)[targets == 0].bincount(minlength=4)
    assert sorted(sizes.tolist()) == [7, 7, 8, 8]


def test_the_seed_deals_anew():
    targets, groups = drawn()
    first, again, other = (grouped_folds(targets, groups, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("targets", "groups", "folds", "sentence"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 2], 2, "at least two groups of pictures that do not look alike. Got one of class 0"),
        ([0, 1], [0, 1, 2], 2, r"must have shape \(N,\)"),
        ([0, 0, 1, 1], [0, 1, 2, 3], 1, "`folds` must be at least 2. Got 1"),
    ],
)
def test_what_cannot_be_dealt_is_refused(targets, groups, folds, sentence):
    with pytest.raises(InputError, match=sentence):
        grouped_folds(torch.tensor(targets), torch.tensor(groups), folds)
