"""Random draws that depend on the seed alone: never on the batch, the device or the global generators."""

import hashlib
from operator import index
from threading import RLock

import torch

from xaivision.core.errors import InputError

# Held by whoever must move torch's global generators for a while and put them back: two at once would mix.
GLOBAL_GENERATORS = RLock()


def seed_for(seed: int, *path: object) -> int:
    """A seed for one purpose: the same for the same seed and path in every process, unrelated for others.

    Raises: InputError, where the seed is not an integer.
    """
    try:
        number = int(index(seed))  # NumPy's integers write themselves differently
    except TypeError:
        raise InputError(f"`seed` must be an integer. Got {seed!r}.") from None
    digest = hashlib.sha256(repr((number, *path)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, *path: object) -> torch.Generator:
    """A CPU generator for one purpose. Draw on the CPU and move the draws, so that devices agree."""
    return torch.Generator().manual_seed(seed_for(seed, *path))
