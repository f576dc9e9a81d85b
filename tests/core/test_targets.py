import numpy as np
import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.targets import resolved_targets, target_scores

SCORES = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.1, 0.2, 0.7]])


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (None, [1, 0, 2]),
        (0, [0, 0, 0]),
        (2, [2, 2, 2]),
        ([2, 1, 0], [2, 1, 0]),
        ((0, 0, 1), [0, 0, 1]),
        (torch.tensor(1), [1, 1, 1]),
        (torch.tensor([2, 0, 1], dtype=torch.int32), [2, 0, 1]),
        (torch.tensor([2, 0, 1], dtype=torch.uint8), [2, 0, 1]),
        (np.array([2, 0, 1]), [2, 0, 1]),
        (np.int64(1), [1, 1, 1]),
    ],
    ids=repr,
)
def test_targets_become_one_class_number_for_each_input(targets, expected):
    found = resolved_targets(targets, SCORES)
    assert found.dtype == torch.long
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (3, "class numbers from 0 to 2. Got 3"),
        (-1, "class numbers from 0 to 2. Got -1"),
        ([0, 1, 3], "from 0 to 2. Got 3"),
        ([0, -2, 1], "from 0 to 2. Got -2"),
        ([0, 1], r"one for each of 3 inputs. Got shape \(2,\)"),
        ([0, 1, 2, 0], r"Got shape \(4,\)"),
        (torch.zeros(3, 1, dtype=torch.long), r"Got shape \(3, 1\)"),
        (1.0, "`targets` must be class numbers. Got float32"),
        (torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64), "Got float64"),
        (True, "Got bool"),
        ([True, False, True], "Got bool"),
        (torch.tensor([1j, 0, 1]), "Got complex64"),
        ("cat", "`targets` must be class numbers. Got 'cat'"),
        (["cat", "dog", "cat"], r"Got \['cat', 'dog', 'cat'\]"),
        ([None, 1, 2], r"Got \[None, 1, 2\]"),
        (2**80, "class numbers"),
    ],
    ids=repr,
)
def test_what_is_no_class_of_the_model_is_refused(targets, says):
    with pytest.raises(InputError, match=says):
        resolved_targets(targets, SCORES)


def test_the_callers_tensor_is_not_kept():
    targets = torch.tensor([0, 1, 2])
    found = resolved_targets(targets, SCORES)
    targets.zero_()
    assert found.tolist() == [0, 1, 2]


def test_one_target_for_all_can_be_written_on_for_one_input():
    found = resolved_targets(1, SCORES)
    found[0] = 2
    assert found.tolist() == [2, 1, 1]


def test_each_input_gets_the_score_of_its_own_target():
    assert torch.equal(target_scores(SCORES, torch.tensor([1, 0, 0])), torch.tensor([0.7, 0.5, 0.1]))
