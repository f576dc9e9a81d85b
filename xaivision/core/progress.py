"""Progress and cancelling, carried in context variables so that no signature has to.

An engine says `track(parts, what)`; a door installs a reporter with `reporting` and may cancel with a `CancelToken`.
"""

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from typing import Protocol, TypeVar

from xaivision.core.errors import Cancelled

T = TypeVar("T")


class Task(Protocol):
    """One piece of tracked work as a reporter shows it."""

    def advance(self) -> None: ...

    def finish(self) -> None: ...


class Reporter(Protocol):
    """Shows tracked work: a progress bar in a terminal, a widget in the app."""

    def start(self, what: str, total: int | None) -> Task: ...


class CancelToken:
    """Set from any thread; the job that carries it stops at its next part."""

    def __init__(self) -> None:
        self._event = Event()

    def cancel(self) -> None:
        self._event.set()

    def raise_if_cancelled(self) -> None:
        """Raises: Cancelled, once `cancel` was called."""
        if self._event.is_set():
            raise Cancelled("The job was cancelled.")


_reporter: ContextVar[Reporter | None] = ContextVar("reporter", default=None)
_token: ContextVar[CancelToken | None] = ContextVar("cancel_token", default=None)


@contextmanager
def reporting(reporter: Reporter | None, token: CancelToken | None = None) -> Iterator[None]:
    """Send the progress of everything inside to `reporter`, and let `token` cancel it (None: the token of the job around it)."""
    reporter_before, token_before = _reporter.set(reporter), _token.set(token if token is not None else _token.get())
    try:
        yield
    finally:
        _token.reset(token_before)
        _reporter.reset(reporter_before)


def raise_if_cancelled() -> None:
    """Raises: Cancelled, once the installed token was cancelled."""
    token = _token.get()
    if token is not None:
        token.raise_if_cancelled()


def track(parts: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The same parts, one by one, while the installed reporter shows how far the work is.

    Raises: Cancelled, before the next part, once the installed token was cancelled.
    """
    if total is None and isinstance(parts, Sized):
        total = len(parts)
    reporter = _reporter.get()
    task = reporter.start(what, total) if reporter is not None else None
    try:
        for part in parts:
            raise_if_cancelled()
            yield part
            if task is not None:
                task.advance()
    finally:
        if task is not None:
            task.finish()
