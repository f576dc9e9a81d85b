import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.random import generator, seed_for

KNOWN = 7774080025907698491
DRAW = "from xaivision.core.random import seed_for; print(seed_for(3, 'noise', 2))"


def test_a_seed_for_a_purpose_is_this_number_in_every_process():
    assert seed_for(3, "noise", 2) == KNOWN
    elsewhere = {"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)}
    answer = subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True, env=elsewhere)
    assert int(answer.stdout) == KNOWN


def test_draws_do_not_depend_on_the_global_generators_and_do_not_move_them():
    first = torch.rand(3, generator=generator(1, "a"))
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002 - the global one
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        assert torch.equal(torch.rand(3, generator=generator(1, "a")), first)
    generator(2)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert np.random.get_state()[1].tobytes() == states[2]  # noqa: NPY002 - the global one


def test_every_seed_and_purpose_has_draws_of_its_own():
    paths = [(0,), (1,), (-1,), (0, "a"), (0, "b"), (0, "a", 1), (0, "a", "1"), (1, "a"), (0, "ab"), (0, "a", "b")]
    assert len({seed_for(*path) for path in paths}) == len(paths)


@pytest.mark.parametrize("seed", [np.int64(3), np.uint8(3), torch.tensor(3)], ids=repr)
def test_whoever_wrote_the_integer_it_is_the_same_seed(seed):
    assert seed_for(seed, "noise", 2) == KNOWN


@pytest.mark.parametrize("seed", [3.0, "3", None], ids=repr)
def test_a_seed_that_is_no_integer_is_refused(seed):
    with pytest.raises(InputError, match=r"`seed` must be an integer. Got"):
        generator(seed)


def test_every_seed_is_one_that_torch_takes():
    assert all(0 <= seed_for(seed) < 2**63 for seed in (-(10**30), 0, 2**64, 10**30))
    assert generator(2**64).device.type == "cpu"
