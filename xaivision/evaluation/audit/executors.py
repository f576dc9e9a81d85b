"""Executors: who does the shards of an audit, one after the other here, or several processes at once.

An executor is told how to make a worker and which shards to do, and gives their parts in any order. A distributed engine is
one more class with `run`.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Protocol

from xaivision.core.errors import InputError, UnknownNameError, XaivisionError
from xaivision.evaluation.audit.part import Part, Shard

Work = Callable[[Shard], Part]
MakeWork = Callable[[], Work]
# Puts the parts of single items together to that of their shard; None stands for an item that ended its process.
Join = Callable[[Shard, Sequence[Part | None]], Part]


class Executor(Protocol):
    """Does shards."""

    def run(self, make: MakeWork, shards: Sequence[Shard], join: Join) -> Iterator[Part]: ...


@dataclass(frozen=True)
class SerialExecutor:
    """One shard after the other, in this process."""

    def run(self, make: MakeWork, shards: Sequence[Shard], join: Join) -> Iterator[Part]:
        """The parts, in the order of the shards."""
        if shards:
            work = make()
            yield from map(work, shards)


@dataclass(frozen=True)
class ProcessExecutor:
    """`workers` processes at once, each with a worker of its own and its share of the cores.

    A process that dies takes nothing along: its shards are done again. Where processes die a second time, shards are done one
    by one, and those of a shard that ends its process item by item, so that only the item that does it is lost.

    Raises: InputError, where `workers` is not a positive integer.
    """

    workers: int = 2

    def __post_init__(self) -> None:
        if not isinstance(self.workers, int) or isinstance(self.workers, bool) or self.workers < 1:
            raise InputError(f"`workers` must be a positive integer. Got {self.workers!r}.")

    def run(self, make: MakeWork, shards: Sequence[Shard], join: Join) -> Iterator[Part]:
        """The parts, as they are done.

        Raises: XaivisionError, where no process can be started.
        """
        left, deaths = list(shards), 0
        while left:
            done = set()
            for part in self._until_a_death(make, left):
                done.add(part.shard)
                yield part
            left = [shard for shard in left if shard.number not in done]
            deaths += bool(left)
            if left and deaths > 1:
                yield self._carefully(make, left.pop(0), join)

    def _until_a_death(self, make: MakeWork, shards: Sequence[Shard]) -> Iterator[Part]:
        with _processes(min(self.workers, len(shards)), make, self.workers) as pool:
            for future in as_completed([pool.submit(_done, shard) for shard in shards]):
                try:
                    part = future.result()
                except BrokenProcessPool:
                    continue
                yield part

    def _carefully(self, make: MakeWork, shard: Shard, join: Join) -> Part:
        """A shard alone, and where it ends its process, its items alone."""
        whole = self._alone(make, shard)
        if whole is not None:
            return whole
        with _processes(1, make, self.workers) as pool:
            _check_alive(pool)
        return join(shard, [self._alone(make, Shard(shard.number, (item,))) for item in shard.items])

    def _alone(self, make: MakeWork, shard: Shard) -> Part | None:
        """The part; None where the process died of it."""
        with _processes(1, make, self.workers) as pool:
            try:
                return pool.submit(_done, shard).result()
            except BrokenProcessPool:
                return None


EXECUTORS = {"serial": SerialExecutor, "process": ProcessExecutor}


def executor(name: str | Executor, workers: int) -> Executor:
    """The executor of this name, or the one that is given.

    Raises: UnknownNameError; InputError.
    """
    if not isinstance(name, str):
        return name
    if name not in EXECUTORS:
        raise UnknownNameError("executor", name, EXECUTORS)
    return ProcessExecutor(workers) if name == "process" else SerialExecutor()


# What a worker process keeps between its shards: how its worker is made, then the worker.
_make: list[MakeWork] = []
_work: list[Work] = []


def _begin(make: MakeWork, sharing_cores: int) -> None:
    import torch

    _make[:] = [make]
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // sharing_cores))


def _done(shard: Shard) -> Part:
    if not _work:  # here, not where the process begins: what making it raises reaches whoever waits for the part
        _work.append(_make[0]())
    return _work[0](shard)


def _here() -> int:
    return os.getpid()


def _check_alive(pool: ProcessPoolExecutor) -> None:
    try:
        pool.submit(_here).result()
    except BrokenProcessPool:
        raise XaivisionError(
            "The processes of the audit end as soon as they start. A script that starts some needs its own work below "
            "`if __name__ == '__main__':`, since each process reads the script once more."
        ) from None


@contextmanager
def _processes(count: int, make: MakeWork, sharing_cores: int) -> Iterator[ProcessPoolExecutor]:
    """New processes, which know nothing of this one's threads and locks; all are ended when the block is left, however."""
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_begin, initargs=(make, sharing_cores))
    try:
        yield pool
    finally:
        running = list((pool._processes or {}).values())  # no public name before Python 3.14
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.terminate()
        for process in running:
            process.join()
