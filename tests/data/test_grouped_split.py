import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.grouped_split import grouped_split

TARGETS = torch.tensor([0] * 50 + [1] * 30 + [2] * 6)
ALONE = torch.arange(len(TARGETS))


def test_with_groups_of_one_every_class_gives_its_share():
    split = grouped_split(TARGETS, ALONE)
    assert torch.equal(torch.cat([split.train, split.test]).sort().values, ALONE)
    assert TARGETS[split.test].bincount().tolist() == [15, 9, 2]
    assert not torch.equal(split.test[:15], torch.arange(15))


@pytest.mark.parametrize("seed", range(10))
def test_no_group_is_on_both_sides_and_shares_are_nearly_kept(seed):
    groups = torch.arange(len(TARGETS)) // 3
    split = grouped_split(TARGETS, groups, seed=seed)
    assert not set(groups[split.train].tolist()) & set(groups[split.test].tolist())
    assert torch.equal(torch.cat([split.train, split.test]).sort().values, ALONE)
    assert abs(len(split.test) - 26) <= 6
    assert set(TARGETS[split.train].tolist()) == set(TARGETS[split.test].tolist()) == {0, 1, 2}


@pytest.mark.parametrize("seed", range(6))
def test_a_group_larger_than_the_share_is_learned_from(seed):
    groups = torch.tensor([0] * 16 + list(range(1, 5)))
    split = grouped_split(torch.zeros(20, dtype=torch.int64), groups, seed=seed)
    assert split.test.tolist() == [16, 17, 18, 19]


def test_where_no_group_fits_the_smallest_is_tested():
    groups = torch.tensor([0] * 6 + [1] * 4)
    assert grouped_split(torch.zeros(10, dtype=torch.int64), groups).test.tolist() == [6, 7, 8, 9]


def test_a_group_of_two_classes_counts_for_the_commoner():
    """A quarter of four rows is one row of each class; counted for the other, it would be two of the first."""
    targets, groups = torch.tensor([0] * 5 + [1] * 3), torch.tensor([0, 1, 2, 3, 9, 9, 9, 4])
    test = grouped_split(targets, groups, test_share=0.25).test.tolist()
    assert len(test) == 2
    assert test[0] < 4
    assert test[1] == 7


def test_the_split_depends_on_the_seed_alone():
    state = torch.random.get_rng_state()
    first = grouped_split(TARGETS, ALONE)
    assert torch.equal(grouped_split(TARGETS, ALONE).test, first.test)
    assert not torch.equal(grouped_split(TARGETS, ALONE, seed=1).test, first.test)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_class_of_one_group_is_refused():
    with pytest.raises(InputError, match=r"at least two groups to be split\. Got 3 rows in one group, the first is row 2"):
        grouped_split(torch.tensor([0, 0, 1, 1, 1]), torch.tensor([0, 1, 2, 2, 2]))


def test_shapes_and_shares_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"must have shape \(N,\)\. Got \(86,\) and \(85,\)"):
        grouped_split(TARGETS, ALONE[:-1])
    with pytest.raises(InputError, match=r"`test_share` must lie between 0 and 1\. Got 1"):
        grouped_split(TARGETS, ALONE, 1)
