"""The jobs of all sessions by question: whoever asks what is being asked already watches the same job."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from desk.job import Job

# Finished jobs are kept for whoever comes back; each holds the maps of one comparison.
MOST_KEPT = 6
SECONDS_TO_STOP = 5


@dataclass(eq=False)
class Watch:
    """That somebody watches the job of a question, until it is left.

    `stopped`: that one wanted to wait no longer. `seat`: the connection through which it is watched.
    """

    question: Hashable
    job: Job
    stopped: bool = False
    seat: object = None

    @property
    def lost(self) -> bool:
        """Whether the job was stopped though this one would still have waited: it was thought to be gone."""
        return self.job.cancelled and not self.stopped

    @property
    def waits(self) -> bool:
        """Whether more is to come."""
        return not (self.job.done or self.stopped)


class Jobs:
    """One for the whole server."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self.most_kept = most_kept
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()
        self._lock = Lock()

    def join(self, question: Hashable, work: Callable[[Job], Any]) -> Watch:
        """The job of this question, watched from now on; it begins where there is none that gives a result."""
        with self._lock:
            job = self._jobs.get(question)
            if job is None or job.error:
                job = self._jobs[question] = Job(work)
            self._jobs.move_to_end(question)
            watch = Watch(question, job)
            job.watches.add(watch)
            self._drop_old()
            return watch

    def leave(self, watch: Watch) -> None:
        """One less watches this job, where that was not said before; one that nobody watches any more and that runs is stopped.

        Another may have taken its place, where it was stopped and somebody asked again: that one is not left.
        """
        with self._lock:
            job = watch.job
            job.watches.discard(watch)
            if not job.watches and not job.done:
                job.cancel()
                if self._jobs.get(watch.question) is job:
                    del self._jobs[watch.question]

    def stop(self) -> None:
        """Stop what is under way: threads that still compute when the process ends bring it down."""
        with self._lock:
            running = [job for job in self._jobs.values() if not job.done]
        for job in running:
            job.cancel()
        for job in running:
            job.wait(SECONDS_TO_STOP)

    def _drop_old(self) -> None:
        idle = [question for question, job in self._jobs.items() if job.done]
        for question in idle[: max(0, len(self._jobs) - self.most_kept)]:
            del self._jobs[question]
