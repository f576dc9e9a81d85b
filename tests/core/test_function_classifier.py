import numpy as np
import pytest
import torch
from core_subjects import drawn, linear

from xaivision.core.access import Access
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier

ROWS = drawn(3, 4)
NET = linear()
WEIGHT, BIAS = NET.weight.detach().numpy(), NET.bias.detach().numpy()


def wrapped(function, array="numpy", **more):
    return FunctionClassifier(function, 3, score_unit="logit", domain="tabular", array=array, **more)


@pytest.mark.parametrize(
    ("function", "array"),
    [
        (lambda rows: rows @ WEIGHT.T + BIAS, "numpy"),
        (lambda rows: (rows @ WEIGHT.T + BIAS).tolist(), "numpy"),
        (lambda rows: NET(torch.from_numpy(rows)), "numpy"),
        (NET, "torch"),
        (lambda rows: NET(rows).detach().numpy(), "torch"),
    ],
    ids=["numpy", "lists", "tensor from numpy", "torch", "numpy from torch"],
)
def test_functions_of_arrays_and_of_tensors_are_asked_alike(function, array):
    scores = wrapped(function, array)(ROWS)
    assert torch.allclose(scores.float(), NET(ROWS).detach(), atol=1e-6)
    assert not scores.requires_grad


def test_a_numpy_function_is_given_an_array_and_a_torch_function_a_tensor_of_the_inputs_dtype():
    given = []
    for array in ("numpy", "torch"):
        wrapped(lambda rows: given.append(rows) or np.zeros((3, 3), dtype=np.float32), array)(ROWS)
    assert isinstance(given[0], np.ndarray)
    assert given[0].dtype == np.float32
    assert isinstance(given[1], torch.Tensor)
    assert given[1].dtype == torch.float32


def test_whole_numbers_as_scores_become_the_inputs_dtype():
    assert wrapped(lambda rows: np.ones((len(rows), 3), dtype=int))(ROWS.double()).dtype == torch.float64


@pytest.mark.parametrize("array", ["numpy", "torch"])
def test_a_function_that_works_in_place_does_not_change_the_callers_values(array):
    def destroys(rows):
        rows[:] = 0
        return rows[:, :3]

    before = ROWS.clone()
    assert not wrapped(destroys, array)(ROWS).any()
    assert torch.equal(ROWS, before)


def test_it_gives_its_scores_and_no_more():
    assert FunctionClassifier(NET, 3, score_unit="logit", domain="tabular").access is Access.LOGITS
    assert FunctionClassifier(NET, 3, score_unit="probability", domain="tabular").access is Access.SCORES


@pytest.mark.parametrize("scores", [np.zeros((3, 2)), np.zeros(3), np.zeros((1, 3))], ids=str)
def test_an_answer_of_another_shape_is_refused(scores):
    with pytest.raises(InputError, match="one row of 3 scores for each of 3 inputs"):
        wrapped(lambda _rows: scores)(ROWS)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(InputError, match=r"`function` must be callable. Got int"):
        wrapped(3)


def test_another_kind_of_array_is_refused():
    with pytest.raises(InputError, match=r"`array` must be 'numpy' or 'torch'. Got 'jax'"):
        wrapped(NET, "jax")
