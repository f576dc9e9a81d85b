import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.split import Split

CARD = DatasetCard("toy", "What.", "Size.", "License.", "Citation.", "Origin.")


def dataset(inputs, targets):
    return Dataset("toy", inputs, torch.tensor(targets), ("a", "b"), CARD)


def test_train_and_test_are_the_rows_of_the_split():
    toy = dataset(torch.arange(20.0).view(10, 2), [0, 1] * 5)
    assert len(toy) == 10
    inputs, targets = toy.train
    assert torch.equal(inputs, toy.inputs[toy.split.train])
    assert torch.equal(targets, toy.targets[toy.split.train])
    assert torch.equal(toy.test.inputs, toy.inputs[toy.split.test])
    assert torch.equal(toy.test.targets, toy.targets[toy.split.test])
    assert (len(toy.train.inputs), len(toy.test.inputs)) == (6, 4)


def test_a_split_that_is_fixed_is_taken_in_place_of_the_usual_one():
    fixed = Split(torch.tensor([0, 1, 2]), torch.tensor([3, 4]))
    toy = Dataset("toy", torch.arange(5.0)[:, None], torch.tensor([0, 1, 0, 1, 0]), ("a", "b"), CARD, fixed_split=fixed)
    assert toy.split is fixed
    assert toy.test.inputs.flatten().tolist() == [3, 4]
    assert toy.train.targets.tolist() == [0, 1, 0]


def test_the_domain_is_told_by_the_shape():
    assert dataset(torch.zeros(2, 3), [0, 1]).domain == "tabular"
    assert dataset(torch.zeros(2, 1, 4, 4), [0, 1]).domain == "image"


def test_targets_of_another_number_are_refused():
    with pytest.raises(InputError, match=r"one class number for each of 2 inputs\. Got shape \(3,\)"):
        dataset(torch.zeros(2, 3), [0, 1, 0])


def test_a_dataset_cannot_be_changed():
    with pytest.raises(AttributeError):
        dataset(torch.zeros(2, 3), [0, 1]).name = "other"


def test_a_card_is_a_section_that_holds_every_field():
    section = CARD.markdown()
    assert section.startswith("## toy\n\nWhat.\n")
    for line in ("- Size: Size.", "- License: License.", "- Citation: Citation.", "- Origin: Origin."):
        assert line in section.splitlines()


def test_a_dataset_and_its_parts_name_themselves_on_one_line():
    toy = dataset(torch.zeros(10, 3, 32, 32), [0, 1] * 5)
    assert repr(toy) == "Dataset(toy, image, inputs (10, 3, 32, 32), classes [a, b])"
    assert repr(toy.train) == "Part(inputs (6, 3, 32, 32), targets (6,))"
    assert repr(toy.split) == "Split(6 training rows, 4 test rows)"


def test_groups_must_number_every_input():
    with pytest.raises(InputError, match=r"`groups` must have one number for each of 3 inputs\. Got shape \(2,\)"):
        Dataset("toy", torch.zeros(3, 1), torch.zeros(3, dtype=torch.int64), ("a",), CARD, groups=torch.zeros(2))
