"""Executors: who does the shards of an audit, one after the other here, or several processes at once.

An executor is told how to make a worker and which shards to do, and gives their parts in any order. A distributed engine is
one more class with `run`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Protocol

from xaivision.core.errors import InputError, UnknownNameError, XaivisionError
from xaivision.evaluation.audit.part import Part, Shard
from xaivision.evaluation.audit.processes import MakeWork, Processes

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
    """`workers` processes at once, each with a worker of its own and its share of the cores; they wait for further shards of
    the same work until `close`.

    A process that dies takes nothing along: its shards are done again. Where processes die a second time, shards are done one
    by one, and those of a shard that ends its process item by item, so that only the item that does it is lost.

    Raises: InputError, where `workers` is not a positive integer.
    """

    workers: int = 2
    _waiting: list[Processes] = field(default_factory=list, init=False, repr=False, compare=False)

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

    def close(self) -> None:
        """End the processes that wait."""
        while self._waiting:
            self._waiting.pop().close()

    def _until_a_death(self, make: MakeWork, shards: Sequence[Shard]) -> Iterator[Part]:
        """The parts; where a process dies, those that were done before. Unless all are done, the processes are ended."""
        done = 0
        try:
            for future in as_completed(_submitted(self._ready(make, len(shards)), shards)):
                part = _part_of(future)
                if part is not None:
                    done += 1
                    yield part
        finally:
            if done < len(shards):
                self.close()

    def _ready(self, make: MakeWork, shards: int) -> Processes:
        """Those that wait, where they are enough and have this work; a process takes seconds to start."""
        count = min(self.workers, shards)
        if not any(one.make is make and one.count >= count for one in self._waiting):
            self.close()
            self._waiting.append(Processes(make, count, self.workers))
        return self._waiting[0]

    def _carefully(self, make: MakeWork, shard: Shard, join: Join) -> Part:
        """A shard alone, and where it ends its process, its items alone."""
        whole = self._one_by_one(make, [shard])[0]
        if whole is not None:
            return whole
        return join(shard, self._one_by_one(make, [Shard(shard.number, (item,)) for item in shard.items]))

    def _one_by_one(self, make: MakeWork, shards: Sequence[Shard]) -> list[Part | None]:
        """The part of each, from one process for as long as it lives; None where it died of it."""
        parts: list[Part | None] = []
        while len(parts) < len(shards):
            with closing(Processes(make, 1, self.workers)) as processes:
                _check_alive(processes)
                for shard in shards[len(parts) :]:
                    parts.append(_part_of(processes.submit(shard)))
                    if parts[-1] is None:
                        break
        return parts


def _check_alive(processes: Processes) -> None:
    try:
        processes.look()
    except BrokenProcessPool:
        raise XaivisionError(
            "The processes of the audit end as soon as they start. A script that starts some needs its own work below "
            "`if __name__ == '__main__':`, since each process reads the script once more."
        ) from None


def _submitted(processes: Processes, shards: Sequence[Shard]) -> "list[Future[Part]]":
    """As many as could be handed over before a process died."""
    found: list[Future[Part]] = []
    with suppress(BrokenProcessPool):
        for shard in shards:
            found.append(processes.submit(shard))
    return found


def _part_of(future: "Future[Part]") -> Part | None:
    """None where its process died."""
    try:
        return future.result()
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
