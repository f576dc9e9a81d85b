"""Processes: new ones, each of which makes a worker of its own and does shards with it, one at a time.

Each is told and answers through a pipe of its own, so that one that dies takes no more along than the shard it was at, and there
is nothing that processes share and that could be left behind.
"""

import atexit
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any

from xaivision.core.errors import InputError, XaivisionError
from xaivision.evaluation.audit.part import Part, Shard

Work = Callable[[Shard], Part]
MakeWork = Callable[[], Work]


class Process:
    """One process that knows nothing of this one's threads and locks, with a share of the cores for each of `sharing`.

    `told`: how its worker is made, from `told_of`. It makes it at once, and then does what `hand` gives it.
    """

    def __init__(self, told: bytes, sharing: int) -> None:
        self.shard: Shard | None = None
        self.ready = False
        context = get_context("spawn")
        self.answers, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, told, sharing))
        with _no_interrupts():
            self._process.start()
        there.close()
        # Before the processes that are left are waited for, which is what Python does last.
        atexit.register(self.end)

    def hand(self, shard: Shard) -> None:
        """Give it this shard to do."""
        self.shard = shard
        with suppress(OSError):  # it has died: whoever takes the answer sees that
            self.answers.send(shard)

    def take(self) -> Part | None:
        """Its answer, once there is one: the part of its shard, None from one that has only just begun.

        Raises: EOFError, where it has died; what making the worker, or the worker, raised.
        """
        try:
            raised, answer = self.answers.recv()
        except OSError as error:
            raise EOFError from error
        self.ready = True
        if raised:
            raise answer
        if answer is not None:
            self.shard = None
        return answer  # type: ignore[no-any-return]  # what `_serve` sends

    def end(self) -> None:
        """End it, whatever it is at."""
        atexit.unregister(self.end)
        self._process.kill()
        self._process.join()
        self.answers.close()


def told_of(make: MakeWork) -> bytes:
    """What a process is told of its worker: bytes, since torch would put tensors into shared memory, which may be small.

    Raises: InputError, where what a worker is made of cannot be handed to another process.
    """
    try:
        return pickle.dumps(make)
    except XaivisionError:
        raise
    except Exception as error:  # whatever an object of the caller raises that cannot be pickled
        raise InputError(
            "`executor` 'process' needs methods, metrics and items that can be handed to another process. Got one that cannot: "
            f"{error}. Name methods and metrics instead of making them, or use the executor 'serial'."
        ) from error


def _serve(there: Connection, told: bytes, sharing: int) -> None:
    """What a process does until it is ended: makes its worker, says so, and answers shard by shard."""
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // sharing))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work = pickle.loads(told)()  # noqa: S301  # what `told_of` made in the process that started this one
        there.send((False, None))
        while True:
            there.send((False, work(there.recv())))
    except EOFError:
        return
    except BaseException as error:  # it belongs to whoever waits for the part
        there.send((True, _sendable(error)))


def _sendable(error: BaseException) -> Any:
    """The error itself where it survives the way, else its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # made here
    except Exception:  # whatever an error of somebody else's raises there
        return XaivisionError(f"A process of the audit raised {type(error).__name__}: {error}")
    return error


def _end_with_parent() -> None:
    """Nobody would take the parts of a process that outlives the one that started it, and nobody would end it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


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
