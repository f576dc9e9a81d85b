"""A model to one thread at a time, whichever adapters wrap it or share a part of it."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, repeat
from threading import Event, Lock, RLock, get_ident
from typing import Any
from weakref import WeakKeyDictionary

from torch import nn

from xaivision.core.modes import parts
from xaivision.core.progress import track

# Who waits for a model that is being explained must still hear that the job was cancelled.
SECONDS_BETWEEN_LOOKS = 0.05
# What whoever follows a job that waits is told.
WAITING = "waiting for the model, which answers somebody else"


class _PartLock:
    """A re-entrant lock with its place in the one order in which locks are taken; who waits longest has it next.

    Without turns a job that asks a model again and again would keep everybody else out until its end.
    """

    _numbers = count()

    def __init__(self) -> None:
        self.number = next(self._numbers)
        self._lock = RLock()
        self._waiting: deque[Event] = deque()
        # Who has it, and how many times: written by that thread alone.
        self._owner: int | None = None
        self._depth = 0

    def acquire(self) -> None:
        """Raises: Cancelled, where the job is cancelled while another thread has it."""
        mine = self._owner == get_ident()
        if not ((mine or not self._waiting) and self._lock.acquire(blocking=False)):
            self._wait()
        self._owner = get_ident()
        self._depth += 1

    def release(self) -> None:
        """Once for each time that it was acquired."""
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
        self._lock.release()

    def _wait(self) -> None:
        turn = Event()
        self._waiting.append(turn)
        try:
            for _ in track(repeat(turn), WAITING):
                if self._taken(turn):
                    break
        finally:
            self._waiting.remove(turn)
            for following in list(self._waiting)[:1]:
                following.set()

    def _taken(self, turn: Event) -> bool:
        """Whether it was this one's turn, and the lock could be had, before it is time to look again."""
        if self._waiting[0] is turn:
            return self._lock.acquire(timeout=SECONDS_BETWEEN_LOOKS)
        turn.wait(SECONDS_BETWEEN_LOOKS)
        return False


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
                part.release()


_guard = Lock()
_locks: "WeakKeyDictionary[Any, _PartLock]" = WeakKeyDictionary()


def lock_of(model: object) -> ModelLock:
    """The lock of this model. Two threads that hook one module without it get each other's maps, with no error.

    Two modules with a common part, such as one backbone under two heads, exclude each other too.
    """
    own = parts(model) if isinstance(model, nn.Module) else [model]
    with _guard:
        try:
            new = _PartLock()
            return ModelLock(frozenset(_locks.setdefault(part, new) for part in own))
        except TypeError:  # bound methods and other callables that cannot be hashed or referenced weakly
            return ModelLock(frozenset([_PartLock()]))
