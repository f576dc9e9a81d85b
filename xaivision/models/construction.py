"""The surroundings in which modules are built, whatever the caller's own are."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from xaivision.core.random import GLOBAL_GENERATORS


@contextmanager
def construction(seed: int) -> Iterator[None]:
    """Modules built inside are ordinary CPU tensors, with first weights that depend on the seed alone.

    The global random state is given back. A caller may be in inference mode, where new parameters could never be
    differentiated, or may have chosen another default device.
    """
    with GLOBAL_GENERATORS, torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` would seed the accelerators too
        yield
