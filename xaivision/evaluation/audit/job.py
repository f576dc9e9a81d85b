"""The job of an audit: its shards, which of them are done, what the others will cost, and doing them."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.granted import granted
from xaivision.core.origin import library_versions
from xaivision.core.progress import track
from xaivision.evaluation.audit.aside import removal_calls
from xaivision.evaluation.audit.cost import CostPlan, Done, done_of, foreseen
from xaivision.evaluation.audit.executors import Executor, ProcessExecutor
from xaivision.evaluation.audit.fingerprint import NOT_AVAILABLE, code_fingerprint, model_fingerprint
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.identity import KNOWN_BY, check_same
from xaivision.evaluation.audit.items import Items
from xaivision.evaluation.audit.part import About, Part, Shard, failed_part
from xaivision.evaluation.audit.part_joining import joined_part
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.store import Store
from xaivision.evaluation.audit.subject import Subject
from xaivision.evaluation.audit.worker import Worker

# Under these names the store keeps what was found of the whole: what was foreseen, scores by which the model is known, and how
# far removal leads off the data.
PLANNED, IDENTITY, SHIFTS = "planned", "identity", "removal_shift"
# Items on which the removal operators are looked at: enough to tell half of them from the other half.
MOST_SHIFTED = 32
# The number of a shard that is no part of the rows, and how often it is asked where items end their process.
ASIDE, ROUNDS = -1, 3
# Fewer items that all fail are tried, and told one by one. What the model itself raises begins with these words.
FEWEST_FAILED, OF_THE_MODEL = 3, "the model raised"
KILLED = "the process that worked on it ended, as it does where the system kills it or native code crashes"


@dataclass(frozen=True, eq=False)
class MakeWorker:
    """Makes the one who asks the model, in this process or in another; it has the access that was granted and no more."""

    subject: Subject
    items: Items
    plan: AuditPlan

    def __call__(self) -> Worker:
        return Worker(granted(self.subject.model, self.plan.access), self.items, self.plan)


@dataclass
class Tally:
    """What this process has asked so far, beside what was kept from before; `identified`: whether the model is known."""

    model_calls: int = 0
    identified: bool = False


@dataclass(frozen=True, eq=False)
class Job:
    """An audit of these items. The first item is a shard of its own: it tells the cost, and pays what only the first one pays."""

    subject: Subject
    items: Items
    plan: AuditPlan
    executor: Executor
    store: Store
    shard_size: int = 8
    tally: Tally = field(default_factory=Tally, init=False)

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
            "model": self._model(),
            "items": {"count": len(self.items.names), "fingerprint": self.items.fingerprint},
            "plan": self.plan.as_plain(),
            "shard_size": self.shard_size,
            "versions": dict(library_versions()),
        }

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of the model, of its weights as they are when it is first asked for."""
        return model_fingerprint(self.subject.model)

    @property
    def known_by_scores(self) -> bool:
        """Whether the model shows no weights, and what is kept of it outlives it."""
        return self.fingerprint == NOT_AVAILABLE and isinstance(self.store, Folder)

    def planned(self) -> CostPlan:
        """What is left to do. Where nothing is done yet, the first item is done, and the items of one shard more.

        Raises: Cancelled; XaivisionError, where what was done cannot be kept, or the model fails on every item alike; InputError,
        where what is kept is another model's.
        """
        self._identify()
        left = self._left()
        first = [shard for shard in self.shards[:2] if shard in left]
        self._do(first, "measuring the cost")
        if len(left) == len(self.shards):
            self._check_anything_works()
        done = [done_of(self.store.read(shard.number, drawn=False)) for shard in self.shards if self.store.holds(shard.number)]
        items, total = sum(len(shard.items) for shard in self._left()), len(self.items.names)
        aside = self._aside_calls(done)
        measured = sum(len(shard.items) for shard in first)
        found = CostPlan(items, total, *foreseen(done, items, aside, self.at_once), measured)
        if self.store.noted(PLANNED) is None:
            spent = sum(one.model_calls for one in done) + self.identity_calls
            seconds = sum(one.seconds for one in done) / self.at_once + found.seconds
            self.note(PLANNED, {"model_calls": spent + found.model_calls, "seconds": _finite(seconds)})
        return found

    @property
    def identity_calls(self) -> int:
        """How many model calls it took to know the model by its scores, when the audit began."""
        return int((self.store.noted(IDENTITY) or {}).get("calls", 0))

    def _aside_calls(self, done: Sequence[Done]) -> int:
        """What looking at removals will take, as long as that is not done."""
        if self.store.noted(SHIFTS) is not None:
            return 0
        failed = sum(one.items - one.asked for one in done)
        return removal_calls(self.plan, self.subject.model, min(MOST_SHIFTED, len(self.items.names) - failed))

    def _identify(self) -> None:
        """Know a model without weights by its scores: keep them where the audit begins, compare them where it goes on."""
        if self.tally.identified or not self.known_by_scores:
            return
        known = self.store.noted(IDENTITY)
        if known is None and len(self._left()) < len(self.shards):
            raise InputError(
                "`out` holds parts of an audit whose model is not known: it shows no weights, and no scores of it are kept. Name "
                "another folder."
            )
        wanted = range(min(KNOWN_BY, len(self.items.names))) if known is None else map(int, known["scores"])
        scores, calls = self.asked("identity", tuple(wanted))
        if known is None:
            self.note(IDENTITY, {"calls": calls, "scores": scores})
        else:
            check_same(known["scores"], scores, self.items.names, getattr(self.store, "path", "the folder"))
        self.tally.identified = True

    def _check_anything_works(self) -> None:
        """Stop where the model fails on all of the first items alike, and on the last ones too: it would on all others.

        Raises: XaivisionError.
        """
        first = [self.store.read(shard.number, drawn=False) for shard in self.shards[:2]]
        if _same_failure(first) is None:
            return
        self._do([shard for shard in self._left() if shard == self.shards[-1]], "looking whether any item works")
        asked = [*first, *(self.store.read(self.shards[-1].number, drawn=False) for _ in self.shards[2:3])]
        if (why := _same_failure(asked)) is None:
            return
        self.release()
        self.store.forget()
        count = sum(part.items for part in asked)
        raise XaivisionError(
            f"The model fails on each of {count} items, the first ones and the last ones, always alike: {why.rstrip('.')}. "
            "Nothing else was asked, and nothing is kept. Mend the model, or name items that it can take."
        )

    def parts(self) -> Iterator[Part]:
        """Every part without its pictures, in the order of the items; for what was done before nothing is asked again.

        Raises: Cancelled; XaivisionError, where what is done cannot be kept; InputError, where that is another model's.
        """
        self._identify()
        self._do(self._left(), "auditing")
        return (self.store.read(shard.number, drawn=False) for shard in self.shards)

    def asked(self, about: About, items: Sequence[int]) -> tuple[dict[str, Any], int]:
        """What is found aside of these items together, without those that end their process, and the model calls it took.

        Raises: Cancelled.
        """
        left = tuple(items)
        for _ in range(ROUNDS):
            if not left:
                break
            with self._released_on_errors():
                shard = Shard(ASIDE, left, about)
                (part,) = list(self.executor.run(self.make, [shard], self._joined))
            if about in part.found:
                self.tally.model_calls += part.model_calls
                return part.found[about], part.model_calls
            lost = {row.item for row in part.rows}
            left = tuple(item for item in left if self.items.names[item] not in lost)
        return {}, 0

    def note(self, name: str, found: Any) -> None:
        """Keep what was found of the whole. Raises: XaivisionError, where it cannot be kept."""
        with self._told_of_full_disks():
            self.store.note(name, found)

    def _model(self) -> dict[str, str]:
        told = {"name": self.subject.name, "fingerprint": self.fingerprint}
        return {**told, "code": code_fingerprint(self.subject.model)} if self.fingerprint == NOT_AVAILABLE else told

    def _left(self) -> list[Shard]:
        return [shard for shard in self.shards if not self.store.holds(shard.number)]

    @property
    def at_once(self) -> int:
        """How many shards are done at a time."""
        return self.executor.workers if isinstance(self.executor, ProcessExecutor) else 1

    def _do(self, shards: Sequence[Shard], what: str) -> None:
        if not shards:
            return
        with self._released_on_errors():
            for part in track(self.executor.run(self.make, shards, self._joined), what, total=len(shards)):
                self._keep(part)

    @contextmanager
    def _released_on_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Processes wait between planning, doing and looking aside, and no longer; nor is the folder kept from others."""
        self.store.close()
        if isinstance(self.executor, ProcessExecutor):
            self.executor.close()

    def _keep(self, part: Part) -> None:
        self.tally.model_calls += part.model_calls
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
        """One part of those of single items; an item that ended its process has a row that says so."""
        return joined_part(
            shard,
            [
                failed_part(Shard(shard.number, (item,)), [self.items.names[item]], KILLED) if part is None else part
                for item, part in zip(shard.items, parts, strict=True)
            ],
        )


def _same_failure(parts: Sequence[Part]) -> str | None:
    """The sentence with which the model fails on all items of these parts; None where one works, or they fail in other ways."""
    failed = {row.item: row.error for part in parts for row in part.rows if not row.method}
    sentences = set(failed.values())
    if len(failed) < max(FEWEST_FAILED, sum(part.items for part in parts)) or len(sentences) > 1:
        return None
    (why,) = sentences
    return why if why == KILLED or why.startswith(OF_THE_MODEL) else None


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None
