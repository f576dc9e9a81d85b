import gc
import threading
from dataclasses import dataclass

import pytest
import torch
from core_subjects import drawn, linear

from xaivision.core import locks
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.locks import lock_of
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier


def got_in(work, seconds):
    """Whether `work` gets through in another thread within this time, and the thread."""
    done = threading.Event()
    thread = threading.Thread(target=lambda: (work(), done.set()))
    thread.start()
    return done.wait(seconds), thread


def test_one_object_has_one_lock_and_another_object_another():
    first, second = linear(), linear()
    assert lock_of(first) is lock_of(first)
    assert lock_of(first) is not lock_of(second)


def test_a_lock_is_forgotten_with_its_model():
    model = linear()
    lock_of(model)
    gc.collect()  # models of other tests that are still waiting for it
    count = len(locks._locks)
    del model
    gc.collect()
    assert len(locks._locks) == count - 1


@pytest.mark.parametrize("ask", ["call", "gradients", "layer", "activations"])
def test_a_second_adapter_around_a_held_module_waits(ask):
    module, inputs = linear(), drawn(2, 4)
    first = TorchClassifier(torch.nn.Sequential(module), 3, domain="tabular")
    second = TorchClassifier(first.model, 3, domain="tabular")
    asked = {
        "call": lambda: second(inputs),
        "gradients": lambda: second.gradients(inputs, TargetScore(torch.zeros(2, dtype=torch.long))),
        "layer": lambda: second.layer("0", inputs),
        "activations": lambda: second.activations(inputs, second.layer("0", inputs)),
    }[ask]
    with first.held():
        passed, thread = got_in(asked, 0.1)
        assert not passed
    thread.join(30)
    assert not thread.is_alive()


def test_adapters_around_different_modules_do_not_wait_for_each_other():
    first, second = (TorchClassifier(linear(), 3, domain="tabular") for _ in range(2))
    with first.held():
        passed, thread = got_in(lambda: second(drawn(2, 4)), 30)
    thread.join(30)
    assert passed


def test_the_thread_that_holds_a_model_may_ask_it():
    model = TorchClassifier(linear(), 3, domain="tabular")
    with model.held(), model.held():
        assert model(drawn(2, 4)).shape == (2, 3)


def test_a_model_is_free_again_after_an_error():
    model = TorchClassifier(linear(), 3, domain="tabular")
    with pytest.raises(ZeroDivisionError), model.held():
        raise ZeroDivisionError
    passed, thread = got_in(lambda: model(drawn(2, 4)), 30)
    thread.join(30)
    assert passed


@dataclass
class Unhashable:
    def __call__(self, rows):
        return rows[:, :2]


def test_a_function_that_cannot_be_hashed_gets_a_lock_of_its_own():
    with pytest.raises(TypeError):
        lock_of(Unhashable())
    model = FunctionClassifier(Unhashable(), 2, score_unit="logit", domain="tabular")
    with model.held():
        passed, thread = got_in(lambda: model(drawn(2, 4)), 0.1)
        assert not passed
    thread.join(30)
