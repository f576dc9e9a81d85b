"""Counts what was asked of models: the one place where model calls are counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Meter:
    """`model_calls`: inputs scored. `gradient_calls`: inputs scored and differentiated (not counted as model calls too)."""

    model_calls: int = 0
    gradient_calls: int = 0


_meters: ContextVar[tuple[Meter, ...]] = ContextVar("meters", default=())


@contextmanager
def metered() -> Iterator[Meter]:
    """Count every model call inside; meters nest, and each sees the calls of those inside it."""
    meter = Meter()
    before = _meters.set((*_meters.get(), meter))
    try:
        yield meter
    finally:
        _meters.reset(before)


def count_model_calls(inputs: int) -> None:
    for meter in _meters.get():
        meter.model_calls += inputs


def count_gradient_calls(inputs: int) -> None:
    for meter in _meters.get():
        meter.gradient_calls += inputs
