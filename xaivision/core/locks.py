"""A model to one thread at a time, whichever adapters wrap it or share a part of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Lock, RLock, get_ident
from typing import Any
from weakref import WeakKeyDictionary

from torch import nn

from xaivision.core.progress import raise_if_cancelled

# Who waits for a model that is being explained must still hear that the job was cancelled.
SECONDS_BETWEEN_LOOKS = 0.05


class _PartLock:
    """A re-entrant lock with its place in the one order in which locks are taken."""

    _numbers = count()

    def __init__(self) -> None:
        self.number = next(self._numbers)
        self.lock = RLock()

    def acquire(self) -> None:
        """Raises: Cancelled, where the job is cancelled while another thread has it."""
        if self.lock.acquire(blocking=False):
            return
        while not self.lock.acquire(timeout=SECONDS_BETWEEN_LOOKS):
            raise_if_cancelled()


class ModelLock:
    """The locks of a model's parts, taken together and always in the same order, so that nobody waits in a circle."""

    def __init__(self, parts: frozenset[_PartLock]) -> None:
        self._parts = sorted(parts, key=lambda part: part.number)
        self._holder: int | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """The model to this thread alone. Re-entrant.

        Raises: Cancelled, where the job is cancelled while another thread holds the model.
        """
        me = get_ident()
        if self._holder == me:  # a thread writes its own number only, and while it has all the locks, or none
            yield
            return
        taken: list[_PartLock] = []
        try:
            for part in self._parts:
                part.acquire()
                taken.append(part)
            self._holder = me
            yield
        finally:
            self._holder = None
            for part in reversed(taken):
                part.lock.release()


_guard = Lock()
_locks: "WeakKeyDictionary[Any, _PartLock]" = WeakKeyDictionary()


def lock_of(model: object) -> ModelLock:
    """The lock of this model. Two threads that hook one module without it get each other's maps, with no error.

    Two modules with a common part, such as one backbone under two heads, exclude each other too.
    """
    parts = list(model.modules()) if isinstance(model, nn.Module) else [model]
    with _guard:
        try:
            new = _PartLock()
            return ModelLock(frozenset(_locks.setdefault(part, new) for part in parts))
        except TypeError:  # bound methods and other callables that cannot be hashed or referenced weakly
            return ModelLock(frozenset([_PartLock()]))
