"""The job of an audit: its shards, which of them are done, what the others will cost, and doing them."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.granted import granted
from xaivision.core.origin import library_versions
from xaivision.core.progress import track
from xaivision.evaluation.audit.executors import Executor, ProcessExecutor
from xaivision.evaluation.audit.fingerprint import model_fingerprint
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.items import Items
from xaivision.evaluation.audit.part import Part, Shard, failed_part
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.store import Store
from xaivision.evaluation.audit.subject import Subject
from xaivision.evaluation.audit.worker import Worker

# Under this name the store keeps what was foreseen for the whole.
PLANNED = "planned"
KILLED = "the process that worked on it ended, as it does where the system kills it or native code crashes"


@dataclass(frozen=True, eq=False)
class MakeWorker:
    """Makes the one who asks the model, in this process or in another; it has the access that was granted and no more."""

    subject: Subject
    items: Items
    plan: AuditPlan

    def __call__(self) -> Worker:
        return Worker(granted(self.subject.model, self.plan.access), self.items, self.plan)


@dataclass(frozen=True)
class CostPlan:
    """What is left to be done of an audit: `items` of `total`, and what they will cost, from what the first ones did.

    Calls are exact where no method's cost depends on its input. `seconds`: on this machine as busy as it was.
    """

    items: int
    total: int
    model_calls: int
    gradient_calls: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Job:
    """An audit of these items. The first item is a shard of its own: it tells the cost, and pays what only the first one pays."""

    subject: Subject
    items: Items
    plan: AuditPlan
    executor: Executor
    store: Store
    shard_size: int = 8

    def __post_init__(self) -> None:
        if not isinstance(self.shard_size, int) or isinstance(self.shard_size, bool) or self.shard_size < 1:
            raise InputError(f"`shard_size` must be a positive integer. Got {self.shard_size!r}.")

    @cached_property
    def make(self) -> MakeWorker:
        """Makes a worker of this job."""
        return MakeWorker(self.subject, self.items, self.plan)

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """The first item alone, then as many as `shard_size` together, in their order."""
        count = len(self.items.names)
        starts = [0, *range(1, count, self.shard_size)]
        ends = [*starts[1:], count]
        return tuple(Shard(number, tuple(range(*ends_))) for number, ends_ in enumerate(zip(starts, ends, strict=True)))

    def configuration(self) -> dict[str, Any]:
        """Everything that decides the rows, in values that JSON can hold."""
        return {
            "model": {"name": self.subject.name, "fingerprint": model_fingerprint(self.subject.model)},
            "items": {"count": len(self.items.names), "fingerprint": self.items.fingerprint},
            "plan": self.plan.as_plain(),
            "shard_size": self.shard_size,
            "versions": dict(library_versions()),
        }

    def planned(self) -> CostPlan:
        """What is left to do. Where nothing is done yet, the first item is done, and the items of one shard more.

        Raises: Cancelled; XaivisionError, where what was done cannot be kept.
        """
        left = self._left()
        self._do([shard for shard in self.shards[:2] if shard in left], "measuring the cost")
        done = [self.store.read(shard.number) for shard in self.shards if self.store.holds(shard.number)]
        found = self._foreseen(done)
        if self.store.noted(PLANNED) is None:
            spent = (sum(part.model_calls for part in done), sum(part.seconds for part in done) / self.at_once)
            self.note(PLANNED, {"model_calls": spent[0] + found.model_calls, "seconds": _finite(spent[1] + found.seconds)})
        return found

    def _foreseen(self, done: Sequence[Part]) -> CostPlan:
        """What is left costs as the largest part did that is done, item by item."""
        items, total = sum(len(shard.items) for shard in self._left()), len(self.items.names)
        basis = max((part for part in done if part.costs), key=lambda part: (part.items, -part.shard), default=None)
        if basis is None:
            return CostPlan(items, total, 0, 0, math.nan if items else 0.0)
        share = items / basis.items
        calls = (round(basis.model_calls * share), round(basis.gradient_calls * share))
        return CostPlan(items, total, *calls, basis.seconds * share / self.at_once)

    def parts(self) -> Iterator[Part]:
        """Every part, in the order of the items; what was done before is read, and the model is not asked for it.

        Raises: Cancelled; XaivisionError, where what is done cannot be kept.
        """
        self._do(self._left(), "auditing")
        self._release()
        return (self.store.read(shard.number) for shard in self.shards)

    def note(self, name: str, found: Any) -> None:
        """Keep what was found of the whole. Raises: XaivisionError, where it cannot be kept."""
        with self._told_of_full_disks():
            self.store.note(name, found)

    def _left(self) -> list[Shard]:
        return [shard for shard in self.shards if not self.store.holds(shard.number)]

    @property
    def at_once(self) -> int:
        """How many shards are done at a time."""
        return self.executor.workers if isinstance(self.executor, ProcessExecutor) else 1

    def _do(self, shards: Sequence[Shard], what: str) -> None:
        if not shards:
            return
        try:
            for part in track(self.executor.run(self.make, shards, self._joined), what, total=len(shards)):
                self._keep(part)
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        """Processes wait between planning and doing, and no longer."""
        if isinstance(self.executor, ProcessExecutor):
            self.executor.close()

    def _keep(self, part: Part) -> None:
        with self._told_of_full_disks():
            self.store.write(part)

    @contextmanager
    def _told_of_full_disks(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f" in `{self.store.path}`" if isinstance(self.store, Folder) else ""
            done = sum(len(shard.items) for shard in self.shards if self.store.holds(shard.number))
            raise XaivisionError(
                f"What was found cannot be written{where}: {error.strerror}. {done} of {len(self.items.names)} items are kept. "
                "Make room, and start the same audit again to go on."
            ) from error

    def _joined(self, shard: Shard, parts: Sequence[Part | None]) -> Part:
        """One part of those of single items, without pictures; an item that ended its process has a row that says so."""
        known = [
            failed_part(Shard(shard.number, (item,)), [self.items.names[item]], KILLED) if part is None else part
            for item, part in zip(shard.items, parts, strict=True)
        ]
        return Part(
            shard.number,
            tuple(row for part in known for row in part.rows),
            tuple(cost for part in known for cost in part.costs),
            tuple(curve for part in known for curve in part.curves),
            sum(part.model_calls for part in known),
            sum(part.gradient_calls for part in known),
            sum(part.seconds for part in known),
            len(shard.items),
        )


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None
