"""Executors: who does the shards of an audit, one after the other here, or several processes at once.

An executor is told how to make a worker and which shards to do, and gives their parts in any order. A distributed engine is
one more class with `run`.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Protocol

from xaivision.core.errors import InputError, UnknownNameError, XaivisionError
from xaivision.core.progress import track
from xaivision.evaluation.audit.part import Part, Shard
from xaivision.evaluation.audit.processes import MakeWork, Process, told_of

# So many processes may die in a row before they have begun; the system may have killed them for something else.
STILLBORN = 2

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

    A process that dies takes nothing along but the shard that it was at, and another one takes its place. At the end the items of
    such shards are done one by one, so that only those are lost that end their process again; where none does, the process was
    ended from outside, and the shard is done once more as it is.

    Raises: InputError, where `workers` is not a positive integer.
    """

    workers: int = 2
    _waiting: list[tuple[MakeWork, Process]] = field(default_factory=list, init=False, repr=False, compare=False)
    _stillborn: list[Process] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.workers, int) or isinstance(self.workers, bool) or self.workers < 1:
            raise InputError(f"`workers` must be a positive integer. Got {self.workers!r}.")

    def run(self, make: MakeWork, shards: Sequence[Shard], join: Join) -> Iterator[Part]:
        """The parts, as they are done.

        Raises: XaivisionError, where no process can be started.
        """
        deadly = []
        for shard, part in self._done(make, shards):
            if part is None:
                deadly.append(shard)
            else:
                yield part
        yield from self._one_by_one(make, deadly, join)

    def close(self) -> None:
        """End the processes that wait."""
        while self._waiting:
            self._waiting.pop()[1].end()

    def _one_by_one(self, make: MakeWork, deadly: Sequence[Shard], join: Join) -> Iterator[Part]:
        """The parts of shards at which a process died, from those of their items where one of these ends it again."""
        singles = [single for shard in deadly for single in _alone(shard)]
        what = f"a process ended: asking about {len(singles)} items one by one"
        known = dict(track(self._done(make, singles), what, total=len(singles)))
        alone = {shard: [known[single] for single in _alone(shard)] for shard in deadly}
        whole = dict(self._done(make, [shard for shard, parts in alone.items() if None not in parts and len(parts) > 1]))
        for shard, parts in alone.items():
            again = whole.get(shard)
            yield join(shard, parts) if again is None else again

    def _done(self, make: MakeWork, shards: Sequence[Shard]) -> Iterator[tuple[Shard, Part | None]]:
        """Each shard with its part, or with None where its process died of it. Unless all are done, the processes are ended."""
        if not shards:
            return
        left = deque(shards)
        crew: list[Process] = []
        try:
            crew += self._ready(make, min(self.workers, len(left)))
            while left or any(one.shard is not None for one in crew):
                for one in crew:
                    if left and one.ready and one.shard is None:
                        one.hand(left.popleft())
                yield from self._answered(make, crew)
        except BaseException:
            self._waiting.clear()
            for one in crew:
                one.end()
            raise
        self._waiting[:] = [(make, one) for one in crew]

    def _answered(self, make: MakeWork, crew: list[Process]) -> list[tuple[Shard, Part | None]]:
        """What those say that have something to say; where one has died, another stands in the crew."""
        found: list[tuple[Shard, Part | None]] = []
        by_answers = {one.answers: one for one in crew if one.shard is not None or not one.ready}
        for answers in wait(list(by_answers)):
            one = by_answers[answers]  # type: ignore[index]  # what was waited for
            shard = one.shard
            try:
                part = one.take()
            except EOFError:
                crew[crew.index(one)] = self._in_place_of(make, one)
                part = None
            if shard is not None:
                found.append((shard, part))
        return found

    def _in_place_of(self, make: MakeWork, dead: Process) -> Process:
        """A new process. Raises: XaivisionError, where none lives long enough to begin."""
        dead.end()
        if dead.ready:
            self._stillborn.clear()
        else:
            self._stillborn.append(dead)
        if len(self._stillborn) > STILLBORN:
            raise XaivisionError(
                "The processes of the audit end as soon as they start, before any item is asked about. A script that starts some "
                "needs its own work below `if __name__ == '__main__':`, since each process reads the script once more; and each "
                "needs memory for a model of its own."
            )
        return Process(told_of(make), self.workers)

    def _ready(self, make: MakeWork, count: int) -> list[Process]:
        """Those that wait, where they have this work, and as many more as it takes; a process takes seconds to start."""
        kept = [one for known, one in self._waiting if known is make]
        for known, one in self._waiting:
            if known is not make:
                one.end()
        told = told_of(make) if len(kept) < count else b""
        return kept + [Process(told, self.workers) for _ in range(count - len(kept))]


def _alone(shard: Shard) -> list[Shard]:
    return [shard._replace(items=(item,)) for item in shard.items]


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
