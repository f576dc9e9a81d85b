from dataclasses import replace

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.data.split import Split
from xaivision.models.learning_parts import LearningParts, learning_parts

CARD = DatasetCard("mine", "", "", "", "", "")


def dataset_of(*counts):
    targets = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    names = tuple("abcdef"[: len(counts)])
    return Dataset("mine", torch.zeros(len(targets), 1, 2, 2), targets, names, CARD)


def test_the_three_parts_share_no_row_and_hold_all():
    data = dataset_of(40, 20, 10)
    parts = learning_parts(data, 0.2, 0)
    rows = torch.cat([parts.train, parts.validation, parts.test])
    assert rows.sort().values.tolist() == list(range(70))
    assert parts.test.tolist() == data.split.test.tolist()


def test_every_class_gives_its_share_to_the_validation_part():
    data = dataset_of(100, 50, 10)
    found = data.targets[learning_parts(data, 0.2, 0).validation].bincount()
    assert found.tolist() == [14, 7, 1]


def test_a_small_class_is_held_out_with_one_picture():
    data = dataset_of(40, 5)
    parts = learning_parts(data, 0.05, 0)
    assert int((data.targets[parts.validation] == 1).sum()) == 1
    assert int((data.targets[parts.train] == 1).sum()) == 3 - int((data.targets[parts.test] == 1).sum()) + 1


def test_the_validation_part_follows_from_the_seed():
    data = dataset_of(40, 40)
    one, same, other = (learning_parts(data, 0.2, seed).validation.tolist() for seed in (0, 0, 1))
    assert one == same != other


def test_pictures_without_a_label_are_neither_learned_from_nor_tested_on():
    data = dataset_of(20, 20)
    data.targets[:4] = -1
    parts = learning_parts(data, 0.2, 0)
    assert not set(range(4)) & set(torch.cat([parts.train, parts.validation, parts.test]).tolist())


def test_a_table_is_refused():
    with pytest.raises(InputError, match="must hold pictures"):
        learning_parts(load_dataset("wine"), 0.2, 0)


def test_one_class_is_refused():
    with pytest.raises(InputError, match=r"at least two classes\. Got a"):
        learning_parts(dataset_of(20), 0.2, 0)


def test_a_class_of_four_pictures_is_named():
    with pytest.raises(InputError, match=r"at least 5 pictures of each class\. Got 4 of 'b'"):
        learning_parts(dataset_of(20, 4), 0.2, 0)


def test_a_split_that_leaves_nothing_to_learn_is_told():
    data = dataset_of(20, 20)
    split = replace(data.split, train=torch.arange(21), test=torch.arange(21, 40))
    data.__dict__["split"] = split
    with pytest.raises(InputError, match="fewer of 'b'"):
        learning_parts(data, 0.2, 0)


def test_look_alikes_are_never_in_the_training_and_the_validation_part():
    data = dataset_of(60, 30)
    groups = torch.arange(90) // 3
    split = Split(torch.arange(84), torch.arange(84, 90))
    for seed in range(5):
        parts = learning_parts(replace(data, groups=groups, fixed_split=split), 0.2, seed)
        assert not set(groups[parts.train].tolist()) & set(groups[parts.validation].tolist())
        assert data.targets[parts.validation].bincount().tolist() == [12, 3]


def test_a_class_that_is_one_group_and_a_group_of_two_classes_are_no_hindrance():
    data = dataset_of(20, 10)
    groups = torch.cat([torch.arange(20), torch.full((10,), 3)])  # the second class is one group, with a picture of the first
    split = Split(torch.arange(28), torch.tensor([28, 29]))
    parts = learning_parts(replace(data, groups=groups, fixed_split=split), 0.2, 0)
    assert data.targets[parts.validation].bincount().tolist() == [4, 1]
    assert data.targets[parts.train].bincount().tolist() == [16, 7]


def test_the_digest_of_a_split_is_of_which_row_is_in_which_part():
    one, two = torch.tensor([0, 1]), torch.tensor([2])
    assert LearningParts(one, two, two).digest == LearningParts(one.clone(), two, two).digest
    assert len({LearningParts(*parts).digest for parts in [(one, two, two), (two, one, two), (two, two, one)]}) == 3
