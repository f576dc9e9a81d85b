"""Draws of packages that take them from the global generators: from the question's seed, and without a trace."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from xaivision.core.question import Question
from xaivision.core.random import GLOBAL_GENERATORS


@contextmanager
def seeded(q: Question, device: torch.device) -> Iterator[None]:
    """Every global generator starts from the question's seed, anew for every input, and is then what it was before.

    Tensors are made on the device, whatever a caller has made of the default one.
    """
    seed = q.generator("draws").initial_seed()
    on_gpu = device.type == "cuda"
    with GLOBAL_GENERATORS, torch.random.fork_rng(devices=[device] if on_gpu else []), device:
        before = np.random.get_state(), random.getstate()  # noqa: NPY002 - packages draw from the global ones
        try:
            random.seed(seed)
            torch.default_generator.manual_seed(seed)
            if on_gpu:
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            yield
        finally:
            np.random.set_state(before[0])  # noqa: NPY002
            random.setstate(before[1])
