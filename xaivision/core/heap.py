"""Keeps freed memory in the process while a model is being asked many times.

glibc maps every large tensor afresh and unmaps it at once; the page faults take up to two thirds of the time of a big
batch. Keeping the freed heap makes batches of 16 to 64 photos run 1.7 to 3 times faster on a CPU. The setting is
process-wide, so it is counted: the first explanation switches it on, and once none has run for a second the memory is
given back. Giving it back after each one would cost a quarter of the time of cheap methods that are asked photo by photo.
"""

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
# glibc's own defaults. Once any of these is set it stops adapting its mmap threshold, so that is put where
# adapting would have taken it: at its maximum on 64-bit machines, with the trim threshold at twice that.
DEFAULT_MMAP_MAX = 65536
MATURE_MMAP_THRESHOLD = 32 * 1024 * 1024
NEVER_TRIM = 2**31 - 1

QUIET_SECONDS = 1.0


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is glibc; elsewhere there is nothing to keep."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - raises AttributeError where the C library is another one
        library.malloc_trim.argtypes = [ctypes.c_size_t]
    except (AttributeError, OSError, TypeError):
        return None
    return library


def keeps_heap() -> bool:
    """Whether freed memory can be kept here at all."""
    return _glibc() is not None


class _Keeper:
    """Counts who holds the heap. The allocator is one for the whole process, and so is this."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._holders = 0
        self._kept: ctypes.CDLL | None = None
        self._last = 0.0
        self._farewell: Thread | None = None

    def enter(self, library: ctypes.CDLL) -> None:
        with self._guard:
            self._holders += 1
            if self._kept is None:
                self._kept = library
                library.mallopt(M_MMAP_MAX, 0)
                library.mallopt(M_TRIM_THRESHOLD, NEVER_TRIM)

    def leave(self) -> None:
        with self._guard:
            self._holders -= 1
            if self._holders == 0:
                self._last = time.monotonic()
                # One thread for many explanations: to start and stop one for each would take a hundredth of a cheap one.
                if self._farewell is None or not self._farewell.is_alive():  # a fork takes no threads along
                    self._farewell = Thread(target=self._wait_for_quiet, daemon=True)
                    self._farewell.start()

    def give_back(self) -> None:
        with self._guard:
            if self._holders == 0:
                self._give_back()

    def _wait_for_quiet(self) -> None:
        wait = QUIET_SECONDS
        while wait > 0:
            time.sleep(wait)
            with self._guard:
                wait = self._still_to_wait()
                if wait <= 0:
                    self._farewell = None

    def _still_to_wait(self) -> float:
        """Seconds to the end of the quiet; 0 once the memory is given back, or is held: who leaves it waits anew."""
        if self._holders or self._kept is None:
            return 0
        left = self._last + QUIET_SECONDS - time.monotonic()
        if left <= 0:
            self._give_back()
        return left

    def _give_back(self) -> None:
        library, self._kept = self._kept, None
        if library is not None:
            library.mallopt(M_MMAP_MAX, DEFAULT_MMAP_MAX)
            library.mallopt(M_MMAP_THRESHOLD, MATURE_MMAP_THRESHOLD)
            library.mallopt(M_TRIM_THRESHOLD, 2 * MATURE_MMAP_THRESHOLD)
            library.malloc_trim(0)


_keeper = _Keeper()


def give_back_heap() -> None:
    """Give the kept memory back now, unless somebody holds it; otherwise that happens after a second of quiet."""
    _keeper.give_back()


@contextmanager
def kept_heap() -> Iterator[None]:
    """Keep the freed heap inside and a second longer; re-entrant and shared by threads.

    Does nothing where the C library is not glibc.
    """
    library = _glibc()
    if library is None:
        yield
        return
    _keeper.enter(library)
    try:
        yield
    finally:
        _keeper.leave()
