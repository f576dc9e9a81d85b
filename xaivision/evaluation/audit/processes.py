"""Processes: new ones, each of which makes a worker of its own and does shards with it."""

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process

from xaivision.core.errors import InputError, XaivisionError
from xaivision.evaluation.audit.part import Part, Shard

Work = Callable[[Shard], Part]
MakeWork = Callable[[], Work]


class Processes:
    """`count` processes that know nothing of this one's threads and locks, with a share of the cores for each of `sharing`.

    Raises: InputError, where what a worker is made of cannot be handed to another process.
    """

    def __init__(self, make: MakeWork, count: int, sharing: int) -> None:
        self.make, self.count = make, count
        self._busy = 0
        self._pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_begin, initargs=(_told(make), sharing))

    def submit(self, shard: Shard) -> "Future[Part]":
        """The part of this shard, once it is done. Raises: BrokenProcessPool, where a process has died."""
        with _no_interrupts():
            part = self._pool.submit(_done, shard)
        self._busy += 1
        part.add_done_callback(self._rested)
        return part

    def look(self) -> None:
        """Raises: BrokenProcessPool, where they die whatever they do."""
        with _no_interrupts():
            looked = self._pool.submit(os.getpid)
        looked.result()

    def close(self) -> None:
        """End them all, whatever they are at; those that are at nothing leave by themselves, and in order."""
        running = list((self._pool._processes or {}).values())  # no public name before Python 3.14
        busy = self._busy
        self._pool.shutdown(wait=not busy, cancel_futures=True)
        for process in running if busy else ():
            process.terminate()
        for process in running:
            process.join()

    def _rested(self, _part: "Future[Part]") -> None:
        self._busy -= 1


# What a process keeps between its shards: how its worker is made, then the worker.
_make: list[bytes] = []
_work: list[Work] = []


def _begin(make: bytes, sharing: int) -> None:
    import torch

    _make[:] = [make]
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // sharing))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Nobody would take the parts of a process that outlives the one that started it, and nobody would end it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _done(shard: Shard) -> Part:
    if not _work:  # here, not where the process begins: what making it raises reaches whoever waits for the part
        _work.append(pickle.loads(_make[0])())  # noqa: S301  # what `_told` made in the process that started this one
    return _work[0](shard)


def _told(make: MakeWork) -> bytes:
    """What a process is told of its worker: bytes, since torch would put tensors into shared memory, which may be small."""
    try:
        return pickle.dumps(make)
    except XaivisionError:
        raise
    except Exception as error:  # whatever an object of the caller raises that cannot be pickled
        raise InputError(
            "`executor` 'process' needs methods, metrics and items that can be handed to another process. Got one that cannot: "
            f"{error}. Name methods and metrics instead of making them, or use the executor 'serial'."
        ) from error


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes that start inside never hear Ctrl-C, which a terminal sends to all: this one hears it, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
