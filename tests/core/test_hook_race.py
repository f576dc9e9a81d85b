"""Two threads around one module: with the lock each gets its own maps, without it one gets the other's."""

import sys
import threading
from contextlib import nullcontext

import pytest
import torch
from core_subjects import convnet, drawn, state_of
from torch import nn

from xaivision.core import classifier as adapters
from xaivision.core.layers import Layer
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier

ROUNDS = 40
TARGETS = torch.tensor([0, 2])


class Gate(nn.Module):
    """Passes its input on; the thread that it was told of stops here until it may go on."""

    def __init__(self):
        super().__init__()
        self.stops = None
        self.inside, self.go_on = threading.Event(), threading.Event()
        self.patience = 30.0

    def forward(self, inputs):
        if threading.get_ident() == self.stops:
            self.inside.set()
            self.go_on.wait(self.patience)
        return inputs


def met_inside(patience):
    """One thread asks for maps and is stopped inside the module, before the hooked layer, while another one asks for scores.

    The maps, what they should have been, and whether the other thread got through meanwhile.
    """
    gate = Gate()
    gate.patience = patience
    net = nn.Sequential(gate, *convnet())
    mine, others = drawn(2, 3, 8, 8, seed=1), drawn(2, 3, 8, 8, seed=2)
    right = TorchClassifier(net, 3).layer_gradients(mine, TargetScore(TARGETS), Layer("4"))
    found = []

    def ask_for_maps():
        gate.stops = threading.get_ident()
        found.append(TorchClassifier(net, 3).layer_gradients(mine, TargetScore(TARGETS), Layer("4")))

    thread = threading.Thread(target=ask_for_maps)
    thread.start()
    assert gate.inside.wait(30)
    passed = threading.Event()

    def ask_for_scores():
        TorchClassifier(net, 3)(others)
        if thread.is_alive():
            passed.set()
        gate.go_on.set()

    other = threading.Thread(target=ask_for_scores)
    other.start()
    thread.join(60)
    other.join(60)
    return found[0], right, passed.is_set()


def test_maps_are_right_when_another_thread_asks_in_the_middle():
    found, right, _ = met_inside(patience=0.3)
    assert torch.equal(found.activations, right.activations)
    assert torch.equal(found.gradients, right.gradients)


def test_without_the_lock_the_other_threads_maps_come_out(monkeypatch):
    class NoLock:
        held = nullcontext

    monkeypatch.setattr(adapters, "lock_of", lambda _model: NoLock())
    found, right, passed = met_inside(patience=30)
    assert passed
    assert found.fired
    assert not torch.allclose(found.activations, right.activations)


@pytest.fixture
def restless():
    """Threads take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_forty_rounds_of_two_threads_give_the_single_threaded_numbers_every_time(restless):
    net = convnet().train()  # training flags are shared state too
    before = state_of(net)
    mapped, asked = TorchClassifier(net, 3), TorchClassifier(net, 3)
    photos = drawn(2, 3, 8, 8, seed=1), drawn(2, 3, 8, 8, seed=2)
    layer = mapped.layer("3", photos[0])
    right = (
        mapped.layer_gradients(photos[0], TargetScore(TARGETS), layer),
        asked.gradients(photos[1], TargetScore(TARGETS)),
        asked(photos[1]),
    )
    start, wrong = threading.Barrier(2, timeout=30), []

    def maps():
        for round_ in range(ROUNDS):
            start.wait()
            found = mapped.layer_gradients(photos[0], TargetScore(TARGETS), layer)
            if not (torch.equal(found.activations, right[0].activations) and torch.equal(found.gradients, right[0].gradients)):
                wrong.append(("maps", round_))

    def slopes():
        for round_ in range(ROUNDS):
            start.wait()
            if not torch.equal(asked.gradients(photos[1], TargetScore(TARGETS)).values, right[1].values):
                wrong.append(("gradients", round_))
            if not torch.equal(asked(photos[1]), right[2]):
                wrong.append(("scores", round_))

    threads = [threading.Thread(target=work) for work in (maps, slopes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert state_of(net) == before
