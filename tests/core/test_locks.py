import gc
import threading
import time
from dataclasses import dataclass

import pytest
import torch
from core_subjects import drawn, linear

from xaivision.core import locks
from xaivision.core.errors import Cancelled
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.locks import lock_of
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier


def got_in(work, seconds):
    """Whether `work` gets through in another thread within this time, and the thread."""
    done = threading.Event()
    thread = threading.Thread(target=lambda: (work(), done.set()))
    thread.start()
    return done.wait(seconds), thread


def waits_for(first, second):
    """Whether who wants `second` waits while another thread holds `first`."""

    def take():
        with lock_of(second).held():
            pass

    with lock_of(first).held():
        passed, thread = got_in(take, 0.1)
    thread.join(30)
    assert not thread.is_alive()
    return not passed


def test_one_object_has_one_lock_and_another_object_another():
    first, second = linear(), linear()
    assert waits_for(first, first)
    assert not waits_for(first, second)


def test_two_models_around_one_backbone_exclude_each_other():
    backbone = torch.nn.Sequential(linear(4, 4))
    first, second = (torch.nn.Sequential(backbone, linear(4, 3)) for _ in range(2))
    assert waits_for(first, second)
    assert waits_for(second, first)


def test_a_model_made_of_two_that_were_known_before_excludes_both():
    first, second = linear(4, 4), linear(4, 3)
    lock_of(first), lock_of(second)
    both = torch.nn.Sequential(second, first)
    assert waits_for(both, first)
    assert waits_for(both, second)
    assert waits_for(first, both)
    assert not waits_for(first, second)


def test_locks_of_several_parts_are_taken_in_the_order_they_were_made():
    """Otherwise two threads could each hold what the other waits for."""
    parts = [linear(4, 4) for _ in range(20)]
    numbers = [lock_of(part)._parts[0].number for part in parts]
    shuffled = [parts[index] for index in torch.randperm(20, generator=torch.Generator().manual_seed(0))]
    taken = [part.number for part in lock_of(torch.nn.Sequential(*shuffled))._parts]
    assert taken[:20] == numbers


def test_two_models_of_the_same_parts_in_another_order_never_wait_in_a_circle():
    first, second = linear(4, 4), linear(4, 4)
    lock_of(first), lock_of(second)
    there, back = torch.nn.Sequential(first, second), torch.nn.Sequential(second, first)
    done = []

    def take(model):
        for _ in range(2000):
            with lock_of(model).held():
                pass
        done.append(model)

    threads = [threading.Thread(target=take, args=(model,), daemon=True) for model in (there, back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 2


def test_who_waits_for_a_model_hears_that_the_job_was_cancelled():
    module, token, heard = linear(), CancelToken(), threading.Event()

    def wait():
        with reporting(None, token):
            try:
                TorchClassifier(module, 3, domain="tabular")(drawn(2, 4))
            except Cancelled:
                heard.set()

    with lock_of(module).held():
        thread = threading.Thread(target=wait)
        thread.start()
        assert not heard.wait(0.1)
        token.cancel()
        assert heard.wait(10)
    thread.join(30)


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


def test_who_holds_a_model_again_keeps_others_out_until_it_is_given_back_as_often():
    lock = lock_of(linear())

    def take():
        with lock.held():
            pass

    with lock.held():
        with lock.held():
            pass
        passed, thread = got_in(take, 0.1)
        assert not passed
    thread.join(30)
    assert not thread.is_alive()


def test_who_held_a_model_before_holds_it_anew_and_not_by_what_was_left_behind():
    lock = lock_of(linear())

    def take():
        with lock.held():
            pass

    for _ in range(2):
        take()
    with lock.held():
        passed, thread = got_in(take, 0.1)
        assert not passed
    thread.join(30)


def test_who_gave_up_waiting_does_not_open_the_model_that_another_holds():
    lock, token = lock_of(torch.nn.Sequential(linear())), CancelToken()
    token.cancel()

    def gives_up():
        with reporting(None, token), pytest.raises(Cancelled), lock.held():
            pass

    def take():
        with lock.held():
            pass

    with lock.held():
        assert got_in(gives_up, 30)[0]
        with lock.held():
            pass
        passed, thread = got_in(take, 0.1)
        assert not passed
    thread.join(30)
    assert not thread.is_alive()


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
        hash(Unhashable())
    model = FunctionClassifier(Unhashable(), 2, score_unit="logit", domain="tabular")
    with model.held():
        passed, thread = got_in(lambda: model(drawn(2, 4)), 0.1)
        assert not passed
    thread.join(30)


def test_who_waits_for_a_model_has_it_before_the_one_that_asks_again_and_again():
    lock, began, turns = lock_of(linear()), threading.Event(), []

    def take():
        began.set()
        with lock.held():
            turns.append("waiting")

    with lock.held():
        thread = threading.Thread(target=take)
        thread.start()
        began.wait(30)
        time.sleep(0.1)  # until it stands in the queue
    for _ in range(50):
        with lock.held():
            turns.append("again")
            time.sleep(0.002)
    thread.join(30)
    assert turns.index("waiting") == 0


def test_those_who_wait_have_it_in_the_order_of_their_coming():
    lock, turns, threads = lock_of(linear()), [], []

    def take(number):
        with lock.held():
            turns.append(number)

    with lock.held():
        for number in range(3):
            threads.append(threading.Thread(target=take, args=[number]))
            threads[-1].start()
            time.sleep(0.1)
    for thread in threads:
        thread.join(30)
    assert turns == [0, 1, 2]


def test_who_holds_a_part_takes_it_once_more_though_others_wait():
    backbone = torch.nn.Sequential(linear(4, 4))
    whole = torch.nn.Sequential(backbone, linear(4, 3))
    with lock_of(whole).held():
        passed, thread = got_in(lambda: waits_for(linear(), backbone), 0.1)
        assert not passed
        with lock_of(backbone).held():
            pass
        assert thread.is_alive()
    thread.join(30)
    assert not thread.is_alive()
