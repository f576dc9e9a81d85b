"""The surroundings in which modules are built, whatever the caller's own are."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

# The random state that is set aside and given back is one for the whole process.
_one_at_a_time = Lock()


@contextmanager
def construction(seed: int) -> Iterator[None]:
    """Modules built inside are ordinary CPU tensors, with first weights that depend on the seed alone.

    The global random state is given back. A caller may be in inference mode, where new parameters could never be
    differentiated, or may have chosen another default device.
    """
    with _one_at_a_time, torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` would seed the accelerators too
        yield
