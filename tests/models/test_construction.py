import random

import numpy as np
import pytest
import torch
from torch import nn

from xaivision.models.construction import construction


def weights(seed):
    with construction(seed):
        return nn.Linear(4, 3).weight


def test_first_weights_depend_on_the_seed_alone():
    first = weights(1)
    torch.rand(5)
    assert torch.equal(first, weights(1))
    assert not torch.equal(first, weights(2))


def test_global_random_states_are_given_back_after_an_error_too():
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002 - the global one
    with pytest.raises(RuntimeError), construction(3):
        nn.Linear(4, 3).to("nowhere")
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert np.random.get_state()[1].tobytes() == states[2]  # noqa: NPY002 - the global one


def test_seeding_leaves_the_accelerators_seed_alone(monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    weights(1)
    assert seeded == []


def test_a_callers_inference_mode_does_not_reach_the_parameters():
    with torch.inference_mode():
        made = weights(1)
        assert torch.is_inference_mode_enabled()
    assert not made.is_inference()
    assert made.requires_grad


def test_a_callers_default_device_does_not_reach_the_parameters():
    with torch.device("meta"):
        assert weights(1).device.type == "cpu"
