"""Counts what was asked of models: the one place where model calls are counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Meter:
    """`model_calls`: inputs scored. `gradient_calls`: inputs scored and differentiated (not counted as model calls too).

    `recalled_calls` and `recalled_gradient_calls`: the same of inputs whose answers the job remembered, at no cost, and
    `recalled_seconds` what they cost when they were asked. Work alone would have had to ask for them.
    """

    model_calls: int = 0
    gradient_calls: int = 0
    recalled_calls: int = 0
    recalled_gradient_calls: int = 0
    recalled_seconds: float = 0.0

    @property
    def model_calls_alone(self) -> int:
        """What the work inside would have cost alone, whoever else asked for the same scores before it."""
        return self.model_calls + self.recalled_calls

    @property
    def gradient_calls_alone(self) -> int:
        """The same for inputs that were differentiated."""
        return self.gradient_calls + self.recalled_gradient_calls


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


@contextmanager
def unmetered() -> Iterator[None]:
    """Count nothing inside: for a look at a model that is taken once for all methods, and is the cost of none."""
    before = _meters.set(())
    try:
        yield
    finally:
        _meters.reset(before)


def count_model_calls(inputs: int) -> None:
    for meter in _meters.get():
        meter.model_calls += inputs


def count_recalled_calls(inputs: int, seconds: float) -> None:
    for meter in _meters.get():
        meter.recalled_calls += inputs
        meter.recalled_seconds += seconds


def count_recalled_work(work: Meter, seconds: float) -> None:
    """Everything that was counted when this work was done, and what it had recalled itself."""
    for meter in _meters.get():
        meter.recalled_calls += work.model_calls_alone
        meter.recalled_gradient_calls += work.gradient_calls_alone
        meter.recalled_seconds += seconds + work.recalled_seconds


def count_gradient_calls(inputs: int) -> None:
    for meter in _meters.get():
        meter.gradient_calls += inputs
