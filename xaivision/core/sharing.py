"""Scores and gradients of the same inputs asked once, for all methods and metrics that work together in one job."""

import hashlib
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.metering import Meter, count_recalled_calls, count_recalled_work, metered

# The classifier itself, not its id: an id is given again once its object is gone.
Key = tuple[ClassifierAdapter, bytes]
Answer = TypeVar("Answer")  # a frozen dataclass of tensors


class Remembered(NamedTuple):
    """The (K,) scores of one input, and its share of the seconds they took."""

    scores: Tensor
    seconds: float


class RememberedValue(NamedTuple):
    """One number, and the seconds that it took."""

    value: float
    seconds: float


class RememberedWork(NamedTuple):
    """An answer about a whole batch, the question, and what it cost."""

    question: Hashable
    answer: Any
    cost: Meter
    seconds: float


@dataclass
class _Memory:
    """`work` holds one answer for each model and kind, the last: methods that need the same pass follow each other.
    `values` holds numbers by question: what a model gives for the coalitions of one input's features.
    """

    scores: dict[Key, Remembered] = field(default_factory=dict)
    values: dict[tuple[ClassifierAdapter, Hashable], dict[bytes, "RememberedValue"]] = field(default_factory=dict)
    work: dict[tuple[ClassifierAdapter, str], RememberedWork] = field(default_factory=dict)


_memory: ContextVar[_Memory | None] = ContextVar("shared_answers", default=None)


@contextmanager
def sharing() -> Iterator[None]:
    """Remember, inside, what `shared_scores` and `shared_work` were told. Nested jobs share with the outer one."""
    before = _memory.get()
    token = _memory.set(_Memory() if before is None else before)
    try:
        yield
    finally:
        _memory.reset(token)


@contextmanager
def unshared() -> Iterator[None]:
    """Remember and recall nothing inside: for a model that is changed for a while."""
    token = _memory.set(None)
    try:
        yield
    finally:
        _memory.reset(token)


def shared_scores(model: ClassifierAdapter, inputs: Tensor) -> Tensor:
    """(B, K) scores; inputs that this job has asked about before cost nothing and are counted as recalled."""
    job = _memory.get()
    if job is None:
        return model(inputs)
    memory = job.scores
    keys = [(model, fingerprint(one)) for one in inputs]
    new = [i for i, key in enumerate(keys) if key not in memory]
    recalled = [memory[key] for key in keys if key in memory]
    if recalled:
        count_recalled_calls(len(recalled), sum(one.seconds for one in recalled))
    if new:
        start = time.perf_counter()
        rows = model(inputs[new])
        share = (time.perf_counter() - start) / len(new)
        memory.update((keys[i], Remembered(row, share)) for i, row in zip(new, rows, strict=True))
    return torch.stack([memory[key].scores for key in keys])


def shared_work(model: ClassifierAdapter, inputs: Tensor, kind: str, question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """What `ask()` answers: once for each question of this kind about these inputs, as long as no other of the kind comes.

    The answer is a frozen dataclass; its tensors are the caller's own, to be kept and written on.
    """
    memory = _memory.get()
    if memory is None:
        return ask()
    full = (fingerprint(inputs), question)
    known = memory.work.get((model, kind))
    if known is not None and known.question == full:
        count_recalled_work(known.cost, known.seconds)
        answer: Answer = known.answer
    else:
        start = time.perf_counter()
        with metered() as cost:
            answer = ask()
        memory.work[model, kind] = RememberedWork(full, answer, cost, time.perf_counter() - start)
    return _copied(answer)


def shared_values(model: ClassifierAdapter, question: Hashable) -> dict[bytes, RememberedValue]:
    """What this job knows of the question, to be read and added to; outside a job an empty one, that nobody else sees."""
    memory = _memory.get()
    return {} if memory is None else memory.values.setdefault((model, question), {})


def _copied(answer: Answer) -> Answer:
    tensors = {part.name: getattr(answer, part.name) for part in fields(answer)}  # type: ignore[arg-type]
    copies = {name: value.clone() for name, value in tensors.items() if isinstance(value, Tensor)}
    return replace(answer, **copies)  # type: ignore[type-var]


def fingerprint(one: Tensor) -> bytes:
    """16 bytes that tell tensors apart by what they hold, their shape, dtype and device."""
    digest = hashlib.blake2b(str((one.shape, one.dtype, one.device)).encode(), digest_size=16)
    digest.update(one.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())  # bytes: NumPy has no bfloat16
    return digest.digest()
