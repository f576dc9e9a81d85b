"""Scores of the same inputs asked once, for all methods and metrics that work together in one job."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter

# The classifier itself, not its id: an id is given again once its object is gone.
Key = tuple[ClassifierAdapter, bytes]

_scores: ContextVar[dict[Key, Tensor] | None] = ContextVar("shared_scores", default=None)


@contextmanager
def sharing() -> Iterator[None]:
    """Remember, inside, what `shared_scores` was told. Nested jobs share with the outer one."""
    before = _scores.get()
    token = _scores.set({} if before is None else before)
    try:
        yield
    finally:
        _scores.reset(token)


@contextmanager
def unshared() -> Iterator[None]:
    """Remember and recall nothing inside: for a model that is changed for a while."""
    token = _scores.set(None)
    try:
        yield
    finally:
        _scores.reset(token)


def shared_scores(model: ClassifierAdapter, inputs: Tensor) -> Tensor:
    """(B, K) scores; inputs that this job has asked about before cost nothing and are not counted again."""
    memory = _scores.get()
    if memory is None:
        return model(inputs)
    keys = [(model, _fingerprint(one)) for one in inputs]
    new = [i for i, key in enumerate(keys) if key not in memory]
    if new:
        for i, row in zip(new, model(inputs[new]), strict=True):
            memory[keys[i]] = row
    return torch.stack([memory[key] for key in keys])


def _fingerprint(one: Tensor) -> bytes:
    digest = hashlib.blake2b(str((one.shape, one.dtype, one.device)).encode(), digest_size=16)
    digest.update(one.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())  # bytes: NumPy has no bfloat16
    return digest.digest()
