import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.split import stratified_split

TARGETS = torch.tensor([0] * 50 + [1] * 30 + [2] * 6)


def test_every_row_is_in_one_part_and_every_class_gives_its_share():
    split = stratified_split(TARGETS)
    assert torch.equal(torch.cat([split.train, split.test]).sort().values, torch.arange(len(TARGETS)))
    assert TARGETS[split.test].bincount().tolist() == [15, 9, 2]
    assert torch.equal(split.test, split.test.sort().values)
    assert torch.equal(split.train, split.train.sort().values)


def test_the_split_is_mixed_and_not_the_end_of_each_class():
    test = stratified_split(TARGETS).test
    assert not torch.equal(test[:15], torch.arange(15))
    assert not torch.equal(test[:15], torch.arange(35, 50))


def test_the_split_depends_on_the_seed_alone():
    state = torch.random.get_rng_state()
    first = stratified_split(TARGETS)
    torch.manual_seed(5)
    assert torch.equal(stratified_split(TARGETS).test, first.test)
    assert not torch.equal(stratified_split(TARGETS, seed=1).test, first.test)
    torch.random.set_rng_state(state)
    stratified_split(TARGETS)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_split_of_one_class_does_not_depend_on_the_others():
    alone = stratified_split(TARGETS[:50]).test
    assert torch.equal(stratified_split(TARGETS).test[:15], alone)


def test_rows_without_a_label_are_for_testing_only():
    split = stratified_split(torch.tensor([-1, 0, 0, 0, 0, -1]), test_share=0.5)
    assert {0, 5} <= set(split.test.tolist())
    assert len(split.train) == 2


def test_the_split_is_the_one_of_the_first_release():
    assert stratified_split(torch.zeros(20, dtype=torch.int64)).test.tolist() == [4, 6, 11, 12, 14, 17]


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InputError, match=r"`test_share` must lie between 0 and 1\. Got"):
        stratified_split(TARGETS, share)


def test_targets_that_are_no_column_are_refused():
    with pytest.raises(InputError, match=r"must have shape \(N,\)\. Got \(86, 1\)"):
        stratified_split(TARGETS[:, None])
