"""What is said of a busy machine, and when."""

import math
import os

import pytest
import torch
from core_subjects import drawn, linear

from xaivision.core import machine
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.saliency import Saliency


def test_load_is_counted_for_each_core_that_may_be_used(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (6.0, 1.0, 1.0), raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 3, 5}, raising=False)
    assert machine.load_per_core() == 2.0


def test_a_system_that_does_not_say_gives_no_number(monkeypatch):
    def silent():
        raise OSError

    monkeypatch.setattr(os, "getloadavg", silent, raising=False)
    assert math.isnan(machine.load_per_core())
    assert not machine.crowded(machine.load_per_core())


@pytest.mark.parametrize(("load", "said"), [(0.2, False), (1.0, False), (1.01, True), (6.0, True)])
def test_it_is_said_where_there_are_more_processes_than_cores(load, said):
    assert machine.crowded(load) is said


def test_every_explanation_knows_how_busy_the_machine_was(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (8.0, 1.0, 1.0), raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1}, raising=False)
    found = Saliency().explain(TorchClassifier(linear(4, 3), 3, domain="tabular"), drawn(1, 4), torch.tensor([0]))
    assert found.diagnostics.load == 4.0
    assert found.verdict.status == "ok"  # it says nothing against the numbers
