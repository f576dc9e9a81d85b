"""Whose fault an error is: the model's, wherever it is asked from, or this library's own."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.fault import fault, raised_by_model

ROWS = torch.zeros(2, 4)


class Broken(nn.Module):
    def forward(self, inputs):
        raise ValueError("it is broken")


class WrongShape(nn.Module):
    """Breaks down within torch."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, inputs):
        return self.linear(inputs)


class Estimator(LogisticRegression):
    def predict_proba(self, rows):
        raise ValueError("it is broken")


def fails(_):
    raise ValueError("it is broken")


def caught(work):
    with pytest.raises(Exception) as found:  # noqa: PT011 - whatever it is
        work()
    return found.value


def estimator():
    return Estimator().fit(np.eye(4), [0, 1, 0, 1])


MODELS = {
    "module": lambda: xv.TorchClassifier(nn.Sequential(Broken()), 2, domain="tabular"),
    "function": lambda: xv.FunctionClassifier(fails, 2, score_unit="logit", domain="tabular"),
    "estimator": lambda: xv.SklearnClassifier(estimator()),
}


@pytest.mark.parametrize("kind", list(MODELS))
def test_what_a_model_raises_is_its_own(kind):
    model = MODELS[kind]()
    error = caught(lambda: model(ROWS))
    assert raised_by_model(error)
    assert fault(error) == "the model raised ValueError: it is broken"


def test_what_a_method_makes_the_model_raise_is_the_models_too():
    model = MODELS["module"]()
    assert raised_by_model(caught(lambda: xv.explain(model, ROWS, "saliency", targets=0)))


def test_what_torch_raises_within_a_module_is_the_modules():
    module = WrongShape()
    assert raised_by_model(caught(lambda: module(torch.zeros(2, 7))))


def test_what_the_library_raises_around_a_model_is_the_librarys_own(monkeypatch):
    model = xv.TorchClassifier(nn.Linear(4, 2), 2, domain="tabular")
    monkeypatch.setattr("xaivision.core.batching.raise_if_cancelled", lambda: [][0])
    error = caught(lambda: model(ROWS))
    assert not raised_by_model(error)
    told = fault(error)
    assert told.startswith("a fault of xaivision (batching.py, line ")
    assert told.endswith("), and none of the model: IndexError: list index out of range")


def test_what_a_hook_of_the_librarys_raises_within_a_pass_is_not_the_models(monkeypatch):
    module = nn.Sequential(nn.Linear(4, 2))
    monkeypatch.setattr("xaivision.core.fault.PACKAGE", Path(__file__).parent)  # this file stands for the library
    module.register_forward_hook(lambda *_: [][0])
    assert not raised_by_model(caught(lambda: module(ROWS)))


def test_full_memory_is_nobodys_fault():
    assert fault(torch.OutOfMemoryError("CUDA out of memory")) == "the memory ran out: OutOfMemoryError: CUDA out of memory"
    assert fault(MemoryError("8 GB")) == "the memory ran out: MemoryError: 8 GB"


def test_an_error_of_the_library_says_all_itself():
    assert fault(InputError("`steps` must be a positive integer. Got 0.")) == "`steps` must be a positive integer. Got 0."
